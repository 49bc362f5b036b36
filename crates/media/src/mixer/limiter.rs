//! A sum that is too loud is made softer as a whole, so that it neither wraps around nor is clipped.

use super::add;

/// What is louder than this is bent, so that it never reaches the end of the range: 85 % of it.
const KNEE: i32 = 27_852;
const MOST: i32 = 32_767;
/// Gains are fractions of this.
const ONE: i32 = 1 << 15;
/// By so much of what is missing the gain returns in a frame: half in 140 ms.
const RETURN: i32 = 10;

/// One listener's; it remembers how soft it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limiter {
    gain: i32,
}

impl Limiter {
    pub(super) fn new() -> Self {
        Self { gain: ONE }
    }

    /// Writes `sum` to `out` as it can be heard. What is not too loud stays as it is.
    pub(super) fn limit(&mut self, sum: &[i32], out: &mut [i16]) {
        let peak = sum.iter().fold(0, |peak, sample| sample.abs().max(peak));
        let wanted = if peak > KNEE { scaled(ONE, KNEE, peak) } else { ONE };
        let begin = self.gain;
        let back = begin + (ONE - begin) / RETURN;
        self.gain = wanted.min(if ONE - back < 64 { ONE } else { back });
        if begin == ONE && self.gain == ONE {
            return copy(sum, out);
        }
        // Softer within an eighth of the frame, louder over the whole.
        let over = if self.gain < begin { sum.len() / 8 } else { sum.len() };
        for ((at, sample), out) in sum.iter().enumerate().zip(out) {
            let gain = add::between(begin, self.gain, at.min(over), over);
            *out = bend(scaled(*sample, gain, ONE));
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "bent into the range")]
fn bend(sample: i32) -> i16 {
    let above = sample.abs() - KNEE;
    if above <= 0 {
        return sample as i16;
    }
    let room = MOST - KNEE;
    ((KNEE + scaled(above, room, above + room)) * sample.signum()) as i16
}

#[expect(clippy::cast_possible_truncation, reason = "none is louder than the knee")]
fn copy(sum: &[i32], out: &mut [i16]) {
    for (sample, out) in sum.iter().zip(out) {
        *out = *sample as i16;
    }
}

/// `value` times `numerator` by `denominator`, which is not 0.
#[expect(clippy::cast_possible_truncation, reason = "a gain of 1 at most")]
fn scaled(value: i32, numerator: i32, denominator: i32) -> i32 {
    (i64::from(value) * i64::from(numerator) / i64::from(denominator.max(1))) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(limiter: &mut Limiter, amplitude: i32) -> Vec<i16> {
        let sum: Vec<i32> = (0..160).map(|at| if at % 8 < 4 { amplitude } else { -amplitude }).collect();
        let mut out = vec![0; 160];
        limiter.limit(&sum, &mut out);
        out
    }

    #[test]
    fn what_is_not_too_loud_is_not_changed() {
        let out = limited(&mut Limiter::new(), KNEE);
        assert_eq!((out[0], out[4]), (27_852, -27_852));
    }

    #[test]
    fn what_is_too_loud_keeps_its_shape_and_its_sign() {
        let mut limiter = Limiter::new();
        for amplitude in [40_000, 3_276_700, 60_000_000, 28_000] {
            let out = limited(&mut limiter, amplitude);
            assert!(out.iter().enumerate().all(|(at, sample)| (*sample > 0) == (at % 8 < 4)), "{amplitude}");
            assert!(out[40..].iter().all(|sample| sample.unsigned_abs() <= 27_853), "{amplitude}: {:?}", &out[40..60]);
        }
    }

    #[test]
    fn it_becomes_as_loud_as_before_by_and_by() {
        let mut limiter = Limiter::new();
        limited(&mut limiter, 100_000);
        let soft = limited(&mut limiter, 10_000)[0];
        assert!((2500..3500).contains(&soft), "{soft}");
        for _ in 0..100 {
            limited(&mut limiter, 10_000);
        }
        assert_eq!(limited(&mut limiter, 10_000)[0], 10_000);
    }
}
