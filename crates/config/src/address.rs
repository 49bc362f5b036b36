//! Addresses: those to listen on, the one by which the outside reaches Warden, and those of other servers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::reader::{Field, Reader};
use crate::tree::Kind;

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A fixed address.
    Ip(IpAddr),
    /// A name to be looked up in DNS.
    Name(String),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Reads the address to listen on.
pub(crate) fn read_ip(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<IpAddr> {
    let text = field.text(reader)?;
    let address = text.value.parse().ok();
    if address.is_none() {
        field.problem(reader, format!("{} is not an IP address such as 0.0.0.0 or 192.168.1.10", text.shown));
    }
    address
}

/// Reads one address to listen on, or a list of them.
pub(crate) fn read_hosts(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Vec<IpAddr>> {
    if !matches!(field.node.kind, Kind::List(_)) {
        return Some(vec![read_ip(field, reader)?]);
    }
    let mut hosts: Vec<IpAddr> = Vec::new();
    let entries = field.list(reader)?;
    if entries.is_empty() {
        field.problem(reader, "must have at least one address");
    }
    for entry in entries {
        let Some(address) = read_ip(&entry, reader) else { continue };
        let same_family = |other: &&IpAddr| other.is_ipv4() == address.is_ipv4();
        let covers = |other: &&IpAddr| **other == address || other.is_unspecified() || address.is_unspecified();
        match hosts.iter().filter(same_family).find(covers) {
            Some(other) if *other == address => entry.problem(reader, format!("{address} is written twice")),
            Some(other) => {
                let (all, one) = if other.is_unspecified() { (*other, address) } else { (address, *other) };
                entry.problem(reader, format!("{all} stands for every address, {one} included"));
            }
            None => hosts.push(address),
        }
    }
    Some(hosts)
}

/// Reads a host with or without a port.
pub(crate) fn read_host_port(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<(Host, Option<u16>)> {
    let text = field.text(reader)?;
    let read = parse_host_port(&text.value);
    if read.is_none() {
        let example = "such as sip.example.com:5080";
        field.problem(reader, format!("{} is neither a host nor a host with a port, {example}", text.shown));
    }
    read
}

fn parse_host_port(text: &str) -> Option<(Host, Option<u16>)> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some((Host::Ip(address), None));
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return (address.port() != 0).then(|| (Host::Ip(address.ip()), Some(address.port())));
    }
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port.parse().ok().filter(|port| *port != 0)?)),
        None => (text, None),
    };
    is_host_name(name).then(|| (Host::Name(name.to_owned()), port))
}

/// Reads an IP address or a host name.
pub(crate) fn read_host(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Host> {
    let text = field.text(reader)?;
    if let Ok(address) = text.value.parse::<IpAddr>() {
        if address.is_unspecified() {
            field.problem(reader, format!("nobody can reach {address}: write the address that others see"));
            return None;
        }
        return Some(Host::Ip(address));
    }
    if is_host_name(&text.value) {
        return Some(Host::Name(text.value));
    }
    field.problem(reader, format!("{} is neither an IP address nor a host name (no port, no https://)", text.shown));
    None
}

/// A name as DNS has it (RFC 1123 §2.1). One whose last label is all digits would be a mistyped IP address.
fn is_host_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253 && name.split('.').all(label) && !last.bytes().all(|byte| byte.is_ascii_digit())
}
