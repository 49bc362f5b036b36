//! One gap: what goes on in it, and how it ends.

use super::{PAST, Past, Times, pitch};
use crate::stretch::between;

/// The most periods that go on.
const MOST_PERIODS: usize = 3;

/// What was before the gap, and where in it we are.
#[derive(Clone, Debug)]
pub(super) struct Gap {
    past: Past,
    period: usize,
    /// The past sample that comes next.
    at: usize,
    /// Where in the past to go on after its end.
    next_start: usize,
    /// How far the last sample before the gap was from the one before what goes on.
    jump: i32,
    /// Samples made up so far; no longer counted in silence.
    elapsed: usize,
}

impl Gap {
    /// The gap that begins after `past`.
    pub(super) fn after(past: &Past, times: &Times) -> Self {
        let period = pitch::period(past, times);
        let start = PAST - period;
        let sample = |at: usize| i32::from(past.get(at).copied().unwrap_or_default());
        let jump = sample(PAST - 1) - sample(start - 1);
        Self { past: *past, period, at: start, next_start: start, jump, elapsed: 0 }
    }

    /// The time over which one part passes into another.
    const fn quarter(&self) -> usize {
        self.period / 4
    }

    /// What is heard next: the past, which is quieter the longer the gap lasts.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "no louder than the past; a few hundred parts"
    )]
    pub(super) fn next_sample(&mut self, times: &Times) -> i16 {
        if self.elapsed >= times.silence_begins {
            return 0;
        }
        let mut sample = i32::from(self.next_of_past(times));
        // The first quarter begins where the past has ended.
        let left = self.quarter().saturating_sub(self.elapsed + 1);
        sample += self.jump * left as i32 / self.quarter().max(1) as i32;
        let sample = sample.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
        let faded = self.elapsed.saturating_sub(times.fade_begins);
        self.elapsed += 1;
        between(sample, 0, faded, times.silence_begins - times.fade_begins)
    }

    /// The last periods, over and over. The end of the past passes into what was before the sample that follows it.
    fn next_of_past(&mut self, times: &Times) -> i16 {
        let sample = |at: usize| self.past.get(at).copied().unwrap_or_default();
        let tail = PAST - self.quarter();
        if self.at == tail {
            let periods = (1 + self.elapsed / times.fade_begins).min(MOST_PERIODS);
            self.next_start = PAST - periods * self.period;
        }
        let mut heard = sample(self.at);
        if let Some(into) = self.at.checked_sub(tail) {
            heard = between(heard, sample(self.next_start - self.quarter() + into), into + 1, self.quarter() + 1);
        }
        self.at += 1;
        if self.at == PAST {
            self.at = self.next_start;
        }
        heard
    }

    /// Fades the first of `samples`, which come after the gap, in over what would have gone on.
    pub(super) fn join(&mut self, times: &Times, samples: &mut [i16]) {
        let longer = (self.elapsed.saturating_sub(1) / times.fade_begins) * times.longer_join;
        let len = (self.quarter() + longer).min(times.longest_join).min(samples.len());
        for (part, sample) in samples.iter_mut().take(len).enumerate() {
            *sample = between(self.next_sample(times), *sample, part + 1, len + 1);
        }
    }
}
