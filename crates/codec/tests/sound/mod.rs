//! Sounds to encode, and how loud a pitch is in what comes out.

#![allow(dead_code, reason = "each test program uses a part of it")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]

use std::f64::consts::TAU;

use proptest::prelude::*;

/// A tone that lasts for `count` samples.
pub(crate) fn tone(rate_hz: u32, pitch_hz: f64, amplitude: f64, count: usize) -> Vec<i16> {
    let step = TAU * pitch_hz / f64::from(rate_hz);
    (0..count).map(|at| ((step * at as f64).sin() * amplitude).round() as i16).collect()
}

/// Something like speech: syllables of a voice between 100 and 180 Hz with its overtones, hissing, and pauses.
pub(crate) fn speech(rate_hz: u32, count: usize) -> Vec<i16> {
    let (mut phase, mut noise, mut before) = (0.0, 1_u32, 0.0);
    let sample = |at: usize| {
        let time_s = at as f64 / f64::from(rate_hz);
        let (syllable, place) = ((time_s * 4.0) as u32, (time_s * 4.0).fract());
        phase += TAU * 60.0_f64.mul_add((time_s * 1.3).sin(), 120.0 + 20.0 * place) / f64::from(rate_hz);
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let hiss = f64::from(noise >> 16) / 32_768.0 - 1.0;
        let formants = [(500.0, 900.0), (1500.0, 400.0), (2500.0, 200.0)];
        let voice: f64 = (1..24)
            .map(|overtone| {
                let pitch_hz = 140.0 * f64::from(overtone);
                let strength: f64 =
                    formants.iter().map(|(at_hz, width)| width / (width + f64::abs(pitch_hz - at_hz))).sum();
                strength * (phase * f64::from(overtone)).sin()
            })
            .sum();
        let loudness = (place * std::f64::consts::PI).sin();
        let wanted = match syllable % 5 {
            0 | 1 | 3 => voice * 1500.0 + hiss * 100.0,
            2 => (hiss - before) * 1200.0,
            _ => hiss * 10.0,
        };
        before = hiss;
        (wanted * loudness).clamp(-32_000.0, 32_000.0) as i16
    };
    (0..count).map(sample).collect()
}

/// The amplitude that a pitch has in `samples`.
pub(crate) fn amplitude(rate_hz: u32, pitch_hz: f64, samples: &[i16]) -> f64 {
    let step = TAU * pitch_hz / f64::from(rate_hz);
    let (mut real, mut imaginary, mut total) = (0.0, 0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        // A window keeps strong neighbours out.
        let weight = 0.5 - 0.5 * (TAU * (at as f64 + 0.5) / samples.len() as f64).cos();
        let value = f64::from(*sample) * weight;
        real += value * (step * at as f64).cos();
        imaginary += value * (step * at as f64).sin();
        total += weight;
    }
    2.0 * real.hypot(imaginary) / total
}

/// The root of the mean square.
pub(crate) fn loudness(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (sum / samples.len().max(1) as f64).sqrt()
}

/// What no voice makes: noise, clicks, the loudest that there is.
pub(crate) fn any_sound(len: usize) -> impl Strategy<Value = Vec<i16>> {
    let sample = prop_oneof![any::<i16>(), Just(0), Just(i16::MAX), Just(i16::MIN)];
    (prop::collection::vec(sample, len), 1..200_usize).prop_map(|(samples, hold)| {
        samples.chunks(hold).flat_map(|held| held.iter().map(|_| held.first())).flatten().copied().collect()
    })
}
