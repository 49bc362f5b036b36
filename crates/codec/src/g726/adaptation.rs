//! How large the quantizer's steps are, and how fast that changes: fast for speech, slowly for modems (G.726 §4.2.4 and
//! 4.2.5).

use super::quantizer::Quantized;

/// The step, as a logarithm to the base 2 in 1/512 of an octave, and its speed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adaptation {
    /// What follows fast.
    yu: i32,
    /// What follows slowly, times 64.
    yl: i32,
    /// The mean size of the codes, over a short and over a long time.
    dms: i32,
    dml: i32,
    /// How much the fast one counts: not at all at 0, alone from 256 on.
    ap: i32,
}

impl Default for Adaptation {
    fn default() -> Self {
        Self { yu: 544, yl: 34_816, dms: 0, dml: 0, ap: 0 }
    }
}

impl Adaptation {
    /// The step for the next code (blocks LIMA, MIX).
    #[inline]
    pub(super) const fn step(&self) -> i32 {
        let slow = self.yl >> 6;
        let share = if self.ap >= 256 { 64 } else { self.ap >> 2 };
        slow + (self.yu - slow) * share / 64
    }

    /// Whether `magnitude`, of a difference, shows that a tone has changed (block TRANS). Ask it before learning.
    #[inline]
    pub(super) const fn is_jump(&self, magnitude: u16) -> bool {
        let (octave, fraction) = (self.yl >> 15, self.yl >> 10 & 31);
        let threshold = if octave > 9 { 31 << 10 } else { (32 + fraction) << octave };
        magnitude as i32 > (threshold + (threshold >> 1)) >> 1
    }

    /// Learns from what was quantized at the step `y` (blocks FILTD, LIMB, FILTE, FILTA, FILTB, SUBTC, FILTC, TRIGA).
    #[inline]
    pub(super) fn learn(&mut self, quantized: &Quantized, y: i32, tone: bool, jump: bool) {
        self.yu = (y + (((quantized.step << 5) - y) >> 5)).clamp(544, 5120);
        self.yl += self.yu + (-self.yl >> 6);
        self.dms += ((quantized.size << 9) - self.dms) >> 5;
        self.dml += ((quantized.size << 11) - self.dml) >> 7;
        let unsteady = ((self.dms << 2) - self.dml).abs() >= self.dml >> 3;
        let fast = if y < 1536 || tone || unsteady { 512 } else { 0 };
        self.ap = if jump { 256 } else { self.ap + ((fast - self.ap) >> 4) };
    }
}
