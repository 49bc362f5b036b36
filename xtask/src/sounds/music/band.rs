//! Plays a piece, and brings it to the loudness of the telephone.

use super::chord::Chord;
use super::noise::Noise;
use super::pieces::{Part, Piece, Stroke};
use super::room;
use super::score::frequency_hz;
use super::tape::Tape;
use super::voice::{self, RATE_HZ};

/// A telephone's speech is about as loud; in decibels below the loudest that can be.
const LOUDNESS_DB: f64 = -21.0;
/// Nothing is louder.
const PEAK_DB: f64 = -8.0;

/// The samples of a piece.
pub(super) fn play(piece: &Piece) -> Vec<i16> {
    let length = (piece.beats() * piece.beat_s() * RATE_HZ).round() as usize;
    let (mut dry, mut to_room) = (Tape::new(length), Tape::new(length));
    let mut noise = Noise::new(piece.seed);
    for part in &piece.parts {
        let mut track = Tape::new(length);
        play_part(part, piece, &mut track, &mut noise);
        dry.add_all(&track.samples, part.level);
        to_room.add_all(&track.samples, part.level * part.in_room);
    }
    dry.add_all(&room::reverberate(&to_room.samples), 1.0);
    mastered(&dry.samples)
}

fn play_part(part: &Part, piece: &Piece, track: &mut Tape, noise: &mut Noise) {
    for note in &part.notes {
        // Nobody plays like a clock.
        let at = note.at * piece.beat_s() + 0.007 * noise.next();
        let strength = note.strength * (1.0 + 0.09 * noise.next());
        let sound = part.voice.play(frequency_hz(note.pitch), note.beats * piece.beat_s(), strength, noise);
        track.add((at * RATE_HZ) as i64, &sound, 1.0);
    }
    for Stroke { at, beats, is_tap, strength } in &part.strokes {
        let at = at * piece.beat_s() + 0.004 * noise.next();
        let sound = voice::brush(beats * piece.beat_s(), *is_tap, strength * (1.0 + 0.12 * noise.next()), noise);
        track.add((at * RATE_HZ) as i64, &sound, 1.0);
    }
}

/// The chord of each bar, for the parts that follow it.
pub(super) fn chords(text: &str) -> Vec<Vec<Chord>> {
    let bars = text.split('|').map(str::trim).filter(|bar| !bar.is_empty());
    bars.map(|bar| bar.split_whitespace().filter_map(Chord::named).collect()).collect()
}

fn mastered(samples: &[f64]) -> Vec<i16> {
    let shaped = without_rumble(samples);
    let mut gain = 1.0;
    let peak = decibels(PEAK_DB);
    // The louder it is made, the more is rounded off: after a few rounds it is as loud as it should be.
    for _ in 0..8 {
        gain *= decibels(LOUDNESS_DB) / loudness(shaped.iter().map(|sample| rounded_off(gain * sample, peak)));
    }
    shaped.iter().map(|sample| (rounded_off(gain * sample, peak) * 32_768.0) as i16).collect()
}

fn decibels(level: f64) -> f64 {
    10_f64.powf(level / 20.0)
}

fn loudness(samples: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = samples.len() as f64;
    (samples.map(|sample| sample * sample).sum::<f64>() / count).sqrt()
}

/// As it is below half of `most`, never above it, and without a corner in between.
fn rounded_off(sample: f64, most: f64) -> f64 {
    let half = most / 2.0;
    if sample.abs() <= half { sample } else { sample.signum() * (half + half * ((sample.abs() - half) / half).tanh()) }
}

/// Takes away what no telephone lets through and only costs loudness: what is below 160 Hz, and the sharpest highs.
/// The filter goes round the ring twice, so there is no step at the seam.
fn without_rumble(samples: &[f64]) -> Vec<f64> {
    let below = (-std::f64::consts::TAU * 160.0 / RATE_HZ).exp();
    let (mut rumble, mut deeper, mut soft) = (0.0, 0.0, 0.0);
    let mut shaped = vec![0.0; samples.len()];
    for _ in 0..2 {
        for (sample, out) in samples.iter().zip(&mut shaped) {
            rumble += (1.0 - below) * (sample - rumble);
            let high = sample - rumble;
            deeper += (1.0 - below) * (high - deeper);
            soft += 0.8 * (high - deeper - soft);
            *out = soft;
        }
    }
    shaped
}
