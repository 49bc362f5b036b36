//! The lower band, 0 to 4 kHz, in six bits a sample (G.722 §3.3 to 3.5, blocks 1L to 3L and 5L).

use super::entry;
use super::predictor::Predictor;
use super::step::Step;

/// One direction's state of the lower band.
#[derive(Clone, Debug)]
pub(super) struct Low {
    predictor: Predictor,
    step: Step,
}

impl Default for Low {
    fn default() -> Self {
        Self { predictor: Predictor::default(), step: Step::smallest(32) }
    }
}

/// Q6: the decision levels, in 1/4096 of the step.
const DECISIONS: [u16; 29] = [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
    1458, 1612, 1765, 1980, 2195, 2557, 2919,
];
/// From here on every value is in the last interval.
const LAST: usize = 2919;

/// For each value in 1/4096 of the step: how many decision levels it has reached.
static INTERVALS: [u8; LAST + 1] = intervals();

#[expect(clippy::indexing_slicing, reason = "a const fn has no iterators; both indices stay below the lengths")]
const fn intervals() -> [u8; LAST + 1] {
    let mut table = [0; LAST + 1];
    let (mut value, mut reached) = (0, 0);
    while value <= LAST {
        if DECISIONS[reached as usize] as usize == value {
            reached += 1;
        }
        table[value] = reached;
        value += 1;
    }
    table
}

/// QM6: what the six bits stand for, in 1/32768 of the step. The four that no encoder sends are read as the smallest.
static SIX_BITS: [i16; 64] = [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576,
    -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040,
    -728, //
    24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944,
    4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
];

/// QM4: what the upper four of the six bits stand for, which is all that predictor and step learn from.
static FOUR_BITS: [i16; 16] =
    [0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0];

/// WL and RL42: how much the step grows by those four bits, in 1/2048 of an octave.
static GROWTH: [i16; 16] = [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60];

impl Low {
    /// The six bits for the next sample.
    #[inline]
    pub(super) fn encode(&mut self, sample: i16) -> u8 {
        let difference = sample.saturating_sub(self.predictor.signal());
        let code = quantized(difference, self.step.size());
        self.learn(code);
        code
    }

    /// The sample that the next six bits stand for.
    #[inline]
    pub(super) fn decode(&mut self, code: u8) -> i16 {
        let sample = self.predictor.signal().saturating_add(self.scaled(entry(&SIX_BITS, code)));
        self.learn(code);
        sample.clamp(-16_384, 16_383)
    }

    #[inline]
    fn learn(&mut self, code: u8) {
        let difference = self.scaled(entry(&FOUR_BITS, code >> 2));
        self.step.adapt(i32::from(entry(&GROWTH, code >> 2)), 18_432, 8);
        self.predictor.learn(difference);
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "less than the step")]
    fn scaled(&self, of_step: i16) -> i16 {
        ((i32::from(self.step.size()) * i32::from(of_step)) >> 15) as i16
    }
}

/// QUANTL: the interval is the number of levels with `(level * step) >> 12 <= magnitude`, which is
/// `level <= (magnitude * 4096 + 4095) / step`. The division is cheaper than the comparisons.
#[inline]
#[expect(clippy::indexing_slicing, reason = "limited to the last entry")]
#[expect(clippy::cast_sign_loss, reason = "a step is positive, and so is a magnitude")]
fn quantized(difference: i16, step: i16) -> u8 {
    let magnitude = (difference ^ (difference >> 15)) as u32;
    let of_step = (magnitude << 12 | 0xFFF) / u32::from((step as u16).max(1));
    let interval = INTERVALS[(of_step as usize).min(LAST)];
    match (difference < 0, interval) {
        (false, _) => 61 - interval,
        (true, 0 | 1) => 63 - interval,
        (true, _) => 33 - interval,
    }
}
