//! Networks in CIDR notation, and the addresses that are nobody's in the open net.

use std::collections::HashSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::problem::Position;
use crate::reader::{Field, Reader};

/// A network such as `192.168.0.0/16`; a single address is one with all bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// The first address.
    pub address: IpAddr,
    /// How many bits all of its addresses share: 0 to 32, or to 128.
    pub prefix: u8,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Why a text is no network.
enum NoNetwork {
    /// It is none at all.
    Form,
    /// It names an address within this network.
    Within(Network),
}

fn parse(text: &str) -> Result<Network, NoNetwork> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let address: IpAddr = address.parse().map_err(|_| NoNetwork::Form)?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => bits,
        Some(digits) => {
            let is_plain =
                digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
            let prefix = digits.parse().ok().filter(|prefix| is_plain && *prefix <= bits);
            prefix.ok_or(NoNetwork::Form)?
        }
    };
    let network = Network { address: first(address, prefix), prefix };
    if network.address == address { Ok(network) } else { Err(NoNetwork::Within(network)) }
}

/// The address with all bits after the prefix cleared.
fn first(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
            Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0);
            Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    }
}

/// Reads a list of networks, each with its place in the file; one with a problem is left out.
pub(crate) fn read(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Vec<(Network, Position)>> {
    let mut networks = Vec::new();
    let mut known = HashSet::new();
    for entry in field.list(reader)? {
        let Some(text) = entry.text(reader) else { continue };
        match parse(&text.value) {
            Ok(network) if !known.insert(network) => entry.problem(reader, format!("{network} is written twice")),
            Ok(network) => networks.push((network, entry.position())),
            Err(NoNetwork::Form) => {
                let message = format!("{} is neither a network such as 192.168.0.0/16 nor an address", text.shown);
                entry.problem(reader, message);
            }
            Err(NoNetwork::Within(network)) => {
                let message = format!("{} is an address within a network: write {network} for all of it", text.shown);
                entry.problem(reader, message);
            }
        }
    }
    Some(networks)
}

/// Whether nobody in the open net can have this address: private, link-local or this machine's own.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_loopback() || v6.is_unicast_link_local(),
    }
}
