//! The pitch of the residual, searched at half the sampling rate (RFC 3951 §4.6.1).
#![expect(clippy::indexing_slicing, reason = "lags and blocks lie within the samples that the enhancer keeps")]

use super::correlate::{correlate, energy};

/// The shortest and the longest lag that is found.
pub(super) const SHORTEST: usize = 20;
pub(super) const LONGEST: usize = 118;

/// Samples of a block at half the rate.
const HALF_BLOCK: usize = 40;
/// Samples before the first block at half the rate.
const HALF_PAST: usize = 60;
/// Samples at half the rate at most, for three blocks.
const MAX_HALF: usize = HALF_PAST + 3 * HALF_BLOCK;
/// The low-pass before every second sample is left out.
const LOW_PASS: [f32; 7] = [-0.066_65, 0.125, 0.316_65, 0.414_063, 0.316_65, 0.125, -0.066_65];
/// Lags that are tried at half the rate.
const LAGS: usize = LONGEST / 2 - SHORTEST / 2 + 1;

/// Samples at half the rate: those of some blocks of 80, and 120 before them.
pub(super) struct Halved {
    samples: [f32; MAX_HALF],
}

impl Halved {
    /// `samples` end with the newest one; the first `blocks * 80 + 120` before that are halved, and 3 more are there.
    pub(super) fn new(samples: &[f32], blocks: usize) -> Self {
        let mut halved = Self { samples: [0.; MAX_HALF] };
        let length = HALF_PAST + blocks * HALF_BLOCK;
        let first = samples.len() - 2 * length;
        for (place, out) in halved.samples[..length].iter_mut().enumerate() {
            let newest = first + 2 * place + 3;
            let taps = LOW_PASS.iter().enumerate();
            *out = taps.fold(0., |sum, (tap, weight)| sum + weight * samples.get(newest - tap).unwrap_or(&0.));
        }
        halved
    }

    /// The lag of a block at the full rate.
    pub(super) fn lag(&self, block: usize) -> usize {
        let start = HALF_PAST + block * HALF_BLOCK;
        let piece = &self.samples[start..start + HALF_BLOCK];
        let past = &self.samples[start - LONGEST / 2..start + HALF_BLOCK - SHORTEST / 2];
        let mut products = [0.; LAGS];
        correlate(piece, past, &mut products);
        let mut best = (SHORTEST / 2, f32::NEG_INFINITY);
        for (lag, product) in (SHORTEST / 2..).zip(products.iter().rev()) {
            let before = &self.samples[start - lag..start - lag + HALF_BLOCK];
            let strength = strength(*product, energy(before));
            if strength > best.1 {
                best = (lag, strength);
            }
        }
        2 * best.0
    }
}

/// How much of a piece another one explains, from their product and the energy of the other one.
pub(super) fn strength(product: f32, energy: f32) -> f32 {
    if product > 0. { product * product / energy } else { 0. }
}
