//! Which way audio flows (RFC 3264 §5.1 and §6.1), as one side sees it.

/// `sendrecv`, `sendonly`, `recvonly` or `inactive`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both ways; what holds when nothing is said.
    #[default]
    SendRecv,
    /// This side only sends: it holds the other, or plays to it.
    SendOnly,
    /// This side only listens.
    RecvOnly,
    /// Neither way.
    Inactive,
}

impl Direction {
    /// The direction of this sending and receiving.
    #[must_use]
    pub const fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether this side sends.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether this side wants to receive.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same as the other side sees it.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::new(self.receives(), self.sends())
    }

    /// What both allow, both seen from the same side.
    #[must_use]
    pub const fn intersect(self, other: Self) -> Self {
        Self::new(self.sends() && other.sends(), self.receives() && other.receives())
    }

    /// The name of the attribute.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// The direction that the attribute `name` means, if it is one of the four.
    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive]
            .into_iter()
            .find(|direction| name.eq_ignore_ascii_case(direction.text().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_sends_the_other_receives() {
        assert_eq!(Direction::SendOnly.reversed(), Direction::RecvOnly);
        assert_eq!(Direction::RecvOnly.reversed(), Direction::SendOnly);
        assert_eq!(Direction::SendRecv.reversed(), Direction::SendRecv);
        assert_eq!(Direction::Inactive.reversed(), Direction::Inactive);
    }

    #[test]
    fn only_what_both_allow_remains() {
        assert_eq!(Direction::SendRecv.intersect(Direction::SendOnly), Direction::SendOnly);
        assert_eq!(Direction::SendOnly.intersect(Direction::RecvOnly), Direction::Inactive);
    }

    #[test]
    fn a_name_is_found_in_any_case() {
        assert_eq!(Direction::from_name(b"SendOnly"), Some(Direction::SendOnly));
        assert_eq!(Direction::from_name(b"direction"), None);
    }
}
