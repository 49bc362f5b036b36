//! The quadrature mirror filters, which split 16 kHz into two bands of 8 kHz and join them again (G.722 §3.1 and §4.4).

/// Every second of the 24 coefficients; the other half are the same in the other order. 4096 is ½.
const COEFFICIENTS: [i16; TAPS] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
const REVERSED: [i16; TAPS] = [-11, 53, -156, 362, -805, 3876, 951, -210, 32, 12, -11, 3];
const TAPS: usize = 12;
/// What a filter remembers.
const PAST: usize = TAPS - 1;

/// How many pairs of samples are filtered at a time, 20 ms.
pub(super) const PAIRS_AT_ONCE: usize = 160;

/// The samples of one of the two phases, those that are remembered first.
type Line = [i16; PAST + PAIRS_AT_ONCE];

/// Splits a signal into its bands.
#[derive(Clone, Debug, Default)]
pub(super) struct Analysis {
    first: [i16; PAST],
    second: [i16; PAST],
}

/// Joins the bands to a signal.
#[derive(Clone, Debug, Default)]
pub(super) struct Synthesis {
    sums: [i16; PAST],
    differences: [i16; PAST],
}

#[inline]
fn filtered(window: &[i16; TAPS], coefficients: &[i16; TAPS]) -> i32 {
    window
        .iter()
        .zip(coefficients)
        .fold(0, |sum, (&sample, &coefficient)| sum + i32::from(sample) * i32::from(coefficient))
}

/// `past`, then `new`; leaves in `past` what the next call begins with.
#[inline]
fn line(past: &mut [i16; PAST], new: impl Iterator<Item = i16>) -> (Line, usize) {
    let mut line = [0; PAST + PAIRS_AT_ONCE];
    let mut len = PAST;
    let (before, after) = line.split_at_mut(PAST);
    before.copy_from_slice(past);
    for (slot, sample) in after.iter_mut().zip(new) {
        *slot = sample;
        len += 1;
    }
    if let Some(last) = line.get(len - PAST..len) {
        past.copy_from_slice(last);
    }
    (line, len)
}

impl Analysis {
    /// Splits `pairs` into as many pairs of a lower and a higher band; at most [`PAIRS_AT_ONCE`].
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the coefficients add up to 6482, so at most 25,928")]
    pub(super) fn split(&mut self, pairs: &[[i16; 2]], bands: &mut [[i16; 2]]) {
        let (first, _) = line(&mut self.first, pairs.iter().map(|[first, _]| *first));
        let (second, _) = line(&mut self.second, pairs.iter().map(|[_, second]| *second));
        for ((first, second), bands) in first.array_windows().zip(second.array_windows()).zip(bands) {
            let (first, second) = (filtered(first, &COEFFICIENTS), filtered(second, &REVERSED));
            *bands = [second + first, second - first].map(|sum| (sum >> 14) as i16);
        }
    }
}

impl Synthesis {
    /// Joins `bands`, which are 15 bits wide each, into as many `pairs`; at most [`PAIRS_AT_ONCE`].
    #[inline]
    pub(super) fn join(&mut self, bands: impl Iterator<Item = (i16, i16)>, pairs: &mut [[i16; 2]]) {
        let mut sums = [0; PAIRS_AT_ONCE];
        let mut differences = [0; PAIRS_AT_ONCE];
        for (((low, high), sum), difference) in bands.zip(&mut sums).zip(&mut differences) {
            (*sum, *difference) = (low.wrapping_add(high), low.wrapping_sub(high));
        }
        let (sums, _) = line(&mut self.sums, sums.into_iter().take(pairs.len()));
        let (differences, _) = line(&mut self.differences, differences.into_iter().take(pairs.len()));
        for ((sums, differences), pair) in sums.array_windows().zip(differences.array_windows()).zip(pairs) {
            *pair = [filtered(differences, &REVERSED), filtered(sums, &COEFFICIENTS)].map(saturated);
        }
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn saturated(sum: i32) -> i16 {
    (sum >> 11).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}
