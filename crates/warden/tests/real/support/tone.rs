//! Sine tones: each phone says one of its own, so that who hears whom can be told by frequency.

use std::f64::consts::TAU;
use std::fs;
use std::path::Path;

/// Samples per second of what a phone says.
const RATE_HZ: u32 = 8000;
/// How much of the power has to be the tone, for there to be nothing else.
const ONLY: f64 = 0.9;
/// Root mean square of a sample: a tone is above the first, silence is below the second.
const LOUD: f64 = 1000.0;
const QUIET: f64 = 50.0;

/// Sound of one channel.
pub(crate) struct Sound {
    pub(crate) rate_hz: u32,
    pub(crate) samples: Vec<i16>,
}

impl Sound {
    /// A sine tone, neither loud nor quiet.
    #[expect(clippy::cast_possible_truncation, reason = "a sine of 9000 is far below the limit of a sample")]
    pub(crate) fn tone(hz: u32, seconds: u32) -> Self {
        let step = TAU * f64::from(hz) / f64::from(RATE_HZ);
        let samples = (0..RATE_HZ * seconds).map(|at| (9000.0 * (step * f64::from(at)).sin()) as i16);
        Self { rate_hz: RATE_HZ, samples: samples.collect() }
    }

    /// Whether this is the tone `hz` and nothing else.
    pub(crate) fn is_only(&self, hz: u32) -> bool {
        let total: f64 = self.samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
        let in_tone: f64 = self.blocks().map(|block| power_at(block, hz, self.rate_hz)).sum();
        root_mean_square(&self.samples) > LOUD && in_tone > ONLY * total
    }

    /// Whether nothing can be heard at any moment.
    pub(crate) fn is_silent(&self) -> bool {
        self.blocks().all(|block| root_mean_square(block) < QUIET)
    }

    /// Pieces of 50 ms, so that a jump between two packets spoils one of them only.
    fn blocks(&self) -> impl Iterator<Item = &[i16]> {
        self.samples.chunks(self.rate_hz as usize / 20)
    }

    /// Writes a WAV file.
    pub(crate) fn write(&self, path: &Path) {
        let data = self.samples.iter().flat_map(|sample| sample.to_le_bytes());
        let size = u32::try_from(2 * self.samples.len()).unwrap();
        let mut bytes = b"RIFF".to_vec();
        bytes.extend((36 + size).to_le_bytes());
        bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0"); // 16 bytes of format: PCM, one channel
        bytes.extend(self.rate_hz.to_le_bytes());
        bytes.extend((2 * self.rate_hz).to_le_bytes());
        bytes.extend(b"\x02\0\x10\0data"); // two bytes, 16 bits a sample
        bytes.extend(size.to_le_bytes());
        bytes.extend(data);
        fs::write(path, bytes).unwrap();
    }
}

fn root_mean_square(samples: &[i16]) -> f64 {
    let total: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    (total / count(samples).max(1.0)).sqrt()
}

/// The part of the sum of squares that a sine of `hz` makes up (Goertzel's algorithm).
fn power_at(samples: &[i16], hz: u32, rate_hz: u32) -> f64 {
    let twice_cosine = 2.0 * (TAU * f64::from(hz) / f64::from(rate_hz)).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in samples {
        (last, before) = (f64::from(sample) + twice_cosine * last - before, last);
    }
    let squared = last * last + before * before - twice_cosine * last * before;
    2.0 * squared / count(samples)
}

fn count(samples: &[i16]) -> f64 {
    f64::from(u32::try_from(samples.len()).unwrap())
}

#[cfg(test)]
mod tests {
    use super::Sound;

    fn changed(sound: &Sound, change: impl FnMut((usize, &i16)) -> i16) -> Sound {
        Sound { rate_hz: sound.rate_hz, samples: sound.samples.iter().enumerate().map(change).collect() }
    }

    /// What is left of a sample after PCMU (G.711 §3): four bits and a power of two.
    fn through_pcmu(sample: i16) -> i16 {
        let biased = i32::from(sample).abs().min(32_635) + 132;
        let step = 1 << (biased.ilog2() - 4);
        let kept = biased / step * step + step / 2 - 132;
        i16::try_from(kept).unwrap() * sample.signum()
    }

    /// A cheap series of numbers that look random.
    fn noise(seconds: u32) -> Sound {
        let mut state = 7_u32;
        changed(&Sound::tone(440, seconds), |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i16::try_from(state >> 17).unwrap() - 16_384
        })
    }

    #[test]
    fn a_tone_is_found_and_no_other() {
        for hz in [440, 620, 1000, 1400] {
            let sound = Sound::tone(hz, 1);
            for other in [440, 620, 1000, 1400] {
                assert_eq!(sound.is_only(other), hz == other, "{other} Hz in {hz} Hz");
            }
            assert!(!sound.is_silent());
        }
    }

    #[test]
    fn a_tone_is_found_after_pcmu_with_lost_packets_and_a_jump_in_time() {
        let tone = Sound::tone(1000, 1);
        let coded = changed(&tone, |(_, &sample)| through_pcmu(sample));
        assert!(coded.is_only(1000) && !coded.is_only(440));
        let lossy = changed(&coded, |(at, &sample)| if at / 160 % 20 == 1 { 0 } else { sample });
        assert!(lossy.is_only(1000) && !lossy.is_only(440));
        let jumped = changed(&coded, |(at, _)| coded.samples[(at + at / 4000 * 3) % coded.samples.len()]);
        assert!(jumped.is_only(1000) && !jumped.is_only(440));
    }

    #[test]
    fn silence_and_noise_are_no_tone() {
        let tone = Sound::tone(440, 1);
        let silence = changed(&tone, |_| 0);
        assert!(silence.is_silent() && !silence.is_only(440));
        let hiss = changed(&noise(1), |(_, &sample)| sample / 2048);
        assert!(hiss.is_silent() && !hiss.is_only(440));
        assert!(!noise(1).is_silent() && !noise(1).is_only(440));
        let nothing = Sound { rate_hz: 8000, samples: Vec::new() };
        assert!(nothing.is_silent() && !nothing.is_only(440));
    }

    #[test]
    fn a_mix_of_two_tones_is_neither() {
        let (one, two) = (Sound::tone(440, 1), Sound::tone(1000, 1));
        let mixed = changed(&one, |(at, &sample)| sample / 2 + two.samples[at] / 2);
        let faint = changed(&one, |(at, &sample)| sample + two.samples[at] / 2);
        for sound in [mixed, faint] {
            assert!(!sound.is_only(440) && !sound.is_only(1000) && !sound.is_silent());
        }
    }

    #[test]
    fn a_tone_in_noise_or_faint_or_short_is_not_a_tone() {
        let tone = Sound::tone(440, 1);
        let hiss = noise(1);
        assert!(!changed(&tone, |(at, &sample)| sample + hiss.samples[at] / 2).is_only(440));
        assert!(!changed(&tone, |(_, &sample)| sample / 40).is_only(440));
        let click = changed(&tone, |(at, &sample)| if at < 600 { sample } else { 0 });
        assert!(!click.is_silent());
    }
}
