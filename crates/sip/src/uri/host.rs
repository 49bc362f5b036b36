//! Hosts: names, IPv4 addresses and bracketed IPv6 addresses, with or without a port.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::UriError;
use crate::grammar::number;
use crate::print::Print;

/// A host as URIs and Vias name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Host<'a> {
    /// A domain name, in the spelling it came in.
    Name(&'a [u8]),
    /// An address; `[…]` around it when it is IPv6.
    Address(IpAddr),
}

impl<'a> Host<'a> {
    fn parse(text: &'a [u8]) -> Result<Self, UriError> {
        if let Some(inner) = text.strip_prefix(b"[") {
            let inner = inner.strip_suffix(b"]").ok_or(UriError::Host)?;
            let address = parse_ipv6(ascii(inner)).ok_or(UriError::Host)?;
            return Ok(Self::Address(address.into()));
        }
        let may_be_address = text.first().is_some_and(u8::is_ascii_digit);
        if may_be_address && let Ok(address) = ascii(text).parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        // An underscore is no part of a host name, but Windows machines and containers have them.
        let is_name = !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(b));
        if is_name { Ok(Self::Name(text)) } else { Err(UriError::Host) }
    }

    /// Whether both are the same: names without regard to case and to a final dot.
    #[must_use]
    pub fn is_equivalent(&self, other: &Host<'_>) -> bool {
        let bare = |name| <[u8]>::strip_suffix(name, b".").unwrap_or(name);
        match (self, other) {
            (Self::Name(a), Host::Name(b)) => bare(a).eq_ignore_ascii_case(bare(b)),
            (Self::Address(a), Host::Address(b)) => a.to_canonical() == b.to_canonical(),
            (Self::Name(_) | Self::Address(_), _) => false,
        }
    }
}

/// `[2001:db8:::192.0.2.1]` is what the grammar of RFC 3261 makes of an embedded IPv4 address; RFC 5118 §4.10 wants
/// it tolerated.
fn parse_ipv6(text: &str) -> Option<Ipv6Addr> {
    text.parse().ok().or_else(|| {
        let (head, tail) = text.split_once(":::")?;
        tail.parse::<Ipv4Addr>().ok()?;
        format!("{head}::{tail}").parse().ok()
    })
}

/// The text, when it is ASCII; otherwise nothing, which parses as nothing.
fn ascii(text: &[u8]) -> &str {
    std::str::from_utf8(text).unwrap_or_default()
}

impl Print for Host<'_> {
    fn print(&self, out: &mut Vec<u8>) {
        match self {
            Self::Name(name) => out.extend_from_slice(name),
            Self::Address(address) => address.print(out),
        }
    }
}

impl Print for IpAddr {
    fn print(&self, out: &mut Vec<u8>) {
        match self {
            IpAddr::V4(address) => {
                let [first, rest @ ..] = address.octets();
                u32::from(first).print(out);
                for octet in rest {
                    out.push(b'.');
                    u32::from(octet).print(out);
                }
            }
            IpAddr::V6(address) => out.extend_from_slice(format!("[{address}]").as_bytes()),
        }
    }
}

/// `host` or `host:port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostPort<'a> {
    /// Name or address.
    pub host: Host<'a>,
    /// `None` when it is not written.
    pub port: Option<u16>,
}

impl<'a> HostPort<'a> {
    /// Parses `host[:port]`; white space around the colon is allowed, as RFC 3261 has it in a Via.
    ///
    /// # Errors
    /// [`UriError::Host`] or [`UriError::Port`]. An IPv6 address without brackets is refused: its last group
    /// would be a port to some and not to others (RFC 5118 §4.5).
    pub fn parse(text: &'a [u8]) -> Result<Self, UriError> {
        let bracket = text.iter().rposition(|&b| b == b']').unwrap_or(0);
        let after = text.get(bracket..).unwrap_or_default();
        let Some(colon) = after.iter().position(|&b| b == b':').map(|at| bracket + at) else {
            return Ok(Self { host: Host::parse(text)?, port: None });
        };
        let host = crate::grammar::trim(text.get(..colon).unwrap_or_default());
        let port = crate::grammar::trim(text.get(colon + 1..).unwrap_or_default());
        let port = number(port).and_then(|port| u16::try_from(port).ok()).ok_or(UriError::Port)?;
        Ok(Self { host: Host::parse(host)?, port: Some(port) })
    }
}

impl Print for HostPort<'_> {
    fn print(&self, out: &mut Vec<u8>) {
        self.host.print(out);
        if let Some(port) = self.port {
            out.push(b':');
            u32::from(port).print(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_told_apart() {
        let parse = |text: &'static str| HostPort::parse(text.as_bytes());
        assert_eq!(parse("a.example"), Ok(HostPort { host: Host::Name(b"a.example"), port: None }));
        assert_eq!(parse("10.0.0.1:5060").map(|host| host.port), Ok(Some(5060)));
        assert_eq!(parse("[2001:db8::10]:5070").map(|host| host.port), Ok(Some(5070)));
        assert_eq!(parse("[2001:db8::10:5070]").map(|host| host.port), Ok(None));
        assert_eq!(parse("1.2.3.4.example").map(|host| host.host), Ok(Host::Name(b"1.2.3.4.example")));
        for bad in ["", ":5060", "2001:db8::10", "[::1", "[::1]x", "a b", "[:::1]", "[a:::b:::192.0.2.1]"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert_eq!(parse("[2001:db8:::192.0.2.1]"), parse("[2001:db8::192.0.2.1]"));
        assert_eq!(parse("a:65536"), Err(UriError::Port));
        assert_eq!(parse("a:"), Err(UriError::Port));
    }

    #[test]
    fn a_mapped_address_is_the_same_host() {
        let host = |text: &'static str| Host::parse(text.as_bytes()).expect("a host");
        assert!(host("[::ffff:192.0.2.1]").is_equivalent(&host("192.0.2.1")));
        assert!(host("PBX.Example.").is_equivalent(&host("pbx.example")));
        assert!(!host("192.0.2.1").is_equivalent(&host("192.0.2.2")));
    }
}
