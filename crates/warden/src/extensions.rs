//! Extensions in the database: what may be changed, and the list of all, those of the configuration file included.

use serde::{Deserialize, Serialize};
use warden_call::directory::{Extension, Ha1};
use warden_config::{Config, LONGEST_NUMBER, LONGEST_PASSWORD, SHORTEST_PASSWORD};
use warden_store::{ExtensionError, NewExtension, Source, Store};

/// The most characters of a name.
const LONGEST_NAME: usize = 64;

/// What is to be changed.
#[derive(Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub(crate) enum Change {
    Add { number: String, name: String, password: String },
    SetPassword { number: String, password: String },
    Remove { number: String },
}

/// Without the password.
impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (number, deed) = self.told();
        write!(f, "{number} {deed}")
    }
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error("{number} is not a number of 1 to {LONGEST_NUMBER} digits")]
    Number { number: String },
    #[error("{number} is an emergency number")]
    Emergency { number: String },
    #[error("{number} is declared in the configuration file, line {line}; it can be changed there only")]
    Declared { number: String, line: usize },
    #[error("a name has 1 to {LONGEST_NAME} characters, all on one line")]
    Name,
    #[error("a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, all on one line")]
    Password,
    #[error("extension {number} exists already")]
    Exists { number: String },
    #[error("there is no extension {number}")]
    Unknown { number: String },
    #[error("cannot change the database")]
    Store(#[from] ExtensionError),
}

impl Change {
    /// For the log: whose change, and what it is.
    pub(crate) fn told(&self) -> (&str, &'static str) {
        match self {
            Self::Add { number, .. } => (number, "added"),
            Self::SetPassword { number, .. } => (number, "password set"),
            Self::Remove { number } => (number, "removed"),
        }
    }

    /// Makes the change in the database; who serves calls must be told.
    pub(crate) async fn apply(&self, config: &Config, store: &Store) -> Result<(), ChangeError> {
        let realm = &config.server.sip_realm;
        match self {
            Self::Add { number, name, password } => {
                add(&Newcomer { number, name, password }, Source::Admin, config, store).await
            }
            Self::SetPassword { number, password } => {
                check_number(number, config)?;
                let ha1 = derive(number, realm, password)?;
                store.set_password(number, realm, &ha1).await.map_err(|error| explain(number, error))
            }
            Self::Remove { number } => {
                let extension = check_number(number, config)?;
                store.remove_extension(&extension).await.map_err(|error| explain(number, error))
            }
        }
    }
}

/// An extension to be added, with the password of its phone.
pub(crate) struct Newcomer<'a> {
    pub(crate) number: &'a str,
    pub(crate) name: &'a str,
    pub(crate) password: &'a str,
}

/// Adds an extension to the database; who serves calls must be told.
pub(crate) async fn add(
    newcomer: &Newcomer<'_>,
    source: Source,
    config: &Config,
    store: &Store,
) -> Result<(), ChangeError> {
    let Newcomer { number, name, password } = *newcomer;
    let realm = &config.server.sip_realm;
    check_name(name)?;
    let new = NewExtension {
        number: check_number(number, config)?,
        name: name.to_owned(),
        source,
        realm: realm.clone(),
        ha1: derive(number, realm, password)?,
    };
    store.add_extension(&new).await.map_err(|error| explain(number, error))
}

fn explain(number: &str, error: ExtensionError) -> ChangeError {
    match error {
        ExtensionError::Exists { .. } => ChangeError::Exists { number: number.to_owned() },
        ExtensionError::Unknown { .. } => ChangeError::Unknown { number: number.to_owned() },
        error @ ExtensionError::Store(_) => ChangeError::Store(error),
    }
}

/// The same rules as for `extensions:` in the file.
fn check_number(number: &str, config: &Config) -> Result<Extension, ChangeError> {
    let is_number = (1..=LONGEST_NUMBER).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let extension = Extension::parse(number.as_bytes()).ok().filter(|_| is_number);
    let number = number.to_owned();
    if let Some(declared) = config.extensions.iter().find(|declared| declared.number == number) {
        return Err(ChangeError::Declared { number, line: declared.position.line });
    }
    if config.e911_protection.emergency_numbers.contains(&number) {
        return Err(ChangeError::Emergency { number });
    }
    extension.ok_or(ChangeError::Number { number })
}

