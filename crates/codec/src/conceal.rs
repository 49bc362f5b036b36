//! What is heard in place of lost packets of codecs that know nothing of it: G.711, G.722 and G.726.
//!
//! In the manner of ITU-T G.711 appendix I: the last pitch period before the gap goes on, then the last two and three, and
//! fades from 10 ms on until there is silence after 60 ms. What comes after the gap is faded in over what would have gone
//! on. Other than there, nothing is delayed, so what came before the gap stays as it is.

mod gap;
mod pitch;

use gap::Gap;

/// The samples that are remembered: three of the longest periods and a quarter, 48.75 ms at 16 kHz.
const PAST: usize = 780;

/// The samples before the one that comes next, at the end.
type Past = [i16; PAST];

/// Conceals what one direction of a call loses. 3 kB, and no more later.
#[derive(Clone, Debug)]
pub struct Concealer {
    times: Times,
    past: Past,
    gap: Option<Gap>,
}

/// Lengths in samples.
#[derive(Clone, Copy, Debug)]
struct Times {
    shortest_period: usize,
    longest_period: usize,
    compared: usize,
    fade_begins: usize,
    silence_begins: usize,
    /// By so much fading in takes longer for each 10 ms that were lost, and the most that it takes.
    longer_join: usize,
    longest_join: usize,
}

impl Times {
    fn at(rate_hz: u32) -> Self {
        let ms = |tenths: usize| rate_hz as usize * tenths / 10_000;
        Self {
            shortest_period: ms(50),
            longest_period: ms(150),
            compared: ms(200),
            fade_begins: ms(100),
            silence_begins: ms(600),
            longer_join: ms(40),
            longest_join: ms(100),
        }
    }
}

impl Concealer {
    /// One that has heard nothing yet, for 8,000 to 16,000 samples a second. Of more or less, the nearest of these is what
    /// times are reckoned by.
    #[must_use]
    pub fn new(sample_rate_hz: u32) -> Self {
        Self { times: Times::at(sample_rate_hz.clamp(8000, 16_000)), past: [0; PAST], gap: None }
    }

    /// Hears `samples`, in their order. Changes them only after a gap, for 10 ms at most, so that they join what was made
    /// up.
    pub fn good(&mut self, samples: &mut [i16]) {
        if samples.is_empty() {
            return;
        }
        if let Some(mut gap) = self.gap.take() {
            gap.join(&self.times, samples);
        }
        self.remember(samples);
    }

    /// Fills `samples`, which are lost, with what may have been there.
    pub fn lost(&mut self, samples: &mut [i16]) {
        let gap = self.gap.get_or_insert_with(|| Gap::after(&self.past, &self.times));
        samples.fill_with(|| gap.next_sample(&self.times));
        self.remember(samples);
    }

    fn remember(&mut self, samples: &[i16]) {
        let newest = samples.last_chunk::<PAST>().map_or(samples, |newest| newest);
        self.past.rotate_left(newest.len());
        let end = PAST - newest.len();
        if let Some(end) = self.past.get_mut(end..) {
            end.copy_from_slice(newest);
        }
    }
}

#[cfg(test)]
mod tests;
