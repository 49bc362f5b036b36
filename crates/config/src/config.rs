//! The whole file.

use crate::blf_lists::{self, BlfList};
use crate::capture::{self, Capture};
use crate::codecs::{self, Codecs};
use crate::dialplan::{self, Dialplan};
use crate::dtmf::{self, Dtmf};
use crate::emergency::{self, E911Protection};
use crate::extensions::{self, Extension};
use crate::logging::{self, Logging};
use crate::music_on_hold::{self, MusicOnHold};
use crate::problem::{Problem, Report};
use crate::reader::{Field, Reader};
use crate::recording::{self, Recording};
use crate::security::{self, Security};
use crate::server::{self, Server};
use crate::sip::{self, Sip};
use crate::trunks::{self, Trunk};
use crate::web::{self, Web};
use crate::{clashes, later, yaml};

/// Every setting of `config.yml` that Warden acts on. The default is what an empty file means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `server:`
    pub server: Server,
    /// `web:`
    pub web: Web,
    /// `extensions:`, in the order of the file.
    pub extensions: Vec<Extension>,
    /// `blf_lists:`, in the order of the file.
    pub blf_lists: Vec<BlfList>,
    /// `dialplan:`
    pub dialplan: Dialplan,
    /// `e911_protection:`
    pub e911_protection: E911Protection,
    /// `sip:`
    pub sip: Sip,
    /// `codecs:`
    pub codecs: Codecs,
    /// `dtmf:`
    pub dtmf: Dtmf,
    /// `trunks:`, in the order of the file.
    pub trunks: Vec<Trunk>,
    /// `security:`
    pub security: Security,
    /// `logging:`
    pub logging: Logging,
    /// `capture:`
    pub capture: Capture,
    /// `music_on_hold:`
    pub music_on_hold: MusicOnHold,
    /// `recording:`
    pub recording: Recording,
}

/// A file that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What it says.
    pub config: Config,
    /// What is in it that has no effect yet, in the order of the file.
    pub notes: Vec<Problem>,
}

