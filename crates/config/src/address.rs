//! Addresses: those to listen on, and the one by which the outside reaches Warden.

use std::fmt;
use std::net::IpAddr;

use crate::reader::{Field, Reader};
use crate::tree::Kind;

/// An address that others use to reach this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternalAddress {
    /// A fixed address.
    Ip(IpAddr),
    /// A name to be looked up in DNS.
    Name(String),
}

impl fmt::Display for ExternalAddress {
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

/// Reads an IP address or a host name.
pub(crate) fn read_host(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<ExternalAddress> {
    let text = field.text(reader)?;
    if let Ok(address) = text.value.parse::<IpAddr>() {
        if address.is_unspecified() {
            field.problem(reader, format!("nobody can reach {address}: write the address that others see"));
            return None;
        }
        return Some(ExternalAddress::Ip(address));
    }
    if is_host_name(&text.value) {
        return Some(ExternalAddress::Name(text.value));
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
