//! Sound made shorter or longer by one period, so that no seam is heard: what lies a period apart is alike, and one
//! passes into the other.

/// The shortest and the longest step, in tenths of a millisecond: the periods of voices.
const SHORTEST: usize = 25;
const LONGEST: usize = 150;
/// What is compared.
const COMPARED: usize = 100;
/// The mean square below which any seam is as good as another.
const QUIET: f32 = 900.0;

/// What one can do at this many samples a second.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    shortest: usize,
    longest: usize,
    compared: usize,
    /// By so many samples the search goes on at first: 8 kHz tell enough about a period.
    coarse: usize,
}

impl Stretch {
    /// For this rate, 8,000 or more.
    #[must_use]
    pub const fn at(rate_hz: u32) -> Self {
        let per_ten_ms = rate_hz as usize / 100;
        Self {
            shortest: per_ten_ms * SHORTEST / 100,
            longest: per_ten_ms * LONGEST / 100,
            compared: per_ten_ms * COMPARED / 100,
            coarse: if rate_hz >= 16_000 { rate_hz as usize / 8000 } else { 1 },
        }
    }

    /// The most samples that one step takes away or adds: 15 ms.
    #[must_use]
    pub const fn longest(self) -> usize {
        self.longest
    }

    /// How many samples of `sound` can be left out at its beginning, 2.5 to 15 ms. What comes after them is changed so
    /// that it follows what is before `sound`. `None` when `sound` is shorter than 30 ms, or less alike than `at_least`,
    /// which is from 0, anything, to 1, exactly.
    pub fn shorten(self, sound: &mut [i16], at_least: f32) -> Option<usize> {
        let begin = sound.get(..self.compared)?;
        sound.get(..2 * self.longest)?;
        let step = self.find(begin, |step| sound.get(step..), at_least)?;
        let (before, after) = sound.split_at_mut(step);
        blend(before, after);
        Some(step)
    }

    /// Writes to `added`, which has room for 15 ms, what can be put in between `past` and `sound`: how many samples.
    /// `None` when there is less than 15 ms of either, or it is less alike than `at_least`.
    pub fn lengthen(self, past: &[i16], sound: &[i16], added: &mut [i16], at_least: f32) -> Option<usize> {
        sound.get(..self.longest)?;
        past.get(..self.longest)?;
        let begin = sound.get(..self.compared)?;
        // What was a step ago, as far as it is over.
        let short = |step: usize| past.len().checked_sub(step).and_then(|at| past.get(at..));
        let step = self.find(begin, short, at_least)?;
        let added = added.get_mut(..step)?;
        added.copy_from_slice(past.get(past.len() - step..)?);
        blend(sound, added);
        Some(step)
    }

    /// The step after which `begin` is most like itself. `other` is what is a step away.
    fn find<'s>(self, begin: &[i16], other: impl Fn(usize) -> Option<&'s [i16]>, at_least: f32) -> Option<usize> {
        let likeness = |step: usize, every: usize| other(step).map_or(-1.0, |other| likeness(begin, other, every));
        let best = |steps: &mut dyn Iterator<Item = usize>, every: usize, first: usize| {
            steps.fold((first, likeness(first, every)), |best, step| {
                let found = likeness(step, every);
                if found > best.1 { (step, found) } else { best }
            })
        };
        let (near, _) = best(&mut (self.shortest..=self.longest).rev().step_by(self.coarse), self.coarse, self.longest);
        let from = near.saturating_sub(self.coarse).max(self.shortest);
        let (step, found) = best(&mut (from..=(near + self.coarse).min(self.longest)), 1, near);
        (found >= at_least || is_quiet(begin)).then_some(step)
    }
}

/// From -1 to 1; of what both have, every so many samples.
fn likeness(one: &[i16], other: &[i16], every: usize) -> f32 {
    let (mut product, mut first, mut second) = (0.0, 1.0, 1.0);
    for (a, b) in one.iter().zip(other).step_by(every) {
        let (a, b) = (f32::from(*a), f32::from(*b));
        (product, first, second) = (product + a * b, first + a * a, second + b * b);
    }
    product / (first * second).sqrt()
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
fn is_quiet(samples: &[i16]) -> bool {
    let sum: f32 = samples.iter().map(|sample| f32::from(*sample).powi(2)).sum();
    sum < QUIET * samples.len() as f32
}

/// `into` begins as `from` does, and passes into what it was over the length of the shorter one.
pub(crate) fn blend(from: &[i16], into: &mut [i16]) {
    let len = from.len().min(into.len());
    for (part, (from, into)) in from.iter().zip(into).enumerate() {
        *into = between(*from, *into, part + 1, len + 1);
    }
}

/// From `from` to `to`, `part` of `whole` of the way.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "between two samples; a few hundred parts"
)]
pub(crate) fn between(from: i16, to: i16, part: usize, whole: usize) -> i16 {
    let (from, to) = (i32::from(from), i32::from(to));
    (from + (to - from) * part as i32 / whole.max(1) as i32) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small numbers")]
    fn tone(rate_hz: u32, pitch_hz: f64, count: usize) -> Vec<i16> {
        let step = std::f64::consts::TAU * pitch_hz / f64::from(rate_hz);
        (0..count).map(|at| ((step * at as f64).sin() * 8000.0) as i16).collect()
    }

    /// The largest bend of the curve.
    fn bend(samples: &[i16]) -> i32 {
        let bend = |w: &[i16]| (i32::from(w[0]) - 2 * i32::from(w[1]) + i32::from(w[2])).abs();
        samples.windows(3).map(bend).max().unwrap_or_default()
    }

    #[test]
    fn voices_are_shortened_and_lengthened_without_a_seam() {
        for rate_hz in [8000, 16_000, 48_000] {
            for pitch_hz in [95.0, 180.0, 333.0, 1000.0] {
                let (stretch, ms) = (Stretch::at(rate_hz), rate_hz as usize / 1000);
                let whole = tone(rate_hz, pitch_hz, 100 * ms);
                let most = bend(&whole) * 5 / 4 + 20;
                let (past, sound) = whole.split_at(50 * ms);
                let mut shorter = sound.to_vec();
                let left_out = stretch.shorten(&mut shorter, 0.9).expect("alike");
                let joined = [past, &shorter[left_out..]].concat();
                assert!(bend(&joined) <= most, "{rate_hz} {pitch_hz}: {} of {most}", bend(&joined));
                let mut room = vec![0; stretch.longest()];
                let added = stretch.lengthen(past, sound, &mut room, 0.9).expect("alike");
                let joined = [past, &room[..added], sound].concat();
                assert!(bend(&joined) <= most, "{rate_hz} {pitch_hz}: {} of {most}", bend(&joined));
                assert!(added >= ms * 5 / 2 && left_out >= ms * 5 / 2);
            }
        }
    }

    #[test]
    fn noise_is_left_alone_unless_it_must_not_be_and_silence_is_not() {
        let mut state = 1u32;
        let mut noise: Vec<i16> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i16::try_from(state >> 18).unwrap_or_default() - 8192
        })
        .take(400)
        .collect();
        let stretch = Stretch::at(8000);
        assert_eq!(stretch.shorten(&mut noise, 0.8), None);
        assert!(stretch.shorten(&mut noise, -1.0).is_some());
        assert_eq!(stretch.shorten(&mut [0; 240], 0.8), Some(120));
        assert_eq!(stretch.shorten(&mut [0; 239], 0.8), None, "too short");
        assert_eq!(stretch.lengthen(&[0; 119], &[0; 240], &mut [0; 120], 0.0), None, "too short");
    }
}
