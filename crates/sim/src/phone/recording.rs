//! What a phone hears, sample by sample, and which tones that is.

use std::f64::consts::TAU;

/// Samples of 100 ms at 8 kHz: in a shorter time 425 and 440 Hz are the same.
const WINDOW: usize = 800;
/// The frequencies that are told apart, all that ringing and busy tones are made of.
const FREQUENCIES_HZ: [u16; 7] = [400, 425, 440, 450, 480, 620, 1000];
/// A sine with a smaller amplitude is silence.
const SILENCE: f64 = 100.0;
/// The longest gap that is filled with silence: 10 s.
const MAX_GAP: u32 = 80_000;

/// A stretch of time in which the same frequencies sound, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sounding {
    /// In Hz, rising; empty for silence, and for sound that is no tone.
    pub frequencies_hz: Vec<u16>,
    /// In steps of 100 ms.
    pub lasting_ms: usize,
}

#[derive(Default)]
pub(super) struct Recording {
    samples: Vec<i16>,
    next_timestamp: Option<u32>,
}

impl Recording {
    /// Takes the samples of a packet that has come in order; the time before it in which nothing was sent is silence.
    pub(super) fn take(&mut self, timestamp: u32, clock_rate_hz: u32, samples: &[i16]) {
        let ticks_per_sample = (clock_rate_hz / 8000).max(1);
        let gap = self.next_timestamp.map_or(0, |next| timestamp.wrapping_sub(next)) / ticks_per_sample;
        let silence = if gap < MAX_GAP { gap } else { 0 };
        self.samples.extend((0..silence).map(|_| 0));
        self.samples.extend(samples);
        let length = u32::try_from(samples.len()).unwrap_or_default() * ticks_per_sample;
        self.next_timestamp = Some(timestamp.wrapping_add(length));
    }

    /// What sounded, one after another.
    pub(super) fn soundings(&self) -> Vec<Sounding> {
        let mut soundings: Vec<Sounding> = Vec::new();
        for window in self.samples.chunks_exact(WINDOW) {
            let frequencies_hz = frequencies(window);
            match soundings.last_mut().filter(|last| last.frequencies_hz == frequencies_hz) {
                Some(last) => last.lasting_ms += 100,
                None => soundings.push(Sounding { frequencies_hz, lasting_ms: 100 }),
            }
        }
        soundings
    }
}

/// Those that are at least half as strong as the strongest.
fn frequencies(window: &[i16]) -> Vec<u16> {
    let amplitudes = FREQUENCIES_HZ.map(|frequency| amplitude(window, frequency));
    let least = amplitudes.iter().fold(2.0 * SILENCE, |most, it| it.max(most)) / 2.0;
    let strong = FREQUENCIES_HZ.into_iter().zip(amplitudes).filter(|(_, amplitude)| *amplitude >= least);
    strong.map(|(frequency, _)| frequency).collect()
}

/// The amplitude of a sine, by correlation with it.
fn amplitude(window: &[i16], frequency_hz: u16) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in (0u32..).zip(window) {
        let phase = TAU * f64::from(frequency_hz) * f64::from(n) / 8000.0;
        re += f64::from(*sample) * phase.cos();
        im += f64::from(*sample) * phase.sin();
    }
    re.hypot(im) / f64::from(u32::try_from(window.len()).unwrap_or(1)) * 2.0
}
