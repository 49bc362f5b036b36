//! Server nonces that prove themselves: nothing is stored until one has been used.
//!
//! A nonce is the hexadecimal text of 32 bytes: 7 of the time of issue in **ms** since the epoch, 1 for the algorithm,
//! 8 random ones, and the first 16 of HMAC-SHA-256 over the realm, these, and the source that it is issued to.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Algorithm;
use super::hex::{decode, encode};
use crate::random::Random;

/// The part of a nonce before its proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NonceId {
    pub(super) issued_ms: u64,
    pub(super) algorithm: Algorithm,
    pub(super) random: u64,
}

impl NonceId {
    fn bytes(&self) -> [u8; 16] {
        let algorithm = match self.algorithm {
            Algorithm::Md5 => 1,
            Algorithm::Sha256 => 2,
        };
        let issue = u128::from(self.issued_ms << 8 | algorithm);
        (issue << 64 | u128::from(self.random)).to_be_bytes()
    }

    fn from_bytes(bytes: &[u8; 16]) -> Option<Self> {
        let (issue, random) = bytes.split_first_chunk::<8>()?;
        let issue = u64::from_be_bytes(*issue);
        let algorithm = match issue & 0xff {
            1 => Algorithm::Md5,
            2 => Algorithm::Sha256,
            _ => return None,
        };
        Some(Self { issued_ms: issue >> 8, algorithm, random: u64::from_be_bytes(random.try_into().ok()?) })
    }
}

/// Makes nonces and knows its own.
#[derive(Clone)]
pub(super) struct Mint {
    /// Keyed, with the realm already in it.
    proof: Hmac<Sha256>,
}

impl Mint {
    pub(super) fn new(secret: &[u8; 32], realm: &[u8]) -> Self {
        let mut block = [0; 64]; // HMAC fills a shorter key with zeros
        for (place, byte) in block.iter_mut().zip(secret) {
            *place = *byte;
        }
        let mut proof = Hmac::new(&block.into());
        proof.update(realm);
        Self { proof }
    }

    /// For one source; it is written nowhere in the nonce.
    pub(super) fn issue(&self, issued_ms: u64, algorithm: Algorithm, random: &mut Random, source: &[u8]) -> [u8; 64] {
        let id = NonceId { issued_ms, algorithm, random: random.next_u64() }.bytes();
        let proof: [u8; 32] = self.proof.clone().chain_update(id).chain_update(source).finalize().into_bytes().into();
        let mut nonce = [0; 32];
        for (place, byte) in nonce.iter_mut().zip(id.into_iter().chain(proof)) {
            *place = byte;
        }
        encode(nonce)
    }

    /// What a nonce of this mint says that was issued to this source; `None` for any other text. Its age is not looked at.
    pub(super) fn recognize(&self, nonce: &[u8], source: &[u8]) -> Option<NonceId> {
        let bytes = decode::<32>(nonce)?;
        let (id, proof) = bytes.split_first_chunk::<16>()?;
        self.proof.clone().chain_update(id).chain_update(source).verify_truncated_left(proof).ok()?;
        NonceId::from_bytes(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_says_when_and_for_which_algorithm_it_was_issued() {
        let mint = Mint::new(&[1; 32], b"warden");
        let mut random = Random::from_seed([2; 32]);
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            let issued_ms = 0x00ab_cdef_0123_4567;
            let id = mint.recognize(&mint.issue(issued_ms, algorithm, &mut random, b"a"), b"a").expect("its own");
            assert_eq!((id.issued_ms, id.algorithm), (issued_ms, algorithm));
        }
        assert_ne!(mint.issue(5, Algorithm::Md5, &mut random, b"a"), mint.issue(5, Algorithm::Md5, &mut random, b"a"));
    }

    #[test]
    fn no_bit_of_a_nonce_can_be_changed() {
        let mint = Mint::new(&[1; 32], b"warden");
        let nonce = mint.issue(77, Algorithm::Md5, &mut Random::from_seed([2; 32]), b"a");
        let bytes = decode::<32>(&nonce).expect("hexadecimal");
        for bit in 0..256 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(mint.recognize(&encode::<32, 64>(changed), b"a"), None, "bit {bit}");
        }
        assert_eq!(mint.recognize(&nonce[..62], b"a"), None);
        assert!(mint.recognize(&nonce, b"a").is_some() && mint.recognize(&nonce, b"b").is_none());
    }

    #[test]
    fn a_nonce_of_another_secret_or_realm_is_not_recognized() {
        let nonce = Mint::new(&[1; 32], b"warden").issue(0, Algorithm::Md5, &mut Random::from_seed([2; 32]), b"a");
        assert_eq!(Mint::new(&[3; 32], b"warden").recognize(&nonce, b"a"), None);
        assert_eq!(Mint::new(&[1; 32], b"warder").recognize(&nonce, b"a"), None);
    }
}
