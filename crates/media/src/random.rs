//! Numbers that need be different, not secret: SSRC, first sequence number, first timestamp, report intervals.

/// `SplitMix64`, seeded from outside.
#[derive(Clone, Debug)]
pub(crate) struct Mix {
    state: u64,
}

impl Mix {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The upper half of the next number.
    pub(crate) fn next_u32(&mut self) -> u32 {
        u32::try_from(self.next_u64() >> 32).unwrap_or_default()
    }

    /// Sixteen lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self) -> [u8; 16] {
        let bits = self.next_u64();
        std::array::from_fn(|at| {
            let digit = (bits >> (60 - 4 * at)) & 15;
            u8::try_from(digit).map_or(b'0', |digit| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        let mut mix = Mix::new(1_234_567);
        assert_eq!([mix.next_u64(), mix.next_u64()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn hexadecimal_text_holds_nothing_else() {
        let text = Mix::new(1).hex();
        assert!(text.iter().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(digit)));
    }
}
