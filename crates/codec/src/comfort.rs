//! Comfort noise (RFC 3389): the sound of a place where nobody speaks, made from the few bytes that describe it.

/// The most reflection coefficients that are heeded; those beyond make no difference that is heard.
const ORDER: usize = 12;
/// Quieter than this is silence, in dB below overload: less than half of the smallest sample.
const SILENT_DB: f32 = 96.0;
/// The level of a sample's range, 0 dBov.
const OVERLOAD: f32 = 32_768.0;
/// The way of the loudness to a new level is done by so much with each sample, at 8 kHz in some 15 ms.
const GLIDE: f32 = 1.0 / 128.0;

/// A noise, by its level and its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Noise {
    /// The root of the mean square.
    level: f32,
    /// Each between -1 and 1.
    reflection: [f32; ORDER],
}

impl Noise {
    /// Reads a payload (§3): the level, then any number of reflection coefficients. `None` when it is empty.
    ///
    /// The sign is that of the polynomial 1 + k₁z⁻¹, as browsers have it; the RFC does not say.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (level, colour) = payload.split_first()?;
        let mut reflection = [0.0; ORDER];
        for (coefficient, byte) in reflection.iter_mut().zip(colour) {
            // 255 is reserved, and would not be stable.
            *coefficient = 258.0 * (f32::from((*byte).min(254)) - 127.0) / 32_768.0;
        }
        let below_db = f32::from(level & 0x7F);
        let level = if below_db >= SILENT_DB { 0.0 } else { OVERLOAD * 10f32.powf(-below_db / 20.0) };
        Some(Self { level, reflection })
    }

    /// A noise that has all frequencies, and a mean square with this root.
    #[must_use]
    pub fn white(level: f32) -> Self {
        Self { level, reflection: [0.0; ORDER] }
    }

    /// Whether nothing is to be heard.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.level < 0.5
    }
}

/// Makes a noise, which may become another.
#[derive(Clone, Debug)]
pub struct Generator {
    noise: Noise,
    /// What the filter's input is multiplied by, so that its output has the level; now, and at last.
    gain: f32,
    wanted: f32,
    /// The lattice filter's backward paths.
    backward: [f32; ORDER + 1],
    random: u32,
}

impl Generator {
    /// Silent until it is given a noise. The `seed` makes it differ from others.
    #[must_use]
    pub fn new(seed: u32) -> Self {
        Self { noise: Noise::default(), gain: 0.0, wanted: 0.0, backward: [0.0; ORDER + 1], random: seed }
    }

    /// From now on it becomes this noise, without a step.
    pub fn become_noise(&mut self, noise: Noise) {
        // An all-pole filter makes its input louder by the inverse of this.
        let passed: f32 = noise.reflection.iter().map(|k| 1.0 - k * k).product();
        (self.noise, self.wanted) = (noise, noise.level * passed.sqrt());
    }

    /// Begins silent again, as if from afar.
    pub fn hush(&mut self) {
        (self.gain, self.backward) = (0.0, [0.0; ORDER + 1]);
    }

    /// The samples that come next.
    pub fn fill(&mut self, samples: &mut [i16]) {
        samples.fill_with(|| self.next_sample());
    }

    /// The next one.
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond the range stays at its end")]
    pub fn next_sample(&mut self) -> i16 {
        self.gain += (self.wanted - self.gain) * GLIDE;
        let mut forward = self.gain * self.excitation();
        for (at, k) in self.noise.reflection.iter().enumerate().rev() {
            let Some([behind, next]) = self.backward.get_mut(at..).and_then(<[f32]>::first_chunk_mut) else { continue };
            forward -= k * *behind;
            *next = *behind + k * forward;
        }
        if let Some(first) = self.backward.first_mut() {
            *first = forward;
        }
        forward.round() as i16
    }

    /// Evenly distributed, with a mean square of 1.
    #[expect(clippy::cast_precision_loss, reason = "it is a random number")]
    fn excitation(&mut self) -> f32 {
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.random >> 8) as f32 * (2.0 * 1.732_050_8 / 16_777_216.0) - 1.732_050_8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(payload: &[u8]) -> Vec<i16> {
        let mut generator = Generator::new(1);
        generator.become_noise(Noise::parse(payload).expect("a payload"));
        let mut samples = vec![0; 32_000];
        generator.fill(&mut samples);
        samples.split_off(8000)
    }

    fn level_db(samples: &[i16]) -> f64 {
        let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        10.0 * (sum / 24_000.0 / f64::from(OVERLOAD).powi(2)).log10()
    }

    /// How alike neighbours are: positive for low frequencies, negative for high ones.
    fn colour(samples: &[i16]) -> f64 {
        let product = |shift: usize| -> f64 {
            samples.iter().zip(&samples[shift..]).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        product(1) / product(0)
    }

    #[test]
    fn noise_has_the_level_that_is_asked_for_whatever_its_colour() {
        for colour in [&[][..], &[40], &[200, 100, 127, 30], &[20, 180, 90, 140, 127, 130, 110, 120, 125, 129]] {
            for below_db in [20, 40, 60] {
                let level = level_db(&made(&[&[below_db], colour].concat()));
                assert!((level + f64::from(below_db)).abs() < 1.0, "{colour:?} at {below_db}: {level}");
            }
        }
    }

    #[test]
    fn noise_has_the_colour_that_is_asked_for() {
        assert!(colour(&made(&[40])).abs() < 0.02);
        assert!((colour(&made(&[40, 63])) - 0.5).abs() < 0.03, "low: {}", colour(&made(&[40, 63])));
        assert!((colour(&made(&[40, 191])) + 0.5).abs() < 0.03);
    }

    #[test]
    fn the_lowest_level_is_silence_and_the_reserved_bit_means_nothing() {
        assert!(made(&[127]).iter().all(|sample| *sample == 0));
        assert_eq!(Noise::parse(&[0xA8]), Noise::parse(&[40]));
        assert_eq!(Noise::parse(&[]), None);
    }

    #[test]
    fn the_worst_colour_stays_within_bounds() {
        for byte in [0, 254, 255] {
            let samples = made(&[&[30], &[byte; 40][..]].concat());
            assert!(samples.iter().all(|sample| sample.unsigned_abs() < u16::MAX / 2));
        }
    }

    #[test]
    fn a_new_level_is_reached_without_a_step() {
        let mut generator = Generator::new(1);
        generator.become_noise(Noise::white(3000.0));
        let mut samples = [0; 400];
        generator.fill(&mut samples);
        assert!(samples[..4].iter().all(|sample| sample.abs() < 200), "{:?}", &samples[..4]);
        assert!(samples[300..].iter().any(|sample| sample.abs() > 2000));
    }
}
