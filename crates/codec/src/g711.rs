//! ITU-T G.711: µ-law and A-law, to and from 16-bit samples, and one into the other through 256-byte tables.

/// Which of the two laws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// µ-law, RTP payload type 0.
    Pcmu,
    /// A-law, RTP payload type 8.
    Pcma,
}

impl Law {
    /// The code for a sample.
    #[must_use]
    pub const fn encode(self, sample: i16) -> u8 {
        match self {
            Self::Pcmu => encode_mu(sample),
            Self::Pcma => encode_a(sample),
        }
    }

    /// The sample that a code stands for.
    #[must_use]
    pub const fn decode(self, code: u8) -> i16 {
        match self {
            Self::Pcmu => decode_mu(code),
            Self::Pcma => decode_a(code),
        }
    }

    /// Samples become codes: how many. `None` when there is not enough room.
    #[must_use]
    pub fn encode_all(self, samples: &[i16], codes: &mut [u8]) -> Option<usize> {
        for (code, sample) in codes.get_mut(..samples.len())?.iter_mut().zip(samples) {
            *code = self.encode(*sample);
        }
        Some(samples.len())
    }

    /// Codes become samples: how many. `None` when there is not enough room.
    #[must_use]
    pub fn decode_all(self, codes: &[u8], samples: &mut [i16]) -> Option<usize> {
        for (sample, code) in samples.get_mut(..codes.len())?.iter_mut().zip(codes) {
            *sample = self.decode(*code);
        }
        Some(codes.len())
    }

    /// Changes codes of this law into codes of the other one, in place.
    pub fn convert(self, codes: &mut [u8]) {
        let table = match self {
            Self::Pcmu => &MU_TO_A,
            Self::Pcma => &A_TO_MU,
        };
        for code in codes {
            *code = entry(table, *code);
        }
    }
}

#[inline]
#[expect(clippy::indexing_slicing, reason = "a byte cannot exceed the table")]
fn entry(table: &[u8; 256], code: u8) -> u8 {
    table[code as usize]
}

/// 14-bit µ-law has its steps at multiples of 4 in 16 bits, after adding this.
const BIAS: i32 = 0x84;
/// The largest magnitude that still has a code.
const CLIP: i32 = 32_635;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "masked to 7 bits")]
const fn encode_mu(sample: i16) -> u8 {
    let (sign, magnitude) = if sample < 0 { (0x00, -(sample as i32)) } else { (0x80, sample as i32) };
    let biased = if magnitude > CLIP { CLIP } else { magnitude } + BIAS;
    let segment = 24 - biased.leading_zeros().cast_signed(); // bit 7 is segment 0
    let step = (biased >> (segment + 3)) & 0x0F;
    sign | (!((segment << 4) | step) as u8 & 0x7F)
}

#[expect(clippy::cast_possible_truncation, reason = "at most 32,124")]
const fn decode_mu(code: u8) -> i16 {
    let plain = (!code & 0x7F) as i32;
    let magnitude = ((((plain & 0x0F) << 3) + BIAS) << (plain >> 4)) - BIAS;
    if code & 0x80 == 0 { -magnitude as i16 } else { magnitude as i16 }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "masked to 7 bits")]
const fn encode_a(sample: i16) -> u8 {
    // A negative sample is mirrored at -½, so that the steps of both halves are alike.
    let (sign, magnitude) = if sample < 0 { (0x00, !(sample as i32)) } else { (0x80, sample as i32) };
    let plain = if magnitude < 256 {
        magnitude >> 4
    } else {
        let segment = 24 - magnitude.leading_zeros().cast_signed(); // bit 8 is segment 1
        (segment << 4) | ((magnitude >> (segment + 3)) & 0x0F)
    };
    (sign | (plain as u8 & 0x7F)) ^ 0x55
}

#[expect(clippy::cast_possible_truncation, reason = "at most 32,256")]
const fn decode_a(code: u8) -> i16 {
    let plain = ((code ^ 0x55) & 0x7F) as i32;
    let (segment, step) = (plain >> 4, (plain & 0x0F) << 4);
    let magnitude = if segment == 0 { step + 8 } else { (step + 0x108) << (segment - 1) };
    if code & 0x80 == 0 { -magnitude as i16 } else { magnitude as i16 }
}

/// G.711 table 3: the A-law value, from 1, for each µ-law value, both counted by magnitude.
const MU_TO_A_VALUES: [u8; 128] = [
    1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
    24, //
    25, 27, 29, 31, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 46, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57,
    58, //
    59, 60, 61, 62, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 82, 83, 84, 85, 86, 87,
    88, //
    89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
    112, //
    113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128,
];

/// G.711 table 4: the µ-law value, from 0, for each A-law value.
const A_TO_MU_VALUES: [u8; 128] = [
    1, 3, 5, 7, 9, 11, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 32, 33, 33,
    34, //
    34, 35, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 48, 49, 49, 50, 51, 52, 53, 54, 55, 56, 57,
    58, //
    59, 60, 61, 62, 63, 64, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 80, 81, 82, 83,
    84, //
    85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108,
    109, //
    110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
];

