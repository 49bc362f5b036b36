//! The hash functions of digest authentication that Warden takes part in.

/// A hash function. The `-sess` variants, SHA-512/256 and all others are not supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// What every phone knows, and what a challenge without `algorithm` means (RFC 2617 §3.2.1).
    Md5,
    /// RFC 8760.
    Sha256,
}

impl Algorithm {
    /// The algorithm with this name in any case; `None` when it is not supported.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        [Self::Md5, Self::Sha256].into_iter().find(|known| name.eq_ignore_ascii_case(known.name().as_bytes()))
    }

    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case_and_session_variants_are_refused() {
        assert_eq!(Algorithm::from_name(b"md5"), Some(Algorithm::Md5));
        assert_eq!(Algorithm::from_name(b"Sha-256"), Some(Algorithm::Sha256));
        for other in [&b"MD5-sess"[..], b"SHA-256-sess", b"SHA-512-256", b"SHA256", b""] {
            assert_eq!(Algorithm::from_name(other), None);
        }
    }
}
