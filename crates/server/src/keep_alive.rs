//! Datagrams that only keep a path through a router open.

/// What a datagram without a message wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeepAlive {
    /// A double line end; a single one is the answer (RFC 5626 §4.4.1).
    Ping,
    /// Nothing.
    Silent,
}

/// The answer to a ping.
pub(crate) const PONG: &[u8] = b"\r\n";

impl KeepAlive {
    /// `None` when there may be a message in it.
    ///
    /// Phones send line ends, spaces, zeros and empty datagrams.
    pub(crate) fn recognise(datagram: &[u8]) -> Option<Self> {
        if datagram == b"\r\n\r\n" {
            return Some(Self::Ping);
        }
        let says_nothing = |b: &u8| matches!(b, b'\r' | b'\n' | b' ' | b'\t' | 0);
        datagram.iter().all(says_nothing).then_some(Self::Silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_double_line_end_is_answered_and_a_message_is_never_swallowed() {
        assert_eq!(KeepAlive::recognise(b"\r\n\r\n"), Some(KeepAlive::Ping));
        for silent in [&b""[..], b"\r\n", b"\0\0\0\0", b"\r\n\r\n\r\n", b" \n"] {
            assert_eq!(KeepAlive::recognise(silent), Some(KeepAlive::Silent), "{silent:?}");
        }
        assert_eq!(KeepAlive::recognise(b"\r\n\r\nOPTIONS sip:a@b SIP/2.0\r\n"), None);
    }
}