static MU_TO_A: [u8; 256] = mu_to_a();
static A_TO_MU: [u8; 256] = a_to_mu();

#[expect(clippy::indexing_slicing, reason = "a const fn has no iterators; every index is below 128")]
const fn mu_to_a() -> [u8; 256] {
    let mut table = [0; 256];
    let mut value: u8 = 0;
    while value < 128 {
        let a = MU_TO_A_VALUES[value as usize] - 1;
        table[(0xFF ^ value) as usize] = 0xD5 ^ a;
        table[(0x7F ^ value) as usize] = 0x55 ^ a;
        value += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "a const fn has no iterators; every index is below 128")]
const fn a_to_mu() -> [u8; 256] {
    let mut table = [0; 256];
    let mut value: u8 = 0;
    while value < 128 {
        let mu = A_TO_MU_VALUES[value as usize];
        table[(0xD5 ^ value) as usize] = 0xFF ^ mu;
        table[(0x55 ^ value) as usize] = 0x7F ^ mu;
        value += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_are_those_of_the_recommendation() {
        let mu = [(0xFF, 0), (0x7F, 0), (0x80, 32_124), (0x00, -32_124), (0xFE, 8), (0xEF, 132), (0xF0, 120)];
        for (code, sample) in mu {
            assert_eq!(Law::Pcmu.decode(code), sample, "{code:#x}");
        }
        let a = [(0xD5, 8), (0x55, -8), (0xAA, 32_256), (0x2A, -32_256), (0xC5, 264), (0xDA, 248)];
        for (code, sample) in a {
            assert_eq!(Law::Pcma.decode(code), sample, "{code:#x}");
        }
        assert_eq!([i16::MAX, 0, i16::MIN].map(|sample| Law::Pcmu.encode(sample)), [0x80, 0xFF, 0x00]);
        assert_eq!([i16::MAX, 0, i16::MIN].map(|sample| Law::Pcma.encode(sample)), [0xAA, 0xD5, 0x2A]);
    }

    #[test]
    fn every_code_survives_decoding_and_encoding() {
        for law in [Law::Pcmu, Law::Pcma] {
            for code in 0..=255 {
                // µ-law has two codes for zero; the encoder uses the positive one.
                let expected = if law == Law::Pcmu && code == 0x7F { 0xFF } else { code };
                assert_eq!(law.encode(law.decode(code)), expected, "{law:?} {code:#x}");
            }
        }
    }

    #[test]
    fn codes_rise_with_the_samples_and_stay_within_half_a_step() {
        for law in [Law::Pcmu, Law::Pcma] {
            let mut before = i16::MIN;
            for sample in i16::MIN..=i16::MAX {
                let coded = law.decode(law.encode(sample));
                let error = (i32::from(coded) - i32::from(sample)).abs();
                assert!(coded >= before && error <= 8 + i32::from(sample).abs() / 31, "{law:?} {sample}");
                before = coded;
            }
        }
    }

    #[test]
    fn codes_change_at_the_decision_values_of_the_recommendation() {
        // µ-law in 14 bits: 4063 and 31; A-law in 13 bits: 2048 and 64.
        for (law, sample) in [(Law::Pcmu, 4 * 4063), (Law::Pcmu, 4 * 31), (Law::Pcma, 8 * 2048), (Law::Pcma, 8 * 64)] {
            assert_ne!(law.encode(sample - 1), law.encode(sample), "{law:?} {sample}");
            assert_eq!(law.encode(sample), law.encode(sample + 1), "{law:?} {sample}");
        }
    }

    #[test]
    fn conversion_keeps_sign_and_comes_within_one_step() {
        for law in [Law::Pcmu, Law::Pcma] {
            let other = if law == Law::Pcmu { Law::Pcma } else { Law::Pcmu };
            for code in 0..=255 {
                let mut converted = [code];
                law.convert(&mut converted);
                let (from, to) = (i32::from(law.decode(code)), i32::from(other.decode(converted[0])));
                assert!((from - to).abs() <= 8 + from.abs() / 25, "{law:?} {code:#x}: {from} became {to}");
                assert!(from.signum() * to.signum() >= 0);
            }
        }
    }

    #[test]
    fn there_and_back_loses_only_the_smallest_steps() {
        for (law, other) in [(Law::Pcmu, Law::Pcma), (Law::Pcma, Law::Pcmu)] {
            let changed = (0..=255u8).filter(|&code| {
                let mut codes = [code];
                law.convert(&mut codes);
                other.convert(&mut codes);
                codes[0] != code
            });
            assert_eq!(changed.count(), 16, "{law:?}: 8 of 128 values have no counterpart");
        }
    }
}
