//! The four quantizers (G.726 §4.2.2 to 4.2.4): differences become codes by their logarithm, whose unit is 1/128 of an
//! octave.

use super::Rate;

/// The tables of a rate, each for the codes that stand for a positive difference.
#[derive(Debug)]
pub(super) struct Quantizer {
    /// The codes are those of so many bits.
    mask: u8,
    /// What a logarithm must reach for the next code: tables 7 to 10.
    decisions: &'static [i32],
    /// The logarithms that the codes stand for: tables 11 to 14. The lowest stands for nothing.
    logs: &'static [i32],
    /// W: what a code does to the step, in 1/16 of the logarithm's unit.
    steps: &'static [i32],
    /// F: how large a difference is, for the speed of adaptation.
    sizes: &'static [i32],
    /// What the predictor's zeros forget each time, as a power of ½: less at 40 kbit/s.
    leak: u32,
}

/// What is known of a difference by its code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantized {
    /// Which way the difference goes.
    pub(super) negative: bool,
    /// How far, in 15 bits.
    pub(super) magnitude: u16,
    /// W, for the step.
    pub(super) step: i32,
    /// F, for the speed.
    pub(super) size: i32,
    /// What the predictor's zeros forget by it, as a power of ½.
    pub(super) leak: u32,
}

static KBIT_16: Quantizer =
    Quantizer { mask: 0b11, decisions: &[261], logs: &[116, 365], steps: &[-22, 439], sizes: &[0, 7], leak: 8 };

static KBIT_24: Quantizer = Quantizer {
    mask: 0b111,
    decisions: &[8, 218, 331],
    logs: &[-2048, 135, 273, 373],
    steps: &[-4, 30, 137, 582],
    sizes: &[0, 1, 2, 7],
    leak: 8,
};

static KBIT_32: Quantizer = Quantizer {
    mask: 0b1111,
    decisions: &[-124, 80, 178, 246, 300, 349, 400],
    logs: &[-2048, 4, 135, 213, 273, 323, 373, 425],
    steps: &[-12, 18, 41, 64, 112, 198, 355, 1122],
    sizes: &[0, 0, 0, 1, 1, 1, 3, 7],
    leak: 8,
};

static KBIT_40: Quantizer = Quantizer {
    mask: 0b1_1111,
    decisions: &[-122, -16, 68, 139, 198, 250, 298, 339, 378, 413, 445, 475, 502, 528, 553],
    logs: &[-2048, -66, 28, 104, 169, 224, 274, 318, 358, 395, 429, 459, 488, 514, 539, 566],
    steps: &[14, 14, 24, 39, 40, 41, 58, 100, 141, 179, 219, 280, 358, 440, 529, 696],
    sizes: &[0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6],
    leak: 9,
};

impl Quantized {
    /// The difference itself.
    #[inline]
    pub(super) const fn signed(&self) -> i16 {
        let magnitude = self.magnitude.cast_signed();
        if self.negative { -magnitude } else { magnitude }
    }
}

impl Quantizer {
    pub(super) const fn of(rate: Rate) -> &'static Self {
        match rate {
            Rate::Kbit16 => &KBIT_16,
            Rate::Kbit24 => &KBIT_24,
            Rate::Kbit32 => &KBIT_32,
            Rate::Kbit40 => &KBIT_40,
        }
    }

    /// The code for `difference` at the step `y`, in 1/4 of the logarithm's unit (blocks LOG, SUBTB, QUAN).
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 15")]
    pub(super) fn code(&self, difference: i32, y: i32) -> u8 {
        let log = log(difference.unsigned_abs() & 0x7FFF) - (y >> 2);
        let reached = self.decisions.iter().filter(|&&decision| log >= decision).count() as u8;
        // All bits zero are never sent, but for the rate whose two bits have none to spare.
        let zero = reached == 0 && self.mask != KBIT_16.mask;
        if difference < 0 || zero { self.mask - reached } else { reached }
    }

    /// What `code` stands for at the step `y` (blocks RECONST, ADDA, ANTILOG).
    #[inline]
    pub(super) fn quantized(&self, code: u8, y: i32) -> Quantized {
        let negative = code > self.mask >> 1;
        let index = usize::from(if negative { self.mask ^ code } else { code });
        let entry = |table: &[i32]| table.get(index).copied().unwrap_or_default();
        let magnitude = antilog(entry(self.logs) + (y >> 2));
        Quantized { negative, magnitude, step: entry(self.steps), size: entry(self.sizes), leak: self.leak }
    }
}

/// With seven bits of fraction, which are not those of the logarithm but of the number between two powers of 2.
#[inline]
#[expect(clippy::cast_possible_wrap, reason = "at most 15 times 128")]
const fn log(magnitude: u32) -> i32 {
    let exponent = (magnitude | 1).ilog2();
    (exponent << 7 | ((magnitude << 7) >> exponent & 0x7F)) as i32
}

#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "15 bits, from a positive logarithm")]
const fn antilog(log: i32) -> u16 {
    let (exponent, fraction) = (log >> 7 & 0xF, log & 0x7F);
    if log < 0 { 0 } else { (((128 | fraction) << exponent) >> 7) as u16 }
}
