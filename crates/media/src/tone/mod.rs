//! Tones by description: what sounds, how loud, in which rhythm; frames of 20 ms at 8 kHz, and their times in a stream.

mod oscillator;
mod player;
mod presets;

use std::borrow::Cow;

pub(crate) use player::Player;
pub use presets::Plan;

use oscillator::Oscillator;

/// Samples of a frame: 20 ms at 8 kHz.
pub const FRAME: usize = 160;
/// How many frequencies sound together at most; those beyond are left out.
pub const VOICES: usize = 4;
/// Samples per millisecond.
const PER_MS: u32 = 8;

/// One frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// Up to 4,000.
    pub frequency_hz: u16,
    /// Its level; a sine of +3.14 dBm0 fills the range.
    pub level_dbm0: f64,
}

/// A part of the rhythm.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// How long; a rhythm may not consist of zeros only.
    pub duration_ms: u32,
    /// What sounds; nothing is silence.
    pub components: Cow<'static, [Component]>,
}

/// A tone: segments, played once or again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct Tone {
    /// In order.
    pub segments: Cow<'static, [Segment]>,
    /// Begins again at its end.
    pub repeats: bool,
}

/// Makes the samples of a tone. Oscillators run on across frames and through silence, so there is no break in phase.
#[derive(Clone, Debug)]
pub struct Generator {
    tone: Tone,
    segment: usize,
    /// Samples of the segment still to come.
    left: u32,
    voices: [Oscillator; VOICES],
    ended: bool,
}

impl Generator {
    /// At the beginning of `tone`.
    #[must_use]
    pub fn new(tone: Tone) -> Self {
        let silent = [Oscillator::default(); VOICES];
        // A rhythm without length would never get on.
        let ended = tone.segments.iter().all(|segment| segment.duration_ms == 0);
        let mut generator = Self { tone, segment: 0, left: 0, voices: silent, ended };
        generator.enter(0);
        generator
    }

    /// Whether a tone that is played once has been played.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// The next 20 ms; silence after the end.
    pub fn next_frame(&mut self, frame: &mut [i16; FRAME]) {
        for sample in frame {
            *sample = self.next_sample();
        }
        self.skip_finished();
    }

    fn next_sample(&mut self) -> i16 {
        self.skip_finished();
        if self.ended {
            return 0;
        }
        self.left -= 1;
        let sum: i32 = self.voices.iter_mut().map(Oscillator::next_sample).sum();
        i16::try_from(sum).unwrap_or(if sum < 0 { i16::MIN } else { i16::MAX })
    }

    fn skip_finished(&mut self) {
        while self.left == 0 && !self.ended {
            let next = self.segment + 1;
            if next < self.tone.segments.len() {
                self.enter(next);
            } else if self.tone.repeats {
                self.enter(0);
            } else {
                self.ended = true;
            }
        }
    }

    fn enter(&mut self, segment: usize) {
        self.segment = segment;
        let Some(Segment { duration_ms, components }) = self.tone.segments.get(segment) else { return };
        self.left = duration_ms.saturating_mul(PER_MS);
        for (at, voice) in self.voices.iter_mut().enumerate() {
            voice.tune(components.get(at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(tone: Tone, frames: usize) -> Vec<i16> {
        let mut generator = Generator::new(tone);
        let mut frame = [0; FRAME];
        let mut all = Vec::new();
        for _ in 0..frames {
            generator.next_frame(&mut frame);
            all.extend(frame);
        }
        all
    }

    fn component(frequency_hz: u16, level_dbm0: f64) -> Component {
        Component { frequency_hz, level_dbm0 }
    }

    fn steady(components: Vec<Component>) -> Tone {
        let segment = Segment { duration_ms: 20, components: components.into() };
        Tone { segments: vec![segment].into(), repeats: true }
    }

    /// The level in dBm0 of one frequency, by correlation with it.
    fn level_dbm0(samples: &[i16], frequency_hz: u16) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, sample) in (0u32..).zip(samples) {
            let phase = std::f64::consts::TAU * f64::from(frequency_hz) * f64::from(n) / 8000.0;
            re += f64::from(*sample) * phase.cos();
            im += f64::from(*sample) * phase.sin();
        }
        let amplitude = 2.0 * re.hypot(im) / f64::from(u32::try_from(samples.len()).unwrap());
        20.0 * (amplitude / 32_767.0).log10() + oscillator::FULL_DBM0
    }

    #[test]
    fn frequencies_sound_at_their_levels_and_nothing_else_does() {
        let all = samples(steady(vec![component(440, -19.0), component(480, -13.0)]), 500);
        assert!((level_dbm0(&all, 440) + 19.0).abs() < 0.05, "{}", level_dbm0(&all, 440));
        assert!((level_dbm0(&all, 480) + 13.0).abs() < 0.05);
        for other in [425, 460, 880, 960, 50] {
            assert!(level_dbm0(&all, other) < -65.0, "{other} Hz: {}", level_dbm0(&all, other));
        }
    }

    #[test]
    fn the_phase_neither_breaks_between_segments_nor_drifts_in_ten_minutes() {
        let all = samples(steady(vec![component(1000, 0.0)]), 30_000); // segments of one frame
        assert!(all.iter().zip(&all[8..]).all(|(one, next)| (one - next).abs() <= 1), "1,000 Hz repeats every ms");
    }

    #[test]
    fn the_rhythm_is_kept_to_the_sample() {
        let on = Segment { duration_ms: 30, components: vec![component(1000, 0.0)].into() };
        let off = Segment { duration_ms: 15, components: vec![].into() };
        let tone = Tone { segments: vec![on, off].into(), repeats: true };
        let all = samples(tone, 18);
        for (at, period) in all.chunks(45 * 8).enumerate() {
            let (sound, silence) = period.split_at(30 * 8);
            assert!(silence.iter().all(|sample| *sample == 0), "period {at}");
            assert!(sound.chunks(8).all(|ms| ms.iter().any(|sample| sample.abs() > 20_000)), "period {at}");
        }
    }

    #[test]
    fn a_tone_that_is_played_once_ends_and_one_without_length_has_ended() {
        let beep = Tone { repeats: false, ..steady(vec![component(1000, -10.0)]) };
        let mut generator = Generator::new(beep);
        assert!(!generator.has_ended());
        let mut frame = [0; FRAME];
        generator.next_frame(&mut frame);
        assert!(generator.has_ended() && frame.iter().any(|sample| *sample != 0));
        generator.next_frame(&mut frame);
        assert_eq!(frame, [0; FRAME]);
        let nothing = Segment { duration_ms: 0, components: vec![].into() };
        assert!(Generator::new(Tone { segments: vec![nothing].into(), repeats: true }).has_ended());
        assert!(Generator::new(Tone { segments: vec![].into(), repeats: true }).has_ended());
    }

    #[test]
    fn too_loud_a_sum_is_clipped() {
        let all = samples(steady(vec![component(1000, 3.0), component(1000, 3.0)]), 1);
        assert_eq!((all.iter().max(), all.iter().min()), (Some(&i16::MAX), Some(&i16::MIN)));
    }
}
