//! The adaptive predictor: two poles and six zeros (G.726 §4.2.6).

use super::float::Float;
use super::quantizer::Quantized;

/// What has been learnt of the signal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Predictor {
    /// The coefficients of the poles, 16384 is 1.
    a1: i16,
    a2: i16,
    /// The coefficients of the zeros, 16384 is 1.
    b: [i16; 6],
    /// The last two reconstructed signals.
    sr: [Float; 2],
    /// The last six quantized differences, the newest first.
    dq: [Float; 6],
    /// Whether the last two sums of the zeros' part and the difference were negative.
    pk: [bool; 2],
    /// Whether this is a tone, or nearly one.
    tone: bool,
}

/// What is expected next; both parts have 15 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    /// By the zeros alone.
    pub(super) zeros: i16,
    /// By all.
    pub(super) signal: i16,
}

impl Default for Predictor {
    fn default() -> Self {
        let (sr, dq) = ([Float::ZERO; 2], [Float::ZERO; 6]);
        Self { a1: 0, a2: 0, b: [0; 6], sr, dq, pk: [false; 2], tone: false }
    }
}

impl Predictor {
    #[inline]
    pub(super) const fn is_tone(&self) -> bool {
        self.tone
    }

    /// Blocks FMULT and ACCUM.
    #[inline]
    pub(super) fn expected(&self) -> Expected {
        let products = self.b.iter().zip(&self.dq).map(|(&b, dq)| dq.times(b));
        let zeros = products.fold(0, i16::wrapping_add);
        let [sr1, sr2] = self.sr;
        let signal = zeros.wrapping_add(sr1.times(self.a1)).wrapping_add(sr2.times(self.a2));
        Expected { zeros: zeros >> 1, signal: signal >> 1 }
    }

    /// Learns from what was `quantized` where this was `expected`, and from the signal made of both. A `jump` forgets all
    /// coefficients (block TRIGB).
    #[inline]
    pub(super) fn learn(&mut self, quantized: &Quantized, expected: Expected, signal: i16, jump: bool) {
        let partly = quantized.signed().wrapping_add(expected.zeros);
        let (newest, [pk1, pk2]) = (partly < 0, self.pk);
        if jump {
            (self.a1, self.a2, self.b) = (0, 0, [0; 6]);
        } else {
            let along = if partly == 0 { None } else { Some((newest == pk1, newest == pk2)) };
            self.adapt_poles(along);
            self.adapt_zeros(quantized);
        }
        self.tone = !jump && self.a2 < -11_776;
        self.pk = [newest, pk1];
        self.sr = [Float::from_i16(signal), self.sr[0]];
        let [dq1, dq2, dq3, dq4, dq5, _] = self.dq;
        self.dq = [Float::new(quantized.negative, u32::from(quantized.magnitude)), dq1, dq2, dq3, dq4, dq5];
    }

    /// Blocks UPA1, LIMD, UPA2 and LIMC. `along` says whether the sign is that of the last one and of the one before; it is
    /// `None` for nothing.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "limited to 15 bits")]
    fn adapt_poles(&mut self, along: Option<(bool, bool)>) {
        let (mut a1, mut a2) = (i32::from(self.a1), i32::from(self.a2));
        a2 -= a2 >> 7;
        if let Some((last, before)) = along {
            let turn = if last { -a1 } else { a1 };
            a2 += (turn >> 5).clamp(-256, 255);
            a2 += if before { 128 } else { -128 };
        }
        a2 = a2.clamp(-12_288, 12_288);
        a1 -= a1 >> 8;
        a1 += along.map_or(0, |(last, _)| if last { 192 } else { -192 });
        let limit = 15_360 - a2;
        (self.a1, self.a2) = (a1.clamp(-limit, limit) as i16, a2 as i16);
    }

    /// Block UPB.
    #[inline]
    fn adapt_zeros(&mut self, quantized: &Quantized) {
        for (b, dq) in self.b.iter_mut().zip(&self.dq) {
            let gain = match (quantized.magnitude, quantized.negative == dq.is_negative()) {
                (0, _) => 0,
                (_, true) => 128,
                (_, false) => -128,
            };
            *b = b.wrapping_sub(*b >> quantized.leak).wrapping_add(gain);
        }
    }
}
