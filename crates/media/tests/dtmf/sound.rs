//! Tones, noise and losses, and what the detector makes of them.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]

use std::f64::consts::TAU;

use warden_codec::g711::Law;
use warden_codec::{Codec, Decoder, Encoder};
use warden_media::dtmf::{Detector, Digit};

/// All digits that have a tone.
pub(crate) const ALL: &str = "1234567890*#ABCD";

/// How a digit sounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tone {
    pub(crate) low_dbm0: f64,
    pub(crate) high_dbm0: f64,
    /// By what part each frequency is off.
    pub(crate) off: [f64; 2],
    pub(crate) length_ms: f64,
    pub(crate) gap_ms: f64,
}

impl Tone {
    pub(crate) const USUAL: Self =
        Self { low_dbm0: -8.0, high_dbm0: -6.0, off: [0.0; 2], length_ms: 80.0, gap_ms: 80.0 };
}

/// A generator of noise that is the same everywhere.
pub(crate) struct Noise(u32);

impl Noise {
    pub(crate) fn new(seed: u32) -> Self {
        Self(seed)
    }

    /// From -1 to 1.
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(self.0 >> 8) / f64::from(1 << 23) - 1.0
    }
}

pub(crate) fn amplitude(dbm0: f64) -> f64 {
    let full_dbm0 = 3.0 + 0.14;
    32_767.0 * 10f64.powf((dbm0 - full_dbm0) / 20.0)
}

/// The digits one after another, with noise of this level.
pub(crate) fn say(digits: &str, rate_hz: u32, tone: Tone, noise_dbm0: Option<f64>, lead: usize) -> Vec<i16> {
    let rate = f64::from(rate_hz);
    let mut samples = vec![0.0; lead];
    for digit in digits.chars() {
        let [low, high] = Digit::from_char(digit).unwrap().frequencies_hz().unwrap();
        let (low, high) = (f64::from(low) * (1.0 + tone.off[0]), f64::from(high) * (1.0 + tone.off[1]));
        let count = |ms: f64| (ms * rate / 1000.0).round() as u32;
        samples.extend((0..count(tone.length_ms)).map(|at| {
            let time = f64::from(at) / rate;
            amplitude(tone.low_dbm0) * (TAU * low * time).sin()
                + amplitude(tone.high_dbm0) * (TAU * high * time + 1.0).sin()
        }));
        samples.extend((0..count(tone.gap_ms)).map(|_| 0.0));
    }
    samples.extend(std::iter::repeat_n(0.0, usize::try_from(rate_hz / 10).unwrap()));
    let mut noise = Noise::new(7);
    // A sine has the power of even noise whose peak is higher by this.
    let peak = noise_dbm0.map_or(0.0, |dbm0| amplitude(dbm0) * 1.5f64.sqrt());
    samples.iter().map(|sample| (sample + peak * noise.next()).round() as i16).collect()
}

/// What is heard, with milliseconds.
pub(crate) fn heard(samples: &[i16], rate_hz: u32) -> Vec<(char, u64)> {
    let (mut detector, mut heard) = (Detector::new(rate_hz), Vec::new());
    let mut told = |digit: Digit, duration: std::time::Duration| {
        heard.push((digit.char(), u64::try_from(duration.as_millis()).unwrap()));
    };
    for chunk in samples.chunks(usize::try_from(rate_hz / 50).unwrap()) {
        detector.hear(chunk, &mut told);
    }
    detector.restart(&mut told);
    heard
}

/// Only the digits.
pub(crate) fn digits(samples: &[i16], rate_hz: u32) -> String {
    heard(samples, rate_hz).into_iter().map(|(digit, _)| digit).collect()
}

/// Through G.711 in packets of 20 ms, of which some are lost and made up.
pub(crate) fn over_a_line(samples: &[i16], loss: f64, seed: u32) -> Vec<i16> {
    let codec = Codec::G711(Law::Pcmu);
    let (mut encoder, mut decoder) = (Encoder::new(codec, 8000).unwrap(), Decoder::new(codec, 8000).unwrap());
    let (mut noise, mut out) = (Noise::new(seed), Vec::new());
    for frame in samples.chunks_exact(160) {
        let (mut payload, mut room) = ([0; 160], [0; 160]);
        encoder.encode(frame, &mut payload).unwrap();
        if noise.next().abs() < loss {
            decoder.conceal(&mut room);
        } else {
            decoder.decode(&payload, &mut room).unwrap();
        }
        out.extend(room);
    }
    out
}

/// How loud sound is, as parts of the largest sample.
pub(crate) fn scaled(samples: &[i16], dbm0: f64) -> Vec<i16> {
    let power = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64;
    let factor = amplitude(dbm0) / 2f64.sqrt() / power.sqrt().max(1.0);
    samples.iter().map(|sample| (f64::from(*sample) * factor).clamp(-32_768.0, 32_767.0) as i16).collect()
}
