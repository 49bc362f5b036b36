//! Randomness for tags, branches, nonces and jitter: a generator that is seeded from outside.
//!
//! The shell seeds it once from the operating system; tests seed it with a number, so that they repeat exactly.

use std::fmt;

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};

use crate::digest::hex;

/// `ChaCha` with 12 rounds: what it gives cannot be guessed from what it gave before.
///
/// Deliberately not `Clone`: a copy would give the same tags and nonces again.
pub struct Random {
    generator: ChaCha12Rng,
}

impl Random {
    /// A generator that gives the same sequence for the same seed.
    ///
    /// Outside tests the seed must come from the operating system's generator.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self { generator: ChaCha12Rng::from_seed(seed) }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Overwrites `out` with random bytes.
    pub fn fill(&mut self, out: &mut [u8]) {
        self.generator.fill_bytes(out);
    }

    /// A number from 0 to `n` - 1, each as likely as any other within 2⁻³²; 0 when `n` is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        let scaled = (u128::from(self.next_u64()) * u128::from(n)) >> 64;
        u32::try_from(scaled).unwrap_or_default()
    }

    /// `N` lower-case hexadecimal digits, 4 random bits each.
    pub fn hex<const N: usize>(&mut self) -> [u8; N] {
        let mut text = [0; N];
        self.fill(&mut text);
        text.map(hex::digit)
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence_and_another_seed_another() {
        let draw = |seed| {
            let mut random = Random::from_seed([seed; 32]);
            (random.next_u64(), random.hex::<16>(), random.below(1000))
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let mut random = Random::from_seed([1; 32]);
        assert_ne!(random.next_u64(), random.next_u64());
    }

    #[test]
    fn hexadecimal_text_uses_all_sixteen_digits_and_nothing_else() {
        let mut text = Random::from_seed([3; 32]).hex::<999>().to_vec();
        text.sort_unstable();
        text.dedup();
        assert_eq!(text, b"0123456789abcdef");
    }

    #[test]
    fn a_number_stays_below_its_bound_and_reaches_every_value() {
        let mut random = Random::from_seed([4; 32]);
        assert_eq!((random.below(0), random.below(1)), (0, 0));
        let mut counts = [0; 6];
        for _ in 0..6000 {
            counts[random.below(6) as usize] += 1;
        }
        assert!(counts.iter().all(|&count| (850..1150).contains(&count)), "{counts:?}");
    }

    #[test]
    fn debug_shows_nothing_of_the_state() {
        assert_eq!(format!("{:?}", Random::from_seed([5; 32])), "Random");
    }
}
