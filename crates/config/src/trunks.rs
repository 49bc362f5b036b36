//! `trunks:`, the lines to the outside world: where Warden registers, and as whom.

use std::collections::HashMap;
use std::time::Duration;

use crate::address::{Host, read_host, read_host_port};
use crate::reader::{Field, Reader};
use crate::secret::Secret;

/// One entry of `trunks:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// What it is called: 1 to 32 letters, digits, `-` and `_`, unlike any other.
    pub name: String,
    /// The provider's server or domain.
    pub host: Host,
    /// Its port. `None`: as DNS says, or the usual one.
    pub port: Option<u16>,
    /// How it is reached. `None`: as DNS says, or UDP.
    pub transport: Option<TrunkTransport>,
    /// The user part of the address that is registered.
    pub username: String,
    /// The user name that belongs to the password. Default: `username`.
    pub auth_username: Option<String>,
    /// The password.
    pub password: Secret,
    /// A server and its port that everything is sent to instead.
    pub outbound_proxy: Option<(Host, Option<u16>)>,
    /// How long a registration shall last, 60 s to a day. Default 3600 s.
    pub expires: Duration,
    /// Whether Warden registers there. Default true.
    pub register: bool,
    /// Whether the certificate of a server that is reached by TLS must be right. Default true.
    pub tls_verify: bool,
}

/// How a trunk is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkTransport {
    /// Datagrams.
    Udp,
    /// Connections.
    Tcp,
    /// Encrypted connections.
    Tls,
}

const TRANSPORTS: [(&str, TrunkTransport); 3] =
    [("udp", TrunkTransport::Udp), ("tcp", TrunkTransport::Tcp), ("tls", TrunkTransport::Tls)];

const LATER: &[&str] = &["codec_preferences", "priority", "max_channels", "health_check_interval"];
const LONGEST_NAME: usize = 32;
const LONGEST_TEXT: usize = 128;
const SHORTEST_S: u64 = 60;
const LONGEST_S: u64 = 24 * 3600;

/// Reads the list; an entry with a problem is left out.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Vec<Trunk> {
    let mut trunks = Vec::new();
    let mut lines: HashMap<String, usize> = HashMap::new();
    let entries = section.list(reader).unwrap_or_default();
    if !entries.is_empty() {
        section.note(reader, "Warden registers there; calls by trunks are not built yet");
    }
    for entry in entries {
        trunks.extend(read_one(&entry, &mut lines, reader));
    }
    trunks
}

fn read_one(entry: &Field<'_>, lines: &mut HashMap<String, usize>, reader: &mut Reader<'_>) -> Option<Trunk> {
    let mut fields = entry.fields(reader)?;
    let name = fields.require("name", reader).and_then(|field| read_name(&field, lines, reader));
    let host = fields.require("host", reader).and_then(|field| read_host(&field, reader));
    let port = fields.take("port").and_then(|field| field.port(reader));
    let transport = fields.take("transport").and_then(|field| field.choice(&TRANSPORTS, reader));
    let username = fields.require("username", reader).and_then(|field| read_text(&field, reader));
    let auth_username = fields.take("auth_username").and_then(|field| read_text(&field, reader));
    let password = fields.require("password", reader).and_then(|field| read_text(&field, reader));
    let outbound_proxy = fields.take("outbound_proxy").and_then(|field| read_host_port(&field, reader));
    let expires = fields.take("expires").and_then(|field| field.whole(SHORTEST_S..=LONGEST_S, reader));
    let register = fields.take("register").and_then(|field| field.boolean(reader));
    let tls_verify = fields.take("tls_verify").and_then(|field| field.boolean(reader));
    fields.later(LATER, reader);
    fields.finish(reader);
    Some(Trunk {
        name: name?,
        host: host?,
        port,
        transport,
        username: username?,
        auth_username,
        password: Secret::new(password?),
        outbound_proxy,
        expires: Duration::from_secs(expires.unwrap_or(3600)),
        register: register.unwrap_or(true),
        tls_verify: tls_verify.unwrap_or(true),
    })
}

fn read_name(field: &Field<'_>, lines: &mut HashMap<String, usize>, reader: &mut Reader<'_>) -> Option<String> {
    let text = field.text(reader)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !(1..=LONGEST_NAME).contains(&text.value.len()) || !text.value.bytes().all(is_plain) {
        let shape = format!("1 to {LONGEST_NAME} letters, digits, hyphens and underscores");
        field.problem(reader, format!("{} is not a name of {shape}", text.shown));
        return None;
    }
    if let Some(line) = lines.get(&text.value) {
        field.problem(reader, format!("{} is already the trunk on line {line}", text.shown));
        return None;
    }
    lines.insert(text.value.clone(), field.position().line);
    Some(text.value)
}

/// The messages say nothing of what is written: it may be a password.
fn read_text(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<String> {
    let text = field.line(reader)?.value;
    if text.len() > LONGEST_TEXT {
        field.problem(reader, format!("must have at most {LONGEST_TEXT} bytes"));
        return None;
    }
    Some(text)
}
