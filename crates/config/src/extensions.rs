//! `extensions:`, the people and places that have a number.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::caller_id::{self, CallerId};
use crate::codecs::{self, Codec};
use crate::dtmf::{self, DtmfMethod};
use crate::music_on_hold::{self, MusicClass};
use crate::networks::{self, Network, is_private};
use crate::numbers;
use crate::problem::Position;
use crate::reader::{Field, Fields, Reader};
use crate::scalar::is_digits;
use crate::secret::Secret;
use crate::security::{DigestAlgorithm, read_algorithm};
use crate::srtp::{self, Srtp};

/// The fewest characters of a password.
pub const SHORTEST_PASSWORD: usize = 8;
/// The most characters of a password; phones cut longer ones off.
pub const LONGEST_PASSWORD: usize = 128;
/// The most digits of an extension's number, as long as a telephone number may be (ITU-T E.164).
pub const LONGEST_NUMBER: usize = 15;

/// What is believed of a phone's addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nat {
    /// What fits with where it was seen.
    #[default]
    Auto,
    /// Nothing: it is where it was seen.
    Always,
    /// All.
    Never,
}

/// One entry of `extensions:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// 1 to 15 digits, unlike any other extension and any emergency number. Digits only: `*` starts a feature code,
    /// `#` ends dialling, and `+` a number of the outside world.
    pub number: String,
    /// Who or what it is; not empty.
    pub name: String,
    /// Where voicemail is sent.
    pub email: Option<String>,
    /// The SIP password of its first phone, 8 to 128 characters.
    pub password: Secret,
    /// Whether it may call outside numbers. Default false.
    pub allow_external: bool,
    /// Whether it has a mailbox. Default true.
    pub voicemail: bool,
    /// What others see when it calls; without it, its own name and number.
    pub caller_id: Option<CallerId>,
    /// Which of `locations:` it stands at, for emergency calls.
    pub location_id: Option<String>,
    /// How its phone shows who it is.
    pub authentication: Authentication,
    /// From where its phones may sign in; empty for everywhere.
    pub networks: Vec<Network>,
    /// What its phones are asked for; `None` for what all are.
    pub algorithm: Option<DigestAlgorithm>,
    /// What is believed of the addresses that its phones say they have. Default [`Nat::Auto`].
    pub nat: Nat,
    /// Whether its sound is encrypted; `None` for what all do, by `security.srtp`.
    pub srtp: Option<Srtp>,
    /// The extensions whose phones may make its phones pick up by themselves; empty for none.
    pub auto_answer: Vec<String>,
    /// How its phones may be spoken to, the most wanted first; empty for what all are, by `codecs:`.
    pub codecs: Vec<Codec>,
    /// What those hear whom its phones put on hold; `None` for what all do, by `music_on_hold:`.
    pub music_on_hold: Option<MusicClass>,
    /// How its phones' digits come and go; `None` for what all do, by `dtmf.method`.
    pub dtmf: Option<DtmfMethod>,
    /// Whether every call with it is recorded. Default false.
    pub record: bool,
    /// Where it is declared: the line to edit.
    pub position: Position,
}

/// How a phone shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// By its password, wherever it is.
    Digest,
    /// By this address, which is private; from elsewhere by its password.
    None(IpAddr),
}

/// Reads the list; an entry with a problem is left out.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Vec<Extension> {
    let mut extensions = Vec::new();
    let mut lines: HashMap<String, usize> = HashMap::new();
    for entry in section.list(reader).unwrap_or_default() {
        extensions.extend(read_one(&entry, &mut lines, reader));
    }
    extensions
}

