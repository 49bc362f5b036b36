//! Hashes as digest authentication uses them: of fields joined by colons, as lower-case hexadecimal text.

use ctutils::CtEq;
use md5::Md5;
use sha2::{Digest, Sha256};

use super::Algorithm;
use super::hex::{decode, encode};

/// The text of a hash.
#[derive(Clone, Copy)]
pub(super) enum Hash {
    Md5([u8; 32]),
    Sha256([u8; 64]),
}

impl Hash {
    /// The hash of `fields` with a colon between each two.
    pub(super) fn of(algorithm: Algorithm, fields: &[&[u8]]) -> Self {
        match algorithm {
            Algorithm::Md5 => Self::Md5(md5(fields)),
            Algorithm::Sha256 => Self::Sha256(sha256(fields)),
        }
    }

    /// A hash that came in, in either case; `None` when it has not this algorithm's length or other bytes than digits.
    pub(super) fn parse(algorithm: Algorithm, text: &[u8]) -> Option<Self> {
        Some(match algorithm {
            Algorithm::Md5 => Self::Md5(encode(decode::<16>(text)?)),
            Algorithm::Sha256 => Self::Sha256(encode(decode::<32>(text)?)),
        })
    }

    pub(super) fn text(&self) -> &[u8] {
        match self {
            Self::Md5(text) => text,
            Self::Sha256(text) => text,
        }
    }

    /// Compares in a time that does not depend on where the first difference lies.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.text().ct_eq(other.text()).to_bool()
    }
}

pub(super) fn md5(fields: &[&[u8]]) -> [u8; 32] {
    encode::<16, 32>(joined::<Md5>(fields).finalize().into())
}

pub(super) fn sha256(fields: &[&[u8]]) -> [u8; 64] {
    encode::<32, 64>(joined::<Sha256>(fields).finalize().into())
}

fn joined<D: Digest>(fields: &[&[u8]]) -> D {
    let mut hash = D::new();
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            hash.update(b":");
        }
        hash.update(field);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_joined_by_colons() {
        assert_eq!(&md5(&[b"abc"]), b"900150983cd24fb0d6963f7d28e17f72"); // RFC 1321 A.5
        assert_eq!(md5(&[b"a", b"", b"b"]), md5(&[b"a::b"]));
        assert_eq!(sha256(&[b"a", b"b"]), sha256(&[b"a:b"]));
    }

    #[test]
    fn a_hash_that_came_in_equals_whatever_its_case_and_only_when_every_digit_does() {
        let hash = Hash::of(Algorithm::Sha256, &[b"x"]);
        let mut text = hash.text().to_ascii_uppercase();
        assert!(Hash::parse(Algorithm::Sha256, &text).is_some_and(|parsed| parsed.equals(&hash)));
        text[63] ^= 1;
        assert!(Hash::parse(Algorithm::Sha256, &text).is_some_and(|parsed| !parsed.equals(&hash)));
        assert!(Hash::parse(Algorithm::Md5, &text).is_none());
        assert!(!Hash::of(Algorithm::Md5, &[b"x"]).equals(&hash));
    }
}
