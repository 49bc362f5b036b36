//! The higher band, 4 to 8 kHz, in two bits a sample (G.722 §3.3 to 3.5, blocks 1H to 3H and 5H).

use super::entry;
use super::predictor::Predictor;
use super::step::Step;

/// One direction's state of the higher band.
#[derive(Clone, Debug)]
pub(super) struct High {
    predictor: Predictor,
    step: Step,
}

impl Default for High {
    fn default() -> Self {
        Self { predictor: Predictor::default(), step: Step::smallest(8) }
    }
}

/// The one decision level, in 1/4096 of the step.
const DECISION: i32 = 564;
/// QM2: what the two bits stand for, in 1/32768 of the step.
static TWO_BITS: [i16; 4] = [-7408, -1616, 7408, 1616];
/// WH and RH2: how much the step grows by them, in 1/2048 of an octave.
static GROWTH: [i16; 4] = [798, -214, 798, -214];

impl High {
    /// The two bits for the next sample.
    #[inline]
    pub(super) fn encode(&mut self, sample: i16) -> u8 {
        let difference = sample.saturating_sub(self.predictor.signal());
        let magnitude = i32::from(difference ^ (difference >> 15));
        let small = magnitude < (DECISION * i32::from(self.step.size())) >> 12;
        let code = u8::from(difference >= 0) << 1 | u8::from(small);
        self.decode(code);
        code
    }

    /// The sample that the next two bits stand for.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "less than the step")]
    pub(super) fn decode(&mut self, code: u8) -> i16 {
        let difference = ((i32::from(self.step.size()) * i32::from(entry(&TWO_BITS, code))) >> 15) as i16;
        let sample = self.predictor.signal().saturating_add(difference);
        self.step.adapt(i32::from(entry(&GROWTH, code)), 22_528, 10);
        self.predictor.learn(difference);
        sample.clamp(-16_384, 16_383)
    }
}
