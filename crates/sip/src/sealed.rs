//! Numbers that travel in the open and say nothing: only who sealed one can read it, and two seals of one number look
//! like seals of two.
//!
//! The text is 24 bytes in hexadecimal digits: 8 random ones, the number under a pad that is a keyed hash of them, and
//! 8 of a keyed hash over both. Nothing is stored.

use ctutils::CtEq;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::digest::hex::{decode, encode};
use crate::random::Random;

/// Seals numbers, and opens its own seals.
pub struct Sealer {
    keyed: Hmac<Sha256>,
    random: Random,
}

/// What a hash is for; one made for one use proves nothing for the other.
#[derive(Clone, Copy)]
enum Use {
    Pad = 1,
    Proof = 2,
}

impl Sealer {
    /// The length of a sealed number in **bytes**.
    pub const LEN: usize = 48;

    /// With a key of its own, drawn from `random`; no other sealer opens what it seals.
    #[must_use]
    pub fn new(mut random: Random) -> Self {
        let mut key = [0; 64];
        random.fill(&mut key);
        Self { keyed: Hmac::new(&key.into()), random }
    }

    /// A text for `number`, another one each time.
    pub fn seal(&mut self, number: u64) -> [u8; Self::LEN] {
        let salt = self.random.next_u64();
        let hidden = number ^ self.hash(Use::Pad, salt, 0);
        let proof = self.hash(Use::Proof, salt, hidden);
        let mut bytes = [0; 24];
        for (place, part) in bytes.as_chunks_mut().0.iter_mut().zip([salt, hidden, proof]) {
            *place = part.to_be_bytes();
        }
        encode(bytes)
    }

    /// The number in a text; `None` when it was not sealed here.
    #[must_use]
    pub fn open(&self, text: &[u8]) -> Option<u64> {
        let bytes = decode::<24>(text)?;
        let [salt, hidden, proof] = *bytes.as_chunks().0 else { return None };
        let [salt, hidden] = [salt, hidden].map(u64::from_be_bytes);
        let is_ours = self.hash(Use::Proof, salt, hidden).to_be_bytes().ct_eq(&proof).to_bool();
        is_ours.then(|| hidden ^ self.hash(Use::Pad, salt, 0))
    }

    fn hash(&self, used: Use, salt: u64, hidden: u64) -> u64 {
        let mut keyed = self.keyed.clone();
        keyed.update(&[used as u8]);
        keyed.update(&salt.to_be_bytes());
        keyed.update(&hidden.to_be_bytes());
        let bytes: [u8; 32] = keyed.finalize().into_bytes().into();
        bytes.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_comes_back_and_its_seals_have_nothing_in_common() {
        let mut sealer = Sealer::new(Random::from_seed([1; 32]));
        for number in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
            let (one, other) = (sealer.seal(number), sealer.seal(number));
            assert_eq!([sealer.open(&one), sealer.open(&other)], [Some(number); 2]);
            let same = one.iter().zip(other).filter(|(a, b)| *a == b).count();
            assert!(same < 16, "{same} of 48 digits are the same");
        }
    }

    #[test]
    fn a_seal_that_was_touched_or_is_anothers_opens_nothing() {
        let mut sealer = Sealer::new(Random::from_seed([1; 32]));
        let text = sealer.seal(7);
        for index in 0..text.len() {
            let mut touched = text;
            touched[index] = if touched[index] == b'0' { b'1' } else { b'0' };
            assert_eq!(sealer.open(&touched), None, "digit {index}");
        }
        assert_eq!(sealer.open(&text[1..]), None);
        assert_eq!(Sealer::new(Random::from_seed([2; 32])).open(&text), None);
    }
}
