//! Something like speech, made with integers only, so that it is the same everywhere.

/// Two poles as a resonance, in 1/16384: the frequency is in `first`, the width in `second`.
struct Formant {
    first: i64,
    second: i64,
    past: [i64; 2],
}

impl Formant {
    fn pass(&mut self, sample: i64) -> i64 {
        let out = sample + (self.first * self.past[0] - self.second * self.past[1]) / 16_384;
        self.past = [out, self.past[0]];
        out
    }
}

/// From 0 up to `height` and down again in `period` steps.
fn triangle(at: i64, period: i64, height: i64) -> i64 {
    let place = at % period;
    2 * height * place.min(period - place) / period
}

/// Syllables of a voice that rises and falls, with hisses and pauses between them.
pub(crate) fn speech(length: usize) -> Vec<i16> {
    let formant = |first, second| Formant { first, second, past: [0; 2] };
    let mut formants = [formant(29_400, 15_750), formant(13_400, 15_200), formant(-10_900, 14_700)];
    let (mut noise, mut next_pulse) = (1u32, 0);
    let made = (0i64..).take(length).map(|now| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let hiss = i64::from(noise >> 16) - 32_768;
        let pulse = if now >= next_pulse {
            next_pulse = now + 48 + triangle(now, 5000, 36);
            1
        } else {
            0
        };
        let level = triangle(now, 1800, 100);
        let excitation = match now / 1800 % 4 {
            0 | 2 => pulse * 40 * level + hiss / 500,
            1 => hiss * level / 2500,
            _ => hiss / 2000,
        };
        let heard = formants.iter_mut().fold(excitation, |sample, formant| formant.pass(sample));
        i16::try_from(heard.clamp(-32_768, 32_767)).unwrap()
    });
    made.collect()
}
