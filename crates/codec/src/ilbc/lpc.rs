//! The analysis of speech: prediction filters as LSFs, one set for each 20 ms or two for 30 (RFC 3951 §3.2).
#![expect(clippy::indexing_slicing, reason = "every length is that of the windows or of the filter")]

use super::correlate::correlate;
use super::filter::{FLAT, Lpc, ORDER};
use super::lsf::{self, Lsf};
use super::windows::{ASYMMETRIC, LAG, SYMMETRIC_HALF};
use super::{MAX_SAMPLES, Mode};

/// Samples of a window.
const WINDOW: usize = 240;
/// Samples that are looked back at from the beginning of a frame of 30 ms.
const LOOK_BACK: usize = 60;
/// How far the roots of the filter are drawn in.
const CHIRP: f32 = 0.9025;
/// Energy of silence.
const SILENCE: f32 = 2.220_446e-16;

/// The newest 300 samples.
#[derive(Clone, Debug)]
pub(super) struct Analyzer([f32; LOOK_BACK + MAX_SAMPLES]);

impl Analyzer {
    pub(super) const fn new() -> Self {
        Self([0.; LOOK_BACK + MAX_SAMPLES])
    }

    /// The LSFs of the next frame: one set for 20 ms, and zeros after it; two for 30 ms.
    pub(super) fn analyze(&mut self, mode: Mode, speech: &[f32]) -> [Lsf; 2] {
        self.0.copy_within(speech.len().., 0);
        let kept = self.0.len() - speech.len();
        self.0[kept..].copy_from_slice(speech);
        let newest = envelope(&self.0[LOOK_BACK..], ASYMMETRIC.iter());
        match mode {
            Mode::Ms20 => [newest, [0.; ORDER]],
            Mode::Ms30 => {
                let symmetric = SYMMETRIC_HALF.iter().chain(SYMMETRIC_HALF.iter().rev());
                [envelope(&self.0[..WINDOW], symmetric), newest]
            }
        }
    }
}

fn envelope<'a>(speech: &[f32], window: impl Iterator<Item = &'a f32>) -> Lsf {
    let mut windowed = [0.; WINDOW + ORDER];
    for ((out, sample), weight) in windowed.iter_mut().zip(speech).zip(window) {
        *out = sample * weight;
    }
    let mut correlations = [0.; ORDER + 1];
    correlate(&windowed[..WINDOW], &windowed, &mut correlations);
    correlations.iter_mut().zip(&LAG).for_each(|(correlation, weight)| *correlation *= weight);
    let mut filter = predict(&correlations);
    widen(&mut filter, CHIRP);
    lsf::from_lpc(&filter)
}

/// The best prediction by the Levinson-Durbin recursion.
fn predict(correlations: &[f32; ORDER + 1]) -> Lpc {
    let mut filter = FLAT;
    let mut error = correlations[0];
    if error < SILENCE {
        return filter;
    }
    for order in 1..=ORDER {
        let shorter = filter;
        let sum = (1..order).fold(correlations[order], |sum, k| sum + shorter[k] * correlations[order - k]);
        let reflection = -sum / error;
        error += reflection * sum;
        for k in 1..order {
            filter[k] = shorter[k] + reflection * shorter[order - k];
        }
        filter[order] = reflection;
    }
    filter
}

/// Draws the roots of a filter in, which widens its peaks.
pub(super) fn widen(filter: &mut Lpc, chirp: f32) {
    let mut factor = 1.;
    for coefficient in filter {
        *coefficient *= factor;
        factor *= chirp;
    }
}
