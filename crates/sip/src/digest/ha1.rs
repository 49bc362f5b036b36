//! What a password is known as: the hash of user name, realm and password.

use std::fmt;

use ctutils::CtEq;

use super::hash::{md5, sha256};
use super::hex::{decode, encode};
use super::{Algorithm, hash::Hash};

/// H(username ":" realm ":" password) for both algorithms (RFC 7616 §3.4.2).
///
/// It serves as the password within its realm, so it is kept as secret as one; `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Ha1 {
    md5: [u8; 32],
    sha256: [u8; 64],
}

impl Ha1 {
    /// Hashes a password. The texts are taken as they are: no case folding, no normalization.
    #[must_use]
    pub fn derive(username: &[u8], realm: &[u8], password: &[u8]) -> Self {
        let fields = [username, realm, password];
        Self { md5: md5(&fields), sha256: sha256(&fields) }
    }

    /// Takes stored hashes as hexadecimal text, 32 and 64 digits in either case; `None` for anything else.
    #[must_use]
    pub fn from_text(md5: &[u8], sha256: &[u8]) -> Option<Self> {
        Some(Self { md5: encode(decode::<16>(md5)?), sha256: encode(decode::<32>(sha256)?) })
    }

    /// The hash as lower-case hexadecimal text, which is also how it enters the computation.
    #[must_use]
    pub fn text(&self, algorithm: Algorithm) -> &[u8] {
        match algorithm {
            Algorithm::Md5 => &self.md5,
            Algorithm::Sha256 => &self.sha256,
        }
    }

    /// Whether both are of the same name, realm and password.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.sha256.ct_eq(&other.sha256).to_bool()
    }

    /// A stand-in for users who do not exist, so that checking their credentials takes the same work.
    ///
    /// Nobody knows its password; [`Authenticator`](super::Authenticator) refuses even a right response to it.
    #[must_use]
    pub fn dummy(secret: &[u8; 32]) -> Self {
        Self::derive(b"", b"", Hash::of(Algorithm::Sha256, &[b"no such user", secret]).text())
    }
}

impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ha1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_hash_is_taken_back_and_anything_else_is_refused() {
        let ha1 = Ha1::derive(b"Mufasa", b"testrealm@host.com", b"Circle Of Life");
        assert_eq!(ha1.text(Algorithm::Md5), b"939e7578ed9e3c518a452acee763bce9"); // RFC 2617 §3.5
        let (md5, sha256) = (ha1.text(Algorithm::Md5), ha1.text(Algorithm::Sha256));
        let stored = Ha1::from_text(&md5.to_ascii_uppercase(), sha256).expect("valid");
        assert_eq!((stored.text(Algorithm::Md5), stored.text(Algorithm::Sha256)), (md5, sha256));
        assert!(Ha1::from_text(sha256, md5).is_none());
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        assert_eq!(format!("{:?}", Ha1::derive(b"a", b"b", b"c")), "Ha1");
    }
}
