//! A residual for a frame that is lost (RFC 3951 §4.5): the last pitch periods again, and noise as far as there were none.
#![expect(clippy::indexing_slicing, reason = "lags are 17 to 158, which is less than a frame")]

use super::filter::{FLAT, Lpc};
use super::lpc::widen;
use super::pitch::{LONGEST, SHORTEST};
use super::{MAX_SAMPLES, Mode};

/// Newest samples that are compared with those before them.
const COMPARED: usize = 60;
/// How far the lag may be from the one that the enhancer has found.
const REACH: usize = 3;
/// How far the roots of the filter are drawn in with each frame that fades, so that it does not ring on.
const FADING_CHIRP: f32 = 0.98;
/// Power below which there is only noise: its root is 30.
const QUIET: f32 = 900.;

/// What a concealed frame is made from.
#[derive(Clone, Debug)]
pub(super) struct Concealment {
    residual: [f32; MAX_SAMPLES],
    filter: Lpc,
    /// Frames lost since the last one that came.
    lost: usize,
    pitch: Pitch,
    seed: u32,
}

/// How the residual repeats.
#[derive(Clone, Copy, Debug)]
struct Pitch {
    lag: usize,
    /// 1 if it repeats exactly, 0 if not at all.
    periodicity: f32,
}

impl Concealment {
    pub(super) const fn new() -> Self {
        let pitch = Pitch { lag: LONGEST, periodicity: 0. };
        Self { residual: [0.; MAX_SAMPLES], filter: FLAT, lost: 0, pitch, seed: 777 }
    }

    /// A frame has come.
    pub(super) fn remember(&mut self, residual: &[f32; MAX_SAMPLES], filter: &Lpc) {
        self.residual = *residual;
        self.filter = *filter;
        self.lost = 0;
    }

    /// A frame is lost; `lag` is the pitch of the enhancer's newest samples.
    pub(super) fn conceal(&mut self, mode: Mode, lag: usize) -> ([f32; MAX_SAMPLES], Lpc) {
        self.lost = self.lost.saturating_add(1);
        if self.lost == 1 {
            self.pitch = find_pitch(&self.residual[..mode.samples()], lag);
        }
        let loudness = loudness(self.lost.saturating_mul(mode.samples()));
        self.residual = self.repeat(mode.samples(), loudness);
        if loudness < 1. {
            widen(&mut self.filter, FADING_CHIRP);
        }
        (self.residual, self.filter)
    }

    fn repeat(&mut self, length: usize, loudness: f32) -> [f32; MAX_SAMPLES] {
        // Two periods of a short pitch sound less like a machine than one again and again.
        let lag = if self.pitch.lag < 80 { 2 * self.pitch.lag } else { self.pitch.lag };
        let voiced = ((self.pitch.periodicity.sqrt() - 0.4) / (0.7 - 0.4)).clamp(0., 1.);
        let (mut noise, mut out) = ([0.; MAX_SAMPLES], [0.; MAX_SAMPLES]);
        for now in 0..length {
            let random = self.random_lag();
            noise[now] = back(&noise, &self.residual[..length], now, random);
            let again = back(&out, &self.residual[..length], now, lag);
            let fading = [1., 0.95, 0.9][(now / 80).min(2)];
            out[now] = fading * loudness * (voiced * again + (1. - voiced) * noise[now]);
        }
        let power = out.iter().map(|sample| sample * sample).sum::<f32>();
        #[expect(clippy::cast_precision_loss, reason = "160 or 240")]
        if power < QUIET * length as f32 { noise.map(|sample| loudness * sample) } else { out }
    }

    /// From 50 to 119.
    fn random_lag(&mut self) -> usize {
        self.seed = self.seed.wrapping_mul(69_069).wrapping_add(1) & 0x7FFF_FFFF;
        50 + self.seed as usize % 70
    }
}

/// The sample `lag` before `now` in a frame that is being made after another one.
fn back(frame: &[f32], before: &[f32], now: usize, lag: usize) -> f32 {
    match now.checked_sub(lag) {
        Some(place) => frame[place],
        None => before[before.len() + now - lag],
    }
}

/// What is heard of a frame that ends so many samples after the last one that came: nothing from 160 ms on.
fn loudness(samples: usize) -> f32 {
    match samples {
        0..=320 => 1.,
        321..=640 => 0.9,
        641..=960 => 0.7,
        961..=1280 => 0.5,
        1281.. => 0.,
    }
}

fn find_pitch(residual: &[f32], near: usize) -> Pitch {
    let near = near.clamp(SHORTEST, LONGEST);
    let mut best = Pitch { lag: near - REACH, periodicity: 0. };
    let mut best_strength = f32::NEG_INFINITY;
    for lag in near - REACH..=near + REACH {
        let compared = COMPARED.min(residual.len() - lag);
        let newest = &residual[residual.len() - compared..];
        let before = &residual[residual.len() - compared - lag..][..compared];
        let sums = newest
            .iter()
            .zip(before)
            .fold((0f32, 0f32, 0f32), |(product, old, new), (a, b)| (product + a * b, old + b * b, new + a * a));
        let (product, old, new) = sums;
        let (strength, periodicity) = if old > 0. && new > 0. {
            (product * product / old, product.abs() / (old.sqrt() * new.sqrt()))
        } else {
            (0., 0.)
        };
        if strength > best_strength {
            best = Pitch { lag, periodicity };
            best_strength = strength;
        }
    }
    best
}
