//! Digits that come by more than one way: some phones send each as an event and by INFO, or leave the tone in the sound.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use warden_media::dtmf::Digit;

use crate::digits::DigitBy;

/// The same digit by another way within this time is the same one. An INFO that is lost three times comes so late.
const SAME: Duration = Duration::from_secs(4);
/// How many digits are remembered; the oldest is forgotten for another one, and is told again if it comes by another way.
const MAX_KNOWN: usize = 16;

/// The last digits of a phone, the oldest first.
#[derive(Default)]
pub(super) struct Known(VecDeque<Press>);

/// One key that was pressed once.
struct Press {
    digit: Digit,
    /// The ways by which it has come, a bit for each.
    ways: u8,
    /// When it was over, by the first of them.
    over: Instant,
}

impl Known {
    /// Whether a digit that began at `begun` and is over is none of those before, come by another way.
    ///
    /// Each way brings digits in their order, so it is the oldest equal one that has not come by this way yet.
    pub(super) fn is_new(&mut self, digit: Digit, by: DigitBy, begun: Instant, now: Instant) -> bool {
        let way = bit(by);
        while self.0.front().is_some_and(|press| begun > press.over + SAME) {
            self.0.pop_front();
        }
        if let Some(press) = self.0.iter_mut().find(|press| press.digit == digit && press.ways & way == 0) {
            press.ways |= way;
            return false;
        }
        if self.0.len() >= MAX_KNOWN {
            self.0.pop_front();
        }
        self.0.push_back(Press { digit, ways: way, over: now });
        true
    }
}

fn bit(by: DigitBy) -> u8 {
    match by {
        DigitBy::Event => 1,
        DigitBy::Tone => 2,
        DigitBy::Info => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a point in time to start from")]
    fn no_more_digits_are_remembered_than_there_is_room_for() {
        let (mut known, now) = (Known::default(), Instant::now());
        let digit = Digit::from_char('5').unwrap();
        for _ in 0..1000 {
            assert!(known.is_new(digit, DigitBy::Event, now, now));
        }
        assert_eq!(known.0.len(), MAX_KNOWN);
        let by_info = (0..20).filter(|_| known.is_new(digit, DigitBy::Info, now, now)).count();
        assert_eq!(by_info, 20 - MAX_KNOWN);
    }
}
