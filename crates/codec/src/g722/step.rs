//! The size of the quantizer's step, kept as a logarithm to the base 2 (G.722 §3.6: blocks LOGSCL and SCALEL, LOGSCH and
//! SCALEH).

/// One band's step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// In 1/2048 of an octave, above the smallest step.
    log: i32,
    /// The step itself: 32 to 16,384 in the lower band, 8 to 16,384 in the higher one.
    size: i16,
}

/// ILB: 2048 times 2 to the power of n/32.
const POWERS: [u16; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, //
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];

impl Step {
    /// The step that a band begins with, its smallest.
    pub(super) const fn smallest(size: i16) -> Self {
        Self { log: 0, size }
    }

    #[inline]
    pub(super) const fn size(self) -> i16 {
        self.size
    }

    /// Forgets 1/128 of what it has learnt, and adds `weight` of the value just quantized. `highest` is where the logarithm
    /// ends, and `octaves` how many octaves the largest power of the table is above the smallest step.
    #[inline]
    pub(super) fn adapt(&mut self, weight: i32, highest: i32, octaves: i32) {
        self.log = (((self.log * 127) >> 7) + weight).clamp(0, highest);
        self.size = size(self.log, octaves);
    }
}

#[inline]
#[expect(clippy::indexing_slicing, reason = "five bits do not exceed the table")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "five bits; at most 4008 << 3")]
fn size(log: i32, octaves: i32) -> i16 {
    let power = i32::from(POWERS[(log >> 6) as usize & 31]);
    // At most one octave above the table's, by the limits of both bands.
    let below = octaves + 1 - (log >> 11);
    (((power << 1) >> below) << 2) as i16
}
