//! Which phone it is, whatever its address: `+sip.instance` (RFC 5626 §4.1).

use std::fmt;
use std::sync::Arc;

use warden_sip::header::{NameAddr, unquote};

/// A longer name is none that a phone needs.
const MAX_LEN: usize = 128;
/// What phones without a name of their own are delivered with: it names nobody.
const NIL: &[u8] = b"urn:uuid:00000000-0000-0000-0000-000000000000";

/// A URN that one phone has for its whole life, without brackets and quotes. Compared without regard to case.
#[derive(Clone)]
pub struct Instance(Arc<[u8]>);

impl Instance {
    /// Takes a URN of at most 128 bytes whose bytes may all stand in a parameter of a URI, as a GRUU needs it there.
    #[must_use]
    pub fn parse(urn: &[u8]) -> Option<Self> {
        let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"-.!*_+'~:/$".contains(b);
        let is_urn = urn.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"urn:"));
        let is_sound = is_urn && urn.len() <= MAX_LEN && urn.iter().all(is_plain) && !urn.eq_ignore_ascii_case(NIL);
        is_sound.then(|| Self(urn.into()))
    }

    /// What a Contact says, if it does; an unusable name counts as none.
    pub(super) fn of(contact: &NameAddr<'_>) -> Option<Self> {
        let value = unquote(contact.params.value("+sip.instance")?);
        Self::parse(value.strip_prefix(b"<")?.strip_suffix(b">")?)
    }

    /// The URN.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for Instance {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Instance {}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_from_its_quotes_and_compared_in_any_case() {
        let of = |text: &str| Instance::of(&NameAddr::parse(text.as_bytes()).expect("an address"));
        let one = of("<sip:a@h>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"");
        let other = of("<sip:b@h>;+SIP.INSTANCE=\"<URN:UUID:00000000-0000-1000-8000-aabbccddeeff>\"");
        assert!(one.is_some() && one == other);
        for none in ["urn:uuid:1", "<x:1>", "<urn:a b>", "<urn:a;b>", "<urn:uuid:00000000-0000-0000-0000-000000000000>"]
        {
            assert_eq!(of(&format!("<sip:a@h>;+sip.instance=\"{none}\"")), None, "{none}");
        }
        assert_eq!(Instance::parse(&[b"urn:".as_slice(), &[b'a'; 125]].concat()), None);
    }
}
