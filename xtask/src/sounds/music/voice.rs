//! The instruments.

use std::f64::consts::TAU;

use super::noise::Noise;

/// Of everything that is played.
pub(super) const RATE_HZ: f64 = 16_000.0;

/// What a note is played on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    /// A plucked string of nylon.
    Guitar,
    /// A harp: lighter, and longer.
    Harp,
    /// An electric piano.
    Piano,
    /// Small bells, far away.
    Bells,
    /// Strings that come and go slowly.
    Strings,
    /// A bass that is felt by its overtones, since the telephone has no low tones.
    Bass,
}

impl Voice {
    /// A note that is held for so long and then dies away.
    pub(super) fn play(self, pitch_hz: f64, held_s: f64, strength: f64, noise: &mut Noise) -> Vec<f64> {
        match self {
            Self::Guitar => pluck(pitch_hz, held_s + 0.5, 1.5, 0.42 + 0.25 * strength, strength, noise),
            Self::Harp => pluck(pitch_hz, held_s + 1.2, 2.4, 0.30 + 0.25 * strength, strength, noise),
            Self::Piano => piano(pitch_hz, held_s, strength),
            Self::Bells => bells(pitch_hz, strength),
            Self::Strings => strings(pitch_hz, held_s, strength),
            Self::Bass => bass(pitch_hz, held_s, strength),
        }
    }
}

fn samples(seconds: f64) -> usize {
    (seconds * RATE_HZ) as usize
}

/// The string of Karplus and Strong: a burst of noise goes round in a loop that takes a little off its brightness.
fn pluck(pitch_hz: f64, lasts_s: f64, decay_s: f64, brightness: f64, strength: f64, noise: &mut Noise) -> Vec<f64> {
    let period = RATE_HZ / pitch_hz - 0.5; // the mean of two samples is half a sample late
    let length = period as usize + 2;
    let mut burst = vec![0.0; length];
    let mut soft = 0.0;
    for sample in &mut burst {
        soft += brightness * (noise.next() - soft);
        *sample = soft;
    }
    // Plucked at a seventh of its length, the string lacks the seventh overtone.
    let place = (period / 7.0) as usize + 1;
    let mut string: Vec<f64> = (0..length).map(|at| burst[at] - 0.8 * burst[(at + length - place) % length]).collect();
    let loudest = string.iter().fold(1e-9_f64, |most, sample| most.max(sample.abs()));
    let per_round = 0.001_f64.powf(1.0 / (decay_s * pitch_hz.max(180.0) * 1.3));
    let total = samples(lasts_s);
    let (fraction, mut at, mut before) = (period.fract(), 0, 0.0);
    let mut sound = Vec::with_capacity(total);
    for place in 0..total {
        let read = |back: usize| string[(at + 2 * length - back) % length];
        let (near, far) = (read(period as usize), read(period as usize + 1));
        let late = near + fraction * (far - near);
        let fresh = if place < length { string[at] } else { per_round * (0.5 * late + 0.5 * before) };
        before = late;
        string[at] = fresh;
        at = (at + 1) % length;
        sound.push(fresh / loudest * strength * ending(place, total, 0.15));
    }
    smooth(&mut sound, 0.75);
    sound
}

/// Two sines of which one bends the other, the less the longer the note sounds; a third for the hammer.
fn piano(pitch_hz: f64, held_s: f64, strength: f64) -> Vec<f64> {
    let total = samples((held_s + 0.9).min(4.0));
    let decay_s = 1.9 * (300.0 / pitch_hz).sqrt().min(1.4);
    (0..total)
        .map(|place| {
            let time = place as f64 / RATE_HZ;
            let angle = TAU * pitch_hz * time;
            let bend = (0.35 + 0.9 * strength) * (-time / 0.55).exp() * angle.sin();
            let hammer = 0.10 * strength * (-time / 0.045).exp() * (4.0 * angle).sin();
            let body = (angle + bend).sin() + 0.22 * (2.0 * angle).sin() * (-time / 0.8).exp();
            let attack = (time / 0.004).min(1.0);
            0.8 * strength
                * attack
                * (body + hammer)
                * (-time / decay_s).exp()
                * released(time, held_s, 0.35)
                * ending(place, total, 0.1)
        })
        .collect()
}

