//! `Via` (RFC 3261 §20.42, RFC 3581).

use std::net::IpAddr;

use super::{HeaderError, Params};
use crate::grammar::{is_token, trim};
use crate::print::Print;
use crate::uri::HostPort;

/// How a message travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A plain stream.
    Tcp,
    /// TLS over TCP.
    Tls,
    /// SIP over WebSocket (RFC 7118).
    Ws,
    /// SIP over secure WebSocket.
    Wss,
}

impl Transport {
    /// The transport of this name, in any case.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        [Self::Udp, Self::Tcp, Self::Tls, Self::Ws, Self::Wss]
            .into_iter()
            .find(|transport| transport.name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// Its name in a Via.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// Whether it delivers what was sent, in order, without our resending.
    #[must_use]
    pub fn is_reliable(self) -> bool {
        self != Self::Udp
    }
}

/// One hop that a request took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// `2.0`; another one is read only to answer 505.
    pub version: &'a [u8],
    /// As written; [`Transport::from_name`] says whether it is one of ours.
    pub transport_name: &'a [u8],
    /// Who sent it, by its own account.
    pub sent_by: HostPort<'a>,
    /// `branch`, `received`, `rport` and others.
    pub params: Params<'a>,
}

/// A branch that begins so is unique (RFC 3261 §8.1.1.7).
pub(crate) const MAGIC_COOKIE: &[u8] = b"z9hG4bK";

impl<'a> Via<'a> {
    /// Parses one member of a Via header: `SIP/2.0/UDP host:port;branch=…`.
    ///
    /// # Errors
    /// [`HeaderError::Syntax`], or [`HeaderError::Uri`] when the host or port is wrong.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        let value = trim(value);
        let (protocol, rest) = take_protocol(value).ok_or(HeaderError::Syntax)?;
        let [name, version, transport_name] = protocol;
        if !name.eq_ignore_ascii_case(b"SIP") || !is_token(version) || !is_token(transport_name) {
            return Err(HeaderError::Syntax);
        }
        let (host, params) = match rest.iter().position(|&b| b == b';') {
            Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
            None => (rest, &b""[..]),
        };
        Ok(Self { version, transport_name, sent_by: HostPort::parse(trim(host))?, params: Params::new(params) })
    }

    /// `branch`, when it is a unique one by RFC 3261.
    #[must_use]
    pub fn branch(&self) -> Option<&'a [u8]> {
        let branch = self.params.value("branch")?;
        let (cookie, rest) = branch.split_at_checked(MAGIC_COOKIE.len())?;
        (cookie.eq_ignore_ascii_case(MAGIC_COOKIE) && !rest.is_empty()).then_some(branch)
    }

    /// `received`: where the message really came from, added by who received it.
    #[must_use]
    pub fn received(&self) -> Option<IpAddr> {
        let text = std::str::from_utf8(self.params.value("received")?).ok()?;
        // RFC 5118 §4.5: with and without brackets are both seen.
        text.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

/// Cuts `SIP / 2.0 / UDP rest`; white space is allowed around each slash.
fn take_protocol(value: &[u8]) -> Option<([&[u8]; 3], &[u8])> {
    let first = value.iter().position(|&b| b == b'/')?;
    let second = first + 1 + value.get(first + 1..)?.iter().position(|&b| b == b'/')?;
    let tail = value.get(second + 1..)?;
    let lead = tail.len() - trim_start(tail).len();
    let end = lead + tail.get(lead..)?.iter().position(|&b| crate::grammar::is_space(b))?;
    Some(([trim(value.get(..first)?), trim(value.get(first + 1..second)?), tail.get(lead..end)?], tail.get(end..)?))
}

fn trim_start(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&b| !crate::grammar::is_space(b)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

impl Print for Via<'_> {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"SIP/");
        out.extend_from_slice(self.version);
        out.push(b'/');
        out.extend_from_slice(self.transport_name);
        out.push(b' ');
        self.sent_by.print(out);
        if !self.params.is_empty() {
            out.push(b';');
            out.extend_from_slice(self.params.text());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_slashes_and_colons_is_allowed() {
        let via = Via::parse(b"SIP / 2.0\r\n /UDP\r\n    192.0.2.2 : 5061;branch=390skdjuw").expect("valid");
        assert_eq!(Transport::from_name(via.transport_name), Some(Transport::Udp));
        assert_eq!(via.sent_by.port, Some(5061));
        assert_eq!(via.branch(), None, "without the magic cookie a branch is not unique");
    }

    #[test]
    fn branch_and_received_are_read() {
        let via = Via::parse(b"SIP/2.0/TCP a.example;branch=z9hG4bKx;received=[2001:db8::1];rport").expect("valid");
        assert_eq!(via.branch(), Some(&b"z9hG4bKx"[..]));
        assert_eq!(via.received(), "2001:db8::1".parse().ok());
        assert!(via.params.has("rport"));
        assert_eq!(Via::parse(b"SIP/2.0/UDP a;branch=z9hG4bK").expect("valid").branch(), None);
    }

    #[test]
    fn a_via_without_version_or_host_is_refused() {
        for bad in [
            &b""[..],
            b"SIP/2.0/UDP",
            b"SIP//UDP a",
            b"HTTP/2.0/UDP a",
            b"SIP/2.0 a",
            b"SIP/2.0/UDP ;branch=x",
            b"SIP/2.0/U\x01P a",
        ] {
            assert!(Via::parse(bad).is_err(), "{}", bad.escape_ascii());
        }
    }
}
