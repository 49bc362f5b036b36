//! What encoder and decoder have in common, which is nearly all: the one contains the other.

use super::adaptation::Adaptation;
use super::predictor::{Expected, Predictor};
use super::quantizer::Quantizer;

/// One direction's state.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    predictor: Predictor,
    adaptation: Adaptation,
}

impl State {
    /// The code for the next sample.
    #[inline]
    pub(super) fn encode(&mut self, tables: &Quantizer, sample: i16) -> u8 {
        let (expected, y) = (self.predictor.expected(), self.adaptation.step());
        let code = tables.code(i32::from(sample >> 2) - i32::from(expected.signal), y);
        self.learn(tables, code, expected, y);
        code
    }

    /// The sample that the next code stands for.
    #[inline]
    pub(super) fn decode(&mut self, tables: &Quantizer, code: u8) -> i16 {
        let (expected, y) = (self.predictor.expected(), self.adaptation.step());
        self.learn(tables, code, expected, y).clamp(-8192, 8191) << 2
    }

    /// Gives the reconstructed signal.
    #[inline]
    fn learn(&mut self, tables: &Quantizer, code: u8, expected: Expected, y: i32) -> i16 {
        let quantized = tables.quantized(code, y);
        let signal = expected.signal.wrapping_add(quantized.signed()); // modulo 65536 (block ADDB), as all sums are
        let jump = self.predictor.is_tone() && self.adaptation.is_jump(quantized.magnitude);
        self.predictor.learn(&quantized, expected, signal, jump);
        self.adaptation.learn(&quantized, y, self.predictor.is_tone(), jump);
        signal
    }
}