impl Config {
    /// Reads the text of a configuration file. `file_name` is for messages; `lookup` has the value of a variable that
    /// is written as `${NAME}`, see also [`Variables`](crate::Variables).
    ///
    /// Variables in a section that Warden does not act on yet are not looked up.
    /// # Errors
    /// All problems of the file. After a mistake in the YAML itself only those before it are known.
    pub fn read(file_name: &str, text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Accepted, Report> {
        let mut reader = Reader::new(file_name, lookup);
        let config = read_text(text, &mut reader);
        let (problems, notes) = reader.finish();
        match config {
            Some(config) if problems.is_empty() => Ok(Accepted { config, notes }),
            Some(_) | None => Err(Report { problems, notes }),
        }
    }
}

fn read_text(text: &str, reader: &mut Reader<'_>) -> Option<Config> {
    let root = yaml::parse(text, reader)?;
    let mut sections = Field::new("", &root).fields(reader)?;
    let mut config = Config::default();
    if let Some(section) = sections.take("server") {
        config.server = server::read(&section, reader);
    }
    if let Some(section) = sections.take("web") {
        config.web = web::read(&section, reader);
    }
    if let Some(section) = sections.take("extensions") {
        config.extensions = extensions::read(&section, reader);
    }
    if let Some(section) = sections.take("blf_lists") {
        config.blf_lists = blf_lists::read(&section, reader);
    }
    if let Some(section) = sections.take("dialplan") {
        config.dialplan = dialplan::read(&section, reader);
    }
    if let Some(section) = sections.take("e911_protection") {
        config.e911_protection = emergency::read(&section, reader);
    }
    if let Some(section) = sections.take("sip") {
        config.sip = sip::read(&section, reader);
    }
    if let Some(section) = sections.take("codecs") {
        config.codecs = codecs::read(&section, reader);
    }
    if let Some(section) = sections.take("dtmf") {
        config.dtmf = dtmf::read(&section, reader);
    }
    if let Some(section) = sections.take("trunks") {
        config.trunks = trunks::read(&section, reader);
    }
    if let Some(section) = sections.take("security") {
        config.security = security::read(&section, reader);
    }
    if let Some(section) = sections.take("logging") {
        config.logging = logging::read(&section, reader);
    }
    if let Some(section) = sections.take("capture") {
        config.capture = capture::read(&section, reader);
    }
    if let Some(section) = sections.take("music_on_hold") {
        config.music_on_hold = music_on_hold::read(&section, reader);
    }
    if let Some(section) = sections.take("recording") {
        config.recording = recording::read(&section, reader);
    }
    later::sections(&mut sections, reader);
    sections.finish(reader);
    clashes::find(&config, &root, reader);
    Some(config)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tree::{Kind, Node};

    const EXAMPLE: &str = include_str!("../../../config.example.yml");
    const PAGE: &str = include_str!("../../../docs/configuration.md");

    /// The sample with every key switched on, as its first lines tell people to.
    fn switched_on() -> String {
        let key = |line: &str| {
            let after = line.strip_prefix("  ").and_then(|line| line.trim_start().strip_prefix('#'));
            after.is_some_and(|after| after.starts_with("  ") || !after.starts_with(' '))
        };
        let lines: Vec<_> =
            EXAMPLE.lines().map(|line| if key(line) { line.replacen('#', "", 1) } else { line.to_owned() }).collect();
        lines.join("\n")
    }

    fn lookup(name: &str) -> Option<String> {
        (!name.is_empty()).then(|| format!("value-of-{name}"))
    }

    fn keys(node: &Node, path: &str, found: &mut BTreeSet<String>) {
        match &node.kind {
            Kind::Map(entries) => {
                for entry in entries {
                    let dot = if path.is_empty() { "" } else { "." };
                    keys(&entry.value, &format!("{path}{dot}{}", entry.key), found);
                }
            }
            Kind::List(nodes) if matches!(nodes.first(), Some(Node { kind: Kind::Map(_), .. })) => {
                for node in nodes {
                    keys(node, &format!("{path}[]"), found);
                }
            }
            Kind::List(_) | Kind::Null | Kind::Text(_) => drop(found.insert(path.to_owned())),
        }
    }

    #[test]
    fn the_sample_with_every_key_switched_on_shows_the_defaults() {
        let accepted = Config::read("config.yml", &switched_on(), &lookup).unwrap_or_else(|report| panic!("{report}"));
        let notes: Vec<_> = accepted.notes.iter().map(|note| note.path.as_str()).collect();
        assert_eq!(notes, ["trunks"]);
        let mut config = accepted.config;
        assert_eq!(config.extensions.len(), 1);
        assert!(config.server.database_url.take().is_some());
        assert!(config.server.external_address.take().is_some());
        assert_eq!(config.server.local_networks.take().map(|networks| networks.len()), Some(9));
        assert!(config.logging.file.take().is_some());
        assert!(config.capture.hep.take().is_some());
        assert!(config.recording.storage_path.take().is_some());
        assert!(config.security.tls.files.take().is_some());
        assert!(config.security.tls.clients.take().is_some_and(|clients| clients.is_required));
        assert_eq!(std::mem::take(&mut config.security.tls.ciphers).len(), 3);
        assert!(config.security.tls.ca.take().is_some());
        assert_eq!(std::mem::take(&mut config.trunks).len(), 1);
        config.extensions.clear();
        assert_eq!(config.blf_lists.len(), 1);
        config.blf_lists.clear();
        config.music_on_hold.class.position = None;
        config.dialplan.patterns.iter_mut().for_each(|pattern| pattern.position = None);
        assert_eq!(config, Config::default());
    }

    #[test]
    fn the_page_and_the_sample_have_the_same_keys() {
        let mut reader = Reader::new("config.yml", &lookup);
        let root = yaml::parse(&switched_on(), &mut reader).unwrap();
        let mut sample = BTreeSet::new();
        keys(&root, "", &mut sample);
        let row = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
        let mut page: BTreeSet<String> = PAGE.lines().filter_map(row).collect();
        for only_on_the_page in [
            "server.rtp_port_range_start",
            "server.rtp_port_range_end",
            "security.fips_mode",
            "dialplan.patterns[].trunk",
        ] {
            assert!(page.remove(only_on_the_page), "{only_on_the_page}");
        }
        assert_eq!(page, sample);
    }

    #[test]
    fn the_examples_of_the_page_are_accepted_without_a_note() {
        let examples: Vec<_> =
            PAGE.split("```yaml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect();
        assert_eq!(examples.len(), 2);
        for example in examples {
            let accepted = Config::read("config.yml", example, &lookup).unwrap_or_else(|report| panic!("{report}"));
            assert_eq!(accepted.notes, []);
        }
    }
}
