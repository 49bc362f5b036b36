//! How codes of two to five bits share bytes.

/// The order of the codes within a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Packing {
    /// The first code takes the lowest bits: `G726-16` to `G726-40` (RFC 3551 §4.5.4).
    Rfc3551,
    /// The first code takes the highest bits: `AAL2-G726-16` to `AAL2-G726-40` (ITU-T I.366.2 annex E).
    Aal2,
}

/// The bytes of the longest unit, eight codes of five bits.
const LONGEST: usize = 5;

impl Packing {
    /// Writes `codes` of `bits` each into `unit`, which they fill; at most eight bytes.
    #[inline]
    pub(super) fn pack(self, bits: usize, codes: impl Iterator<Item = u8>, unit: &mut [u8]) {
        let mut packed = 0u64;
        match self {
            Self::Rfc3551 => {
                codes.enumerate().for_each(|(place, code)| packed |= u64::from(code) << (place * bits));
                unit.iter_mut().zip(packed.to_le_bytes()).for_each(|(byte, packed)| *byte = packed);
            }
            Self::Aal2 => {
                codes.for_each(|code| packed = packed << bits | u64::from(code));
                unit.iter_mut().rev().zip(packed.to_le_bytes()).for_each(|(byte, packed)| *byte = packed);
            }
        }
    }

    /// The codes of `bits` each in `unit`, of which five bytes are read.
    #[inline]
    pub(super) fn unpack(self, bits: usize, unit: &[u8]) -> impl Iterator<Item = u8> + use<> {
        let bytes = unit.iter().take(LONGEST).map(|&byte| u64::from(byte));
        let codes = unit.len().min(LONGEST) * 8 / bits;
        let (packed, first, step) = match self {
            Self::Rfc3551 => (bytes.rev().fold(0, |packed, byte| packed << 8 | byte), 0, bits.cast_signed()),
            Self::Aal2 => {
                let packed = bytes.fold(0, |packed, byte| packed << 8 | byte);
                (packed, (codes * bits).saturating_sub(bits), -bits.cast_signed())
            }
        };
        let mask = (1u64 << bits) - 1;
        let shifts = std::iter::successors(Some(first), move |shift| shift.checked_add_signed(step)).take(codes);
        #[expect(clippy::cast_possible_truncation, reason = "five bits at most")]
        shifts.map(move |shift| (packed >> shift & mask) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_code_of_a_byte_is_the_lowest_in_rfc_3551_and_the_highest_in_aal2() {
        for (packing, expected) in [(Packing::Rfc3551, [0x21, 0x43]), (Packing::Aal2, [0x12, 0x34])] {
            let mut bytes = [0; 2];
            packing.pack(4, [1, 2, 3, 4].into_iter(), &mut bytes);
            assert_eq!(bytes, expected);
            assert_eq!(packing.unpack(4, &bytes).collect::<Vec<_>>(), [1, 2, 3, 4]);
        }
    }

    #[test]
    fn codes_that_straddle_bytes_come_back() {
        let codes = [1, 2, 3, 4, 5, 6, 7, 0];
        for (packing, bits, first) in [(Packing::Rfc3551, 3, 0b1101_0001), (Packing::Aal2, 5, 0b0000_1000)] {
            let mut bytes = vec![0; bits];
            packing.pack(bits, codes.into_iter(), &mut bytes);
            assert_eq!(bytes[0], first);
            assert_eq!(packing.unpack(bits, &bytes).collect::<Vec<_>>(), codes);
        }
    }
}
