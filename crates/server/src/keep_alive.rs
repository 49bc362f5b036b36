//! Datagrams that only keep a path through a router open.

use std::net::SocketAddr;

use warden_sip::stun::BindingRequest;

/// What a datagram without a message wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeepAlive {
    /// A double line end; a single one is the answer (RFC 5626 §4.4.1).
    Ping,
    /// To be told where it came from (RFC 5626 §4.4.2).
    Stun(BindingRequest),
    /// Nothing.
    Silent,
}

/// What we send to keep a path open.
pub(crate) const PING: &[u8] = b"\r\n\r\n";

/// The answer to a double line end.
pub(crate) const PONG: &[u8] = b"\r\n";

impl KeepAlive {
    /// `None` when there may be a message in it.
    ///
    /// Phones send line ends, spaces, zeros and empty datagrams.
    pub(crate) fn recognise(datagram: &[u8]) -> Option<Self> {
        if datagram == PING {
            return Some(Self::Ping);
        }
        if let Some(request) = BindingRequest::parse(datagram) {
            return Some(Self::Stun(request));
        }
        let says_nothing = |b: &u8| matches!(b, b'\r' | b'\n' | b' ' | b'\t' | 0);
        datagram.iter().all(says_nothing).then_some(Self::Silent)
    }

    /// What `source` is answered.
    pub(crate) fn answer(self, source: SocketAddr) -> Option<Vec<u8>> {
        match self {
            Self::Ping => Some(PONG.to_vec()),
            Self::Stun(request) => Some(request.answer(source)),
            Self::Silent => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_line_end_and_a_stun_request_are_answered_and_a_message_is_never_swallowed() {
        assert_eq!(KeepAlive::recognise(b"\r\n\r\n"), Some(KeepAlive::Ping));
        for silent in [&b""[..], b"\r\n", b"\0\0\0\0", b"\r\n\r\n\r\n", b" \n"] {
            assert_eq!(KeepAlive::recognise(silent), Some(KeepAlive::Silent), "{silent:?}");
        }
        let stun = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
        assert!(matches!(KeepAlive::recognise(&stun), Some(KeepAlive::Stun(_))));
        assert_eq!(KeepAlive::recognise(&stun[..19]), None, "what is neither is the engine's to judge");
        assert_eq!(KeepAlive::recognise(b"\r\n\r\nOPTIONS sip:a@b SIP/2.0\r\n"), None);
    }
}
