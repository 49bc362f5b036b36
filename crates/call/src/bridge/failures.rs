//! How many calls of one extension that fail at once are recorded: a script that tries number after number is to be seen,
//! and not to fill the disk.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::directory::Extension;

/// The most of one extension that are recorded within [`WINDOW`]; a person dials more slowly.
const MAX_RECORDED: u32 = 60;
const WINDOW: Duration = Duration::from_mins(1);

/// Calls of one extension that have failed at once, within one window.
#[derive(Debug)]
struct Window {
    until: Instant,
    failed: u32,
}

/// By who has called; those of minutes that are over are forgotten when another extension begins one.
#[derive(Debug, Default)]
pub(super) struct Failures {
    by_caller: HashMap<Extension, Window>,
}

impl Failures {
    /// One more call of `caller` has failed at once. If it is to have no record: how many have none in this minute.
    pub(super) fn note(&mut self, caller: &Extension, now: Instant) -> Option<u32> {
        if !self.by_caller.contains_key(caller) {
            self.by_caller.retain(|_, window| now < window.until);
        }
        let new = || Window { until: now + WINDOW, failed: 0 };
        let window = self.by_caller.entry(caller.clone()).or_insert_with(new);
        if now >= window.until {
            *window = new();
        }
        window.failed = window.failed.saturating_add(1);
        window.failed.checked_sub(MAX_RECORDED).filter(|left_out| *left_out > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "simulated time has to start somewhere")]
    fn sixty_a_minute_are_recorded_and_the_others_counted() {
        let (mut failures, start) = (Failures::default(), Instant::now());
        let [one, other] = [&b"1001"[..], b"1002"].map(|number| Extension::parse(number).expect("an extension"));
        for _ in 0..60 {
            assert_eq!(failures.note(&one, start), None);
        }
        let last = start + Duration::from_millis(59_999);
        assert_eq!([start, last].map(|at| failures.note(&one, at)), [Some(1), Some(2)]);
        assert_eq!(failures.note(&other, last), None);
        assert_eq!(failures.note(&one, start + WINDOW), None);
        assert_eq!(failures.note(&other, last + WINDOW), None);
        assert_eq!(failures.by_caller.len(), 2);
        failures.note(&Extension::parse(b"1003").expect("an extension"), start + 10 * WINDOW);
        assert_eq!(failures.by_caller.len(), 1);
    }
}
