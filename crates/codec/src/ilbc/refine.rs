//! Where a neighbour of a block is, to a quarter of a sample, and what it looks like there (RFC 3951 §4.6.2).
#![expect(clippy::indexing_slicing, reason = "places are checked against the samples that are kept")]

use super::correlate::{correlate, dot};
use super::enhancer::{BLOCK, KEPT};

/// How far from the estimate is searched.
const SLOP: usize = 2;
/// Places that are compared at most.
const PLACES: usize = 2 * SLOP + 1;
/// Steps between two samples.
const STEPS: usize = 4;
/// Taps of a filter that finds values between samples, on each side of the middle one.
const HALF: usize = 3;

/// The filters for a place that is 0 to 3 quarters of a sample later.
static BETWEEN: [[f32; 2 * HALF + 1]; STEPS] = [
    [0., 0., 0., 1., 0., 0., 0.],
    [0.015_625, -0.076_904, 0.288_33, 0.862_061, -0.106_445, 0.018_799, -0.015_625],
    [0.023_682, -0.124_268, 0.601_563, 0.601_563, -0.124_268, 0.023_682, -0.023_682],
    [0.018_799, -0.106_445, 0.862_061, 0.288_33, -0.076_904, 0.015_625, -0.018_799],
];

/// The piece near `estimate` that is most like the block at `center`, and where the search for the next one goes on.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an estimate is between 2 and 558"
)]
pub(super) fn refine(samples: &[f32; KEPT], center: usize, estimate: f32) -> ([f32; BLOCK], f32) {
    let rounded = (estimate - 0.5) as usize;
    let from = rounded.saturating_sub(SLOP);
    let to = (rounded + SLOP).min(KEPT - BLOCK - 1);
    let mut likeness = [0.; PLACES];
    let likeness = &mut likeness[..=to.saturating_sub(from).min(PLACES - 1)];
    correlate(&samples[center..center + BLOCK], &samples[from..], likeness);
    let best = most_alike(likeness);
    let whole = best.div_ceil(STEPS);
    let segment = between(samples, from + whole, whole * STEPS - best);
    (segment, from as f32 + best as f32 / STEPS as f32 + 1.)
}

/// The place with the greatest likeness, in quarters of a sample after the first one.
fn most_alike(likeness: &[f32]) -> usize {
    let mut padded = [0.; PLACES + 2 * SLOP];
    padded[SLOP..SLOP + likeness.len()].copy_from_slice(likeness);
    let mut best = (0, f32::NEG_INFINITY);
    for place in 0..STEPS * likeness.len() {
        let taps = &BETWEEN[place % STEPS][1..=PLACES];
        let around = &padded[place / STEPS..][..PLACES];
        let value = taps.iter().zip(around.iter().rev()).fold(0., |sum, (tap, value)| sum + tap * value);
        if value > best.1 {
            best = (place, value);
        }
    }
    best.0
}

/// The block that begins `quarters` of a sample before `start`. Samples beyond those that are kept count as zeros.
fn between(samples: &[f32; KEPT], start: usize, quarters: usize) -> [f32; BLOCK] {
    let mut padded = [0.; BLOCK + 2 * HALF];
    let missing = HALF.saturating_sub(start);
    let first = start.saturating_sub(HALF);
    let end = (start + BLOCK + HALF).min(KEPT);
    padded[missing..missing + end - first].copy_from_slice(&samples[first..end]);
    std::array::from_fn(|place| dot(&padded[place..], &BETWEEN[quarters]))
}
