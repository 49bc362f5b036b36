//! Addresses as `c=`, `o=` and `a=rtcp` write them, and how ours are written.

use std::net::{IpAddr, Ipv6Addr};

use crate::grammar::{push_number, split, words};

/// Where media is to be sent: an address or a name that somebody else must look up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address<'a> {
    /// An address; an IPv4 address inside IPv6 counts as IPv4.
    Ip(IpAddr),
    /// A host name in the spelling it came in.
    Name(&'a [u8]),
}

impl<'a> Address<'a> {
    /// Parses `IN IP4 192.0.2.1`; TTL and count of a multicast address are ignored.
    ///
    /// The family is the address's own, as some phones write `IP4` before an IPv6 address.
    pub(crate) fn parse_connection(value: &'a [u8]) -> Option<Self> {
        let mut words = words(value);
        let (network, _family, address) = (words.next()?, words.next()?, words.next()?);
        if !network.eq_ignore_ascii_case(b"IN") {
            return None;
        }
        Self::parse(split(address, b'/').0)
    }

    /// Parses an address or a host name.
    pub(crate) fn parse(text: &'a [u8]) -> Option<Self> {
        let bare = text.strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]")).unwrap_or(text);
        let may_be_address = bare.contains(&b':') || bare.first().is_some_and(u8::is_ascii_digit);
        if may_be_address && let Ok(address) = std::str::from_utf8(bare).unwrap_or_default().parse::<IpAddr>() {
            return Some(Self::Ip(address.to_canonical()));
        }
        is_host_name(text).then_some(Self::Name(text))
    }

    /// Whether it is `0.0.0.0` or `::`, the hold of RFC 2543.
    #[must_use]
    pub fn is_unspecified(&self) -> bool {
        match self {
            Self::Ip(address) => address.is_unspecified(),
            Self::Name(_) => false,
        }
    }

    /// The address, unless it is a name.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(address) => Some(*address),
            Self::Name(_) => None,
        }
    }
}

/// Letters, digits, `-`, `.`, `_`; a last label of digits only would be a broken IPv4 address.
fn is_host_name(text: &[u8]) -> bool {
    let bare = text.strip_suffix(b".").unwrap_or(text);
    let last = bare.rsplit(|&b| b == b'.').next().unwrap_or_default();
    text.iter().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(b)) && !last.iter().all(u8::is_ascii_digit)
}

/// Appends `IN IP4 192.0.2.1`.
pub(crate) fn push_connection(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => {
            out.extend_from_slice(b"IN IP4 ");
            for (index, octet) in address.octets().into_iter().enumerate() {
                if index > 0 {
                    out.push(b'.');
                }
                push_number(octet, out);
            }
        }
        IpAddr::V6(address) => push_ipv6(address, out),
    }
}

fn push_ipv6(address: Ipv6Addr, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("IN IP6 {address}").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Address<'_>> {
        Address::parse_connection(text.as_bytes())
    }

    fn ip(text: &str) -> Address<'static> {
        Address::Ip(text.parse().expect("an address"))
    }

    #[test]
    fn addresses_of_both_families_and_names_are_read() {
        assert_eq!(read("IN IP4 192.0.2.1"), Some(ip("192.0.2.1")));
        assert_eq!(read("in ip4  192.0.2.1 "), Some(ip("192.0.2.1")));
        assert_eq!(read("IN IP6 2001:db8::1"), Some(ip("2001:db8::1")));
        assert_eq!(read("IN IP6 [2001:db8::1]"), Some(ip("2001:db8::1")));
        assert_eq!(read("IN IP4 2001:db8::1"), Some(ip("2001:db8::1")));
        assert_eq!(read("IN IP6 ::ffff:192.0.2.1"), Some(ip("192.0.2.1")));
        assert_eq!(read("IN IP4 pbx.example"), Some(Address::Name(b"pbx.example")));
    }

    #[test]
    fn ttl_and_count_of_a_multicast_address_are_ignored() {
        assert_eq!(read("IN IP4 233.252.0.1/127/3"), Some(ip("233.252.0.1")));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in ["", "IN IP4", "IN IP4 ", "ATM IP4 192.0.2.1", "IN IP4 192.0.2.256", "IN IP4 a:b", "IN IP4 /24"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_reads_as_the_same() {
        for text in ["192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::"] {
            let mut out = Vec::new();
            push_connection(text.parse().expect("an address"), &mut out);
            assert_eq!(Address::parse_connection(&out), Some(ip(text)));
        }
    }
}
