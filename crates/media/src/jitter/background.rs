//! What is heard while nobody speaks: the noise that the sender describes, or one as loud as its quietest moments were.

use warden_codec::comfort::{Generator, Noise};

/// With each frame the quietest moment is taken to be so much louder: 4 dB in a second.
const RISE: f32 = 1.01;
/// The loudest that is taken for a background, some -45 dBov: more was speech.
const LOUDEST: f32 = 184.0;

#[derive(Debug)]
pub(super) struct Background {
    generator: Generator,
    /// The level of the quietest frame of late.
    floor: Option<f32>,
    noise: Noise,
}

impl Background {
    pub(super) fn new() -> Self {
        Self { generator: Generator::new(1), floor: None, noise: Noise::default() }
    }

    /// A frame of sound was heard.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
    pub(super) fn note(&mut self, frame: &[i16]) {
        let sum: f32 = frame.iter().map(|sample| f32::from(*sample) * f32::from(*sample)).sum();
        let level = (sum / frame.len().max(1) as f32).sqrt();
        self.floor = Some(self.floor.map_or(level, |floor| level.min(floor * RISE + 0.01)));
    }

    /// From now on nothing is said. Without a description it sounds as the quietest moments did.
    pub(super) fn begin(&mut self, described: Option<Noise>) {
        self.noise = described.unwrap_or_else(|| Noise::white(self.floor.map_or(0.0, |floor| floor.min(LOUDEST))));
        self.generator.hush();
        self.generator.become_noise(self.noise);
    }

    /// The noise has changed.
    pub(super) fn change(&mut self, described: Noise) {
        self.noise = described;
        self.generator.become_noise(described);
    }

    pub(super) fn is_silent(&self) -> bool {
        self.noise.is_silent()
    }

    pub(super) fn fill(&mut self, samples: &mut [i16]) {
        self.generator.fill(samples);
    }

    /// Sound begins: the noise passes into the first of `samples`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "between two samples")]
    pub(super) fn pass_into(&mut self, samples: &mut [i16]) {
        let whole = samples.len() as i32 + 1;
        for (part, sample) in (1..).zip(samples) {
            let noise = i32::from(self.generator.next_sample());
            *sample = (noise + (i32::from(*sample) - noise) * part / whole) as i16;
        }
    }
}