fn read_one(entry: &Field<'_>, lines: &mut HashMap<String, usize>, reader: &mut Reader<'_>) -> Option<Extension> {
    let mut fields = entry.fields(reader)?;
    let number = fields.require("number", reader).and_then(|field| read_number(&field, lines, reader));
    let name = fields.require("name", reader).and_then(|field| field.line(reader));
    let email = fields.take("email").and_then(|field| read_email(&field, reader));
    let password = fields.require("password", reader).and_then(|field| read_password(&field, reader));
    let allow_external = fields.take("allow_external").and_then(|field| field.boolean(reader));
    let voicemail = fields.take("voicemail").and_then(|field| field.boolean(reader));
    let caller_id = fields.take("caller_id").and_then(|field| caller_id::read(&field, reader));
    let location_id = fields.take("location_id").and_then(|field| field.line(reader));
    let authentication = read_authentication(entry, &mut fields, reader);
    let networks = fields.take("networks").and_then(|field| read_networks(&field, reader));
    let algorithm = fields.take("algorithm").and_then(|field| read_algorithm(&field, reader));
    let choices = [("auto", Nat::Auto), ("always", Nat::Always), ("never", Nat::Never)];
    let nat = fields.take("nat").and_then(|field| field.choice(&choices, reader));
    let srtp = fields.take("srtp").and_then(|field| srtp::read(&field, reader));
    let auto_answer = fields.take("auto_answer").and_then(|field| numbers::read(&field, reader));
    let codecs = fields.take("codecs").and_then(|field| codecs::read_enabled(&field, reader));
    let music_on_hold = fields.take("music_on_hold").and_then(|field| music_on_hold::read_class(&field, reader));
    let dtmf = fields.take("dtmf").and_then(|field| dtmf::read_method(&field, reader));
    let record = fields.take("record").and_then(|field| field.boolean(reader));
    fields.finish(reader);
    Some(Extension {
        number: number?,
        name: name?.value,
        email,
        password: password?,
        allow_external: allow_external.unwrap_or(false),
        voicemail: voicemail.unwrap_or(true),
        caller_id,
        location_id: location_id.map(|text| text.value),
        authentication: authentication?,
        networks: networks.unwrap_or_default(),
        algorithm,
        nat: nat.unwrap_or_default(),
        srtp,
        auto_answer: auto_answer.unwrap_or_default(),
        codecs: codecs.unwrap_or_default(),
        music_on_hold,
        dtmf,
        record: record.unwrap_or(false),
        position: entry.position(),
    })
}

/// `authentication: none` and `address` belong together.
fn read_authentication(entry: &Field<'_>, fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<Authentication> {
    let written = fields.take("authentication");
    let is_none = match &written {
        Some(field) => field.choice(&[("digest", false), ("none", true)], reader)?,
        None => false,
    };
    let address = fields.take("address");
    match (is_none, address) {
        (false, None) => Some(Authentication::Digest),
        (true, Some(field)) => read_private(&field, reader).map(Authentication::None),
        (true, None) => {
            let at = written.as_ref().unwrap_or(entry);
            at.problem(reader, "needs `address`, the one from which no password is wanted");
            None
        }
        (false, Some(field)) => {
            field.problem(reader, "has a meaning only with `authentication: none`; see `networks`");
            None
        }
    }
}

fn read_private(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<IpAddr> {
    let text = field.text(reader)?;
    let Ok(address) = text.value.parse::<IpAddr>() else {
        field.problem(reader, format!("{} is not an IP address such as 192.168.1.50", text.shown));
        return None;
    };
    if !is_private(address) {
        let message = format!("{address} is no private address: from the open net, a password is always wanted");
        field.problem(reader, message);
        return None;
    }
    Some(address)
}

fn read_networks(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Vec<Network>> {
    let networks = networks::read(field, reader)?;
    if field.list(reader).is_some_and(|entries| entries.is_empty()) {
        field.problem(reader, "must have at least one network");
    }
    Some(networks.into_iter().map(|(network, _)| network).collect())
}

fn read_number(field: &Field<'_>, lines: &mut HashMap<String, usize>, reader: &mut Reader<'_>) -> Option<String> {
    let text = field.text(reader)?;
    if !is_digits(&text.value, 1..=LONGEST_NUMBER) {
        field.problem(reader, format!("{} is not a number of 1 to {LONGEST_NUMBER} digits", text.shown));
        return None;
    }
    if let Some(line) = lines.get(&text.value) {
        field.problem(reader, format!("{} is already the extension on line {line}", text.shown));
        return None;
    }
    lines.insert(text.value.clone(), field.position().line);
    Some(text.value)
}

fn read_email(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<String> {
    const LONGEST: usize = 254; // RFC 5321 §4.5.3.1.3, without the angle brackets
    let text = field.text(reader)?;
    let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    let parts = text.value.split_once('@');
    let good = parts.is_some_and(|(local, domain)| plain(local) && plain(domain) && !domain.contains(['@', '<', '>']));
    if !good || text.value.len() > LONGEST {
        field.problem(reader, format!("{} is not an e-mail address", text.shown));
        return None;
    }
    Some(text.value)
}

/// The messages say nothing of the password, not even its length.
fn read_password(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Secret> {
    let text = field.text(reader)?;
    if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&text.value.chars().count()) {
        field.problem(reader, format!("must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"));
    } else if text.value.chars().any(char::is_control) {
        field.problem(reader, "must be a single line without control characters");
    } else {
        return Some(Secret::new(text.value));
    }
    None
}
