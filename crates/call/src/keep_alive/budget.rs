//! How many questions may leave.

use std::time::{Duration, Instant};

/// The most in one second, enough for 12 500 phones; more of them wait longer, and calls are not held up.
const MAX_A_SECOND: u32 = 500;
const SECOND: Duration = Duration::from_secs(1);

/// What is left of one second.
#[derive(Debug)]
pub(super) struct Budget {
    since: Instant,
    left: u32,
}

impl Budget {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, left: MAX_A_SECOND }
    }

    /// Whether one more may leave.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) >= SECOND {
            *self = Self::new(now);
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "simulated time has to start somewhere")]
    fn no_second_has_more_than_its_share() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        let taken = |budget: &mut Budget, at_ms: u64| {
            (0..2 * MAX_A_SECOND).filter(|_| budget.take(start + Duration::from_millis(at_ms))).count()
        };
        let taken = [0, 999, 1000, 1500, 9000].map(|at_ms| taken(&mut budget, at_ms));
        assert_eq!(taken, [500, 0, 500, 0, 500]);
    }
}
