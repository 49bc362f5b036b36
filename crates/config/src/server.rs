//! `server:`, where Warden listens, what it is called and where it keeps its data.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use crate::address::{Host, read_host, read_hosts};
use crate::networks::{self, Network};
use crate::ports::PortRange;
use crate::reader::{Field, Reader};
use crate::secret::Secret;

/// The section `server:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The addresses for SIP and audio; at least one. Default: `0.0.0.0`, every IPv4 address of the machine.
    pub host: Vec<IpAddr>,
    /// SIP over UDP and TCP. Default 5060.
    pub sip_port: u16,
    /// SIP over TLS. Default 5061.
    pub sips_port: u16,
    /// UDP ports for audio. Default 10000 to 20000.
    pub rtp_port_range: PortRange,
    /// The realm of digest authentication; a phone's stored password depends on it. Default `warden-pbx`.
    pub sip_realm: String,
    /// The directory for everything that Warden writes; a relative one counts from the directory that Warden was
    /// started in. Default `var`.
    pub data_dir: PathBuf,
    /// Starts with `sqlite:`, `postgres://` or `postgresql://`. `None`: a database file in `data_dir`.
    pub database_url: Option<Secret>,
    /// How phones outside of the local network reach this machine, when that is not one of its own addresses.
    pub external_address: Option<Host>,
    /// Who is told an address of this machine instead of `external_address`. `None`: private, shared, link-local and
    /// loopback addresses.
    pub local_networks: Option<Vec<Network>>,
    /// Which phones are asked every 25 s whether they are there. Default [`SipKeepAlive::Nat`].
    pub sip_keep_alive: SipKeepAlive,
}

/// Phones that are asked over UDP whether they are there, so that no router forgets the way to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SipKeepAlive {
    /// Those behind a router.
    #[default]
    Nat,
    /// All.
    All,
    /// None.
    Off,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            host: vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED)],
            sip_port: 5060,
            sips_port: 5061,
            rtp_port_range: PortRange::default(),
            sip_realm: "warden-pbx".to_owned(),
            data_dir: PathBuf::from("var"),
            database_url: None,
            external_address: None,
            local_networks: None,
            sip_keep_alive: SipKeepAlive::default(),
        }
    }
}

/// Reads the section; what is wrong keeps its default.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Server {
    let mut server = Server::default();
    let Some(mut fields) = section.fields(reader) else { return server };
    let mut set = |field: Option<Field<'_>>, place: &mut u16| {
        if let Some(port) = field.and_then(|field| field.port(reader)) {
            *place = port;
        }
    };
    set(fields.take("sip_port"), &mut server.sip_port);
    set(fields.take("sips_port"), &mut server.sips_port);
    server.rtp_port_range = PortRange::read(&mut fields, reader);
    if let Some(hosts) = fields.take("host").and_then(|field| read_hosts(&field, reader)) {
        server.host = hosts;
    }
    if let Some(realm) = fields.take("sip_realm").and_then(|field| read_realm(&field, reader)) {
        server.sip_realm = realm;
    }
    if let Some(directory) = fields.take("data_dir").and_then(|field| field.line(reader)) {
        server.data_dir = PathBuf::from(directory.value);
    }
    server.database_url = fields.take("database_url").and_then(|field| read_database_url(&field, reader));
    server.external_address = fields.take("external_address").and_then(|field| read_host(&field, reader));
    let local = fields.take("local_networks").and_then(|field| networks::read(&field, reader));
    server.local_networks = local.map(|networks| networks.into_iter().map(|(network, _)| network).collect());
    let choices = [("nat", SipKeepAlive::Nat), ("all", SipKeepAlive::All), ("off", SipKeepAlive::Off)];
    if let Some(chosen) = fields.take("sip_keep_alive").and_then(|field| field.choice(&choices, reader)) {
        server.sip_keep_alive = chosen;
    }
    fields.later(&["rest_port"], reader);
    fields.finish(reader);
    server
}

fn read_realm(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<String> {
    const LONGEST: usize = 128;
    let text = field.line(reader)?;
    let plain = |byte: u8| (byte.is_ascii_graphic() || byte == b' ') && byte != b'"' && byte != b'\\';
    if text.value.len() > LONGEST || !text.value.bytes().all(plain) {
        field.problem(reader, format!("must be at most {LONGEST} plain characters without quotes and backslashes"));
        return None;
    }
    Some(text.value)
}

fn read_database_url(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Secret> {
    const STARTS: [&str; 3] = ["sqlite:", "postgres://", "postgresql://"];
    let url = field.line(reader)?.value;
    if STARTS.iter().any(|start| url.strip_prefix(start).is_some_and(|rest| !rest.is_empty())) {
        return Some(Secret::new(url));
    }
    field.problem(reader, "must start with sqlite:, postgres:// or postgresql:// and name a database");
    None
}