fn bells(pitch_hz: f64, strength: f64) -> Vec<f64> {
    let total = samples(3.0);
    (0..total)
        .map(|place| {
            let time = place as f64 / RATE_HZ;
            let angle = TAU * pitch_hz * time;
            let tone = angle.sin() * (-time / 1.1).exp()
                + 0.28 * (2.0 * angle + 0.5 * (3.0 * angle).sin() * (-time / 0.12).exp()).sin() * (-time / 0.5).exp();
            0.7 * strength * (time / 0.006).min(1.0) * tone * ending(place, total, 0.3)
        })
        .collect()
}

/// Three players who are not quite of one mind.
fn strings(pitch_hz: f64, held_s: f64, strength: f64) -> Vec<f64> {
    let (attack_s, release_s) = (0.5_f64.min(held_s / 2.0), 0.9);
    let total = samples(held_s + release_s);
    let players = [(0.9985, 0.0), (1.0, 2.1), (1.0017, 4.0)];
    (0..total)
        .map(|place| {
            let time = place as f64 / RATE_HZ;
            let tone: f64 = players
                .iter()
                .map(|(detuned, phase)| {
                    let angle = TAU * pitch_hz * detuned * time + phase;
                    angle.sin() + 0.42 * (2.0 * angle).sin() + 0.2 * (3.0 * angle).sin() + 0.09 * (4.0 * angle).sin()
                })
                .sum();
            let rising = (time / attack_s).min(1.0);
            let falling = (1.0 - (time - held_s).max(0.0) / release_s).max(0.0);
            0.25 * strength * tone * (rising * rising * (3.0 - 2.0 * rising)) * falling * falling
        })
        .collect()
}

fn bass(pitch_hz: f64, held_s: f64, strength: f64) -> Vec<f64> {
    let total = samples(held_s + 0.25);
    let overtones =
        [(1.0, 0.8, 1.4), (2.0, 0.6, 0.9), (3.0, 0.5, 0.6), (4.0, 0.3, 0.4), (5.0, 0.16, 0.25), (6.0, 0.08, 0.15)];
    (0..total)
        .map(|place| {
            let time = place as f64 / RATE_HZ;
            let tone: f64 = overtones
                .iter()
                .map(|(times, level, decay_s)| level * (TAU * pitch_hz * times * time).sin() * (-time / decay_s).exp())
                .sum();
            0.6 * strength * (time / 0.012).min(1.0) * tone * released(time, held_s, 0.12) * ending(place, total, 0.05)
        })
        .collect()
}

/// A brush on a drum: a tap, or a sweep that swells and fades.
pub(super) fn brush(lasts_s: f64, is_tap: bool, strength: f64, noise: &mut Noise) -> Vec<f64> {
    let total = samples(lasts_s);
    let (mut low, mut band) = (0.0, 0.0);
    (0..total)
        .map(|place| {
            let part = place as f64 / total as f64;
            // A filter that lets through what is around 1.8 kHz.
            low += 0.62 * band;
            band += 0.62 * (noise.next() - low - 0.9 * band);
            let shape = if is_tap { (-part * 6.0).exp() } else { (std::f64::consts::PI * part).sin().powi(2) };
            strength * shape * band * (place as f64 / 30.0).min(1.0)
        })
        .collect()
}

/// Down to nothing at the end, whatever is left.
fn ending(place: usize, total: usize, over_s: f64) -> f64 {
    ((total - place) as f64 / (over_s * RATE_HZ)).min(1.0)
}

/// From when the key is let go.
fn released(time: f64, held_s: f64, over_s: f64) -> f64 {
    (-(time - held_s).max(0.0) / over_s).exp()
}

/// Takes the edge off.
fn smooth(sound: &mut [f64], keeps: f64) {
    let mut before = 0.0;
    for sample in sound {
        before += keeps * (*sample - before);
        *sample = before;
    }
}
