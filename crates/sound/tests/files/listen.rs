//! Sound made for tests, and what is heard of it.

#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "some thousand")]

use std::f64::consts::TAU;

use warden_sound::Track;

/// A tone of this amplitude.
pub(crate) fn tone(rate_hz: u32, pitch_hz: f64, level: f64, length: usize) -> Vec<i16> {
    let step = TAU * pitch_hz / f64::from(rate_hz);
    (0..length).map(|at| (level * (step * at as f64).sin()).round() as i16).collect()
}

/// All that is left of a track.
pub(crate) fn read_all(mut track: Track) -> Vec<i16> {
    let (mut all, mut room) = (Vec::new(), vec![0; 1000]);
    loop {
        let count = track.read(&mut room).expect("read");
        if count == 0 {
            return all;
        }
        all.extend_from_slice(&room[..count]);
    }
}

/// Of the tone of this pitch within the samples.
pub(crate) fn amplitude(samples: &[i16], rate_hz: u32, pitch_hz: f64) -> f64 {
    let step = TAU * pitch_hz / f64::from(rate_hz);
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let angle = step * at as f64;
        sine += f64::from(*sample) * angle.sin();
        cosine += f64::from(*sample) * angle.cos();
    }
    2.0 * sine.hypot(cosine) / samples.len() as f64
}

/// The root of the mean square.
pub(crate) fn loudness(samples: &[i16]) -> f64 {
    let power: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (power / samples.len() as f64).sqrt()
}