fn check_name(name: &str) -> Result<(), ChangeError> {
    let is_name = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_name { Ok(()) } else { Err(ChangeError::Name) }
}

fn derive(number: &str, realm: &str, password: &str) -> Result<Ha1, ChangeError> {
    let is_password = (SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&password.chars().count())
        && !password.chars().any(char::is_control);
    if !is_password {
        return Err(ChangeError::Password);
    }
    Ok(Ha1::derive(number.as_bytes(), realm.as_bytes(), password.as_bytes()))
}

/// An extension in a list.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) number: String,
    pub(crate) name: String,
    /// Where it is kept.
    pub(crate) source: Kept,
    /// Names that its phones sign in with.
    pub(crate) devices: Vec<String>,
}

/// Where an extension is kept, and who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kept {
    File,
    Database,
    Example,
}

impl Kept {
    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::File => "configuration file",
            Self::Database => "database",
            Self::Example => "database, as an example",
        }
    }
}

/// Every extension, in order of number. One of the file hides one of the database.
pub(crate) async fn list(config: &Config, store: &Store) -> Result<Vec<Listed>, String> {
    let saved = store.extensions().await.map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
    let declared = config.extensions.iter().map(|declared| Listed {
        number: declared.number.clone(),
        name: declared.name.clone(),
        source: Kept::File,
        devices: vec![declared.number.clone()],
    });
    let mut all: Vec<_> = declared.collect();
    for saved in saved {
        if all.iter().all(|listed| listed.number != saved.number.text()) {
            all.push(Listed {
                number: saved.number.text().to_owned(),
                name: saved.name,
                source: match saved.source {
                    Source::Admin => Kept::Database,
                    Source::Example => Kept::Example,
                },
                devices: saved.devices.into_iter().map(|device| device.username).collect(),
            });
        }
    }
    all.sort_by(|a, b| a.number.cmp(&b.number));
    Ok(all)
}

/// A password that nobody can guess, of 99 bits. A desk phone can type it: small letters and digits, without those that
/// look alike.
pub(crate) fn new_password() -> Result<String, getrandom::Error> {
    const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes)?;
    // Eight letters are a little likelier than the others, which costs less than a tenth of a bit.
    Ok(bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()))
        .map(|&b| char::from(b))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let text = "extensions:\n  - { number: '1001', name: Ann, password: 'blue-kettle' }\n";
        Config::read("config.yml", text, &|_| None).unwrap().config
    }

    #[test]
    fn a_number_follows_the_rules_of_the_file() {
        let refusal = |number| check_number(number, &config()).unwrap_err().to_string();
        assert_eq!(refusal("1001"), "1001 is declared in the configuration file, line 2; it can be changed there only");
        assert_eq!(refusal("911"), "911 is an emergency number");
        assert_eq!(refusal("10a"), "10a is not a number of 1 to 15 digits");
        assert!(refusal("").contains("not a number") && refusal("1234567890123456").contains("not a number"));
        assert!(check_number("1002", &config()).is_ok());
    }

    #[test]
    fn names_and_passwords_have_bounds() {
        assert!(check_name("Ann").is_ok() && check_name("").is_err() && check_name("a\nb").is_err());
        assert!(check_name(&"a".repeat(65)).is_err());
        assert!(derive("1002", "r", "1234567").is_err() && derive("1002", "r", "12345678").is_ok());
    }

    #[test]
    fn a_new_password_is_long_and_never_the_same() {
        let [a, b] = [new_password().unwrap(), new_password().unwrap()];
        assert!(a.len() == 20 && a != b && derive("1", "r", &a).is_ok(), "{a} {b}");
        assert!(a.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{a}");
    }

    #[test]
    fn a_password_is_not_shown() {
        let change = Change::Add { number: "1002".into(), name: "Bob".into(), password: "blue-kettle".into() };
        assert!(!format!("{change:?}").contains("kettle"));
    }
}
