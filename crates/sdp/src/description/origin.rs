//! The `o=` line: who describes the session and in which version (RFC 8866 §5.2).

use crate::grammar::{number, words};

/// `o=name id version IN IP4 address`, as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// A user's name, mostly `-`.
    pub username: &'a [u8],
    /// Together with name and address, what makes the session one of its kind.
    pub session_id: &'a [u8],
    version: &'a [u8],
    /// The machine that made the description; not where media goes.
    pub address: &'a [u8],
}

impl<'a> Origin<'a> {
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let mut words = words(value);
        let (username, session_id, version) = (words.next()?, words.next()?, words.next()?);
        let (_network, _family, address) = (words.next()?, words.next()?, words.next()?);
        Some(Self { username, session_id, version, address })
    }

    /// The version; `None` when it is not a number of 64 bits.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        number(self.version)
    }

    /// Whether both are versions of the same session.
    #[must_use]
    pub fn is_same_session(&self, other: &Origin<'_>) -> bool {
        (self.username, self.session_id, self.address) == (other.username, other.session_id, other.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_version_are_found() {
        let origin = Origin::parse(b"- 9179752601252826711 2 IN IP4 192.0.2.1").expect("valid");
        assert_eq!((origin.session_id, origin.version()), (&b"9179752601252826711"[..], Some(2)));
        assert_eq!(Origin::parse(b"- 1 x IN IP4 192.0.2.1").expect("valid").version(), None);
        assert_eq!(Origin::parse(b"- 1 2 IN IP4"), None);
    }
}
