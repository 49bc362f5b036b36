//! Sums of what several say, each at a gain that may change over a frame.

/// Gains are fractions of this.
pub(super) const UNITY: i32 = 1 << 12;

/// From one gain to another over the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gain {
    pub(super) from: i32,
    pub(super) to: i32,
}

/// From `from` to `to`, `part` of `whole` of the way.
#[inline]
pub(super) fn between(from: i32, to: i32, part: usize, whole: usize) -> i32 {
    let [part, whole] = [part, whole].map(|count| i32::try_from(count).unwrap_or(i32::MAX));
    from + (to - from) * part / whole.max(1)
}

/// Adds what one says to the sum of all.
pub(super) fn add(sum: &mut [i32], said: &[i16], gain: Gain) {
    each(sum, said, gain, |sum, sample| sum + sample);
}

/// What is left of the sum without what one says, exactly.
pub(super) fn without(sum: &[i32], said: &[i16], gain: Gain, rest: &mut [i32]) {
    rest.copy_from_slice(sum);
    each(rest, said, gain, |sum, sample| sum - sample);
}

#[inline]
fn each(sum: &mut [i32], said: &[i16], gain: Gain, with: impl Fn(i32, i32) -> i32) {
    let Gain { from, to } = gain;
    if (from, to) == (UNITY, UNITY) {
        sum.iter_mut().zip(said).for_each(|(sum, said)| *sum = with(*sum, i32::from(*said)));
    } else if from == to {
        sum.iter_mut().zip(said).for_each(|(sum, said)| *sum = with(*sum, (i32::from(*said) * to) >> 12));
    } else {
        let whole = said.len();
        for ((at, sum), said) in sum.iter_mut().enumerate().zip(said) {
            *sum = with(*sum, (i32::from(*said) * between(from, to, at, whole)) >> 12);
        }
    }
}
