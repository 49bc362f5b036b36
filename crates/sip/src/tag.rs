//! Tags that Warden makes (RFC 3261 §19.3).

use std::fmt;

use crate::random::Random;

/// A tag of our own: 64 bits as 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag([u8; 16]);

impl Tag {
    /// A tag that nobody can guess.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        Self::from_bits(random.next_u64())
    }

    /// The tag that stands for `bits`.
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        let mut text = [0; 16];
        for (digit, shift) in text.iter_mut().zip((0..16).rev()) {
            let value = (bits >> (4 * shift)) & 15;
            *digit = b"0123456789abcdef".get(usize::try_from(value).unwrap_or_default()).copied().unwrap_or(b'0');
        }
        Self(text)
    }

    /// The bits that `text` stands for; `None` unless it is a tag in our form.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<u64> {
        let is_ours = text.len() == 16 && text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let text = std::str::from_utf8(text).ok().filter(|_| is_ours)?;
        u64::from_str_radix(text, 16).ok()
    }

    /// The 16 digits.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reads_back_and_a_foreign_one_does_not() {
        assert_eq!(Tag::from_bits(0xab).text(), b"00000000000000ab");
        assert_eq!(Tag::parse(Tag::from_bits(u64::MAX).text()), Some(u64::MAX));
        for foreign in [&b""[..], b"00000000000000AB", b"+0000000000000ab", b"0000000000000000ab"] {
            assert_eq!(Tag::parse(foreign), None);
        }
    }
}
