//! The floating point of G.726, in which signals are kept and multiplied: a sign, four bits of exponent and six of mantissa
//! (§4.2.6: blocks FLOATA, FLOATB and FMULT).

/// A signal of 16 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Float {
    negative: bool,
    exponent: u32,
    mantissa: u32,
}

impl Float {
    pub(super) const ZERO: Self = Self { negative: false, exponent: 0, mantissa: 32 };

    /// The magnitude has 15 bits. A zero keeps its sign.
    #[inline]
    pub(super) const fn new(negative: bool, magnitude: u32) -> Self {
        let (exponent, mantissa) = normalized(magnitude & 0x7FFF);
        Self { negative, exponent, mantissa }
    }

    /// The most negative number has no magnitude in 15 bits and becomes zero.
    #[inline]
    pub(super) const fn from_i16(value: i16) -> Self {
        Self::new(value < 0, value.unsigned_abs() as u32)
    }

    #[inline]
    pub(super) const fn is_negative(self) -> bool {
        self.negative
    }

    /// Times a coefficient of which 16384 is 1, in 16 bits; twice what one would expect.
    #[inline]
    pub(super) const fn times(self, coefficient: i16) -> i16 {
        let coarse = coefficient >> 2;
        let (exponent, mantissa) = normalized(coarse.unsigned_abs() as u32 & 0x1FFF);
        let exponent = exponent + self.exponent;
        let mantissa = ((mantissa * self.mantissa + 48) >> 4) << 7;
        let magnitude = if exponent <= 26 { mantissa >> (26 - exponent) } else { mantissa << (exponent - 26) };
        let magnitude = (magnitude & 0x7FFF) as i16;
        if (coefficient < 0) == self.negative { magnitude } else { -magnitude }
    }
}

/// The number of bits of `magnitude`, and its upper six; zero has the mantissa of ½.
#[inline]
const fn normalized(magnitude: u32) -> (u32, u32) {
    let exponent = 32 - magnitude.leading_zeros();
    (exponent, if magnitude == 0 { 32 } else { (magnitude << 6) >> exponent })
}
