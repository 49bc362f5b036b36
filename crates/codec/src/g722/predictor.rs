//! The adaptive predictor that both bands have: two poles and six zeros, in arithmetic of 16 bits that saturates (G.722
//! §3.6, block 4: RECONS, PARREC, UPPOL1, UPPOL2, UPZERO, DELAYA, FILTEP, FILTEZ, PREDIC).

/// What a band expects next, and what it has learnt that from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Predictor {
    /// The coefficients of the poles, 16384 is 1.
    a1: i16,
    a2: i16,
    /// Twice the last two reconstructed signals.
    r1: i16,
    r2: i16,
    /// The last two partly reconstructed signals: the zeros' part and the difference.
    p1: i16,
    p2: i16,
    /// The coefficients of the zeros, 16384 is 1.
    b: [i16; 6],
    /// Twice the last six quantized differences, the newest first.
    d: [i16; 6],
    /// The zeros' part of what is expected.
    zeros: i16,
    /// What is expected.
    signal: i16,
}

/// 16 bits with saturation.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn saturated(value: i32) -> i16 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

/// The product of two numbers of which one has 15 bits after the point.
#[inline]
fn product(a: i16, b: i16) -> i32 {
    (i32::from(a) * i32::from(b)) >> 15
}

/// `value` with the sign of the product of two numbers, where zero counts as positive. Without a branch, which would be
/// guessed wrong half of the time.
#[inline]
fn signed_as(value: i32, a: i16, b: i16) -> i32 {
    let negative = i32::from((a ^ b) >> 15);
    (value ^ negative) - negative
}

impl Predictor {
    /// What is expected next.
    #[inline]
    pub(super) const fn signal(&self) -> i16 {
        self.signal
    }

    /// Learns from `difference`, the quantized one between the signal and what was expected.
    #[inline]
    pub(super) fn learn(&mut self, difference: i16) {
        let r = self.signal.saturating_add(difference);
        let p = self.zeros.saturating_add(difference);
        self.adapt_poles(p);
        (self.p2, self.p1) = (self.p1, p);
        (self.r2, self.r1) = (self.r1, r.saturating_add(r));
        self.adapt_zeros(difference);
        let poles = saturated(product(self.a1, self.r1) + product(self.a2, self.r2));
        self.signal = poles.saturating_add(self.zeros);
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "clamped to less than 16 bits")]
    fn adapt_poles(&mut self, p: i16) {
        let a1 = i32::from(saturated(i32::from(self.a1) << 2));
        let along = (-signed_as(a1, p, self.p1)).min(32_767) >> 7;
        let a2 = along + signed_as(128, p, self.p2) + product(self.a2, 32_512);
        let a2 = a2.clamp(-12_288, 12_288);
        let limit = 15_360 - a2;
        let a1 = signed_as(192, p, self.p1) + product(self.a1, 32_640);
        (self.a1, self.a2) = (a1.clamp(-limit, limit) as i16, a2 as i16);
    }

    /// Also leaves in `zeros` their part of what is expected next.
    ///
    /// Two saturations of the recommendation are left out, as they never happen: no band's step allows a difference of more
    /// than 10,227, and a coefficient that loses 1/256 each time, rounded down, and moves by 128 stays within 16 bits.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "stays within 16 bits, as said above")]
    fn adapt_zeros(&mut self, difference: i16) {
        let gain = if difference == 0 { 0 } else { 128 };
        let mut sum = 0;
        let mut newer = difference << 1;
        for (b, d) in self.b.iter_mut().zip(&mut self.d) {
            *b = (signed_as(gain, difference, *d) + product(*b, 32_640)) as i16;
            sum += product(*b, newer);
            newer = std::mem::replace(d, newer);
        }
        self.zeros = saturated(sum);
    }
}
