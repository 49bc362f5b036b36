//! How a tone sounds that has come through.

use std::f64::consts::TAU;

/// Of the tones that are sent.
pub(crate) const AMPLITUDE: f64 = 6000.0;

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

pub(crate) fn tone(rate_hz: u32, hz: f64, ms: u32) -> Vec<i16> {
    let step = TAU * hz / f64::from(rate_hz);
    #[expect(clippy::cast_possible_truncation, reason = "the amplitude is small")]
    let sample = |n: u32| (AMPLITUDE * (step * f64::from(n)).sin()) as i16;
    (0..rate_hz / 1000 * ms).map(sample).collect()
}

/// Tones of half a second, one after another, without a break in phase.
pub(crate) const SWEEP_HZ: [u16; 6] = [350, 520, 800, 1250, 1900, 2900];

pub(crate) fn sweep(rate_hz: u32) -> Vec<i16> {
    let mut phase = 0.0_f64;
    let mut samples = Vec::new();
    for hz in SWEEP_HZ {
        for _ in 0..rate_hz / 2 {
            phase += TAU * f64::from(hz) / f64::from(rate_hz);
            #[expect(clippy::cast_possible_truncation, reason = "the amplitude is small")]
            samples.push((AMPLITUDE * phase.sin()) as i16);
        }
    }
    samples
}

/// The amplitude of one frequency, in parts of 25 ms: periods that are left out shift its phase.
pub(crate) fn amplitude(samples: &[i16], hz: f64, rate_hz: u32) -> f64 {
    let part = usize::try_from(rate_hz / 40).unwrap();
    let parts = samples.chunks_exact(part);
    let count = number(parts.len());
    let sum: f64 = parts.map(|part| amplitude_of(part, hz, rate_hz)).sum();
    sum / count
}

fn amplitude_of(samples: &[i16], hz: f64, rate_hz: u32) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in (0u32..).zip(samples) {
        let phase = TAU * hz * f64::from(n) / f64::from(rate_hz);
        re += f64::from(*sample) * phase.cos();
        im += f64::from(*sample) * phase.sin();
    }
    2.0 * re.hypot(im) / number(samples.len())
}

pub(crate) fn root_mean_square(samples: &[i16]) -> f64 {
    (samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / number(samples.len())).sqrt()
}

/// How often the curve bends more than a tone of `hz` with this amplitude can, twice over.
pub(crate) fn clicks(samples: &[i16], hz: f64, rate_hz: u32) -> usize {
    let own = 2.0 * AMPLITUDE * (1.0 - (TAU * hz / f64::from(rate_hz)).cos());
    let limit = 2.0 * own + AMPLITUDE / 2.0;
    let bends = samples.windows(3).map(|w| (f64::from(w[0]) - 2.0 * f64::from(w[1]) + f64::from(w[2])).abs());
    bends.filter(|bend| *bend > limit).count()
}
