//! The timers of RFC 3261 §17 and how resending slows down.

use std::time::{Duration, Instant};

/// The base values that all others are made of (RFC 3261, table 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// Round-trip estimate; the first resend comes after it.
    pub t1: Duration,
    /// The longest interval between resends.
    pub t2: Duration,
    /// The longest that a message stays in the network.
    pub t4: Duration,
}

impl Timers {
    /// T1 500 ms, T2 4 s, T4 5 s.
    pub const RFC3261: Self =
        Self { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) };

    /// 64 × T1: when a transaction gives up (timers B, F, H, J, L, M).
    #[must_use]
    pub fn give_up(&self) -> Duration {
        self.t1 * 64
    }
}

/// When to send again, and when to stop trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resend {
    /// The next resend; `None` on a reliable transport.
    at: Option<Instant>,
    interval: Duration,
    give_up_at: Instant,
}

impl Resend {
    /// Begins with T1; on a reliable transport only the end is watched.
    #[must_use]
    pub fn start(timers: &Timers, reliable: bool, now: Instant) -> Self {
        let at = (!reliable).then(|| now + timers.t1);
        Self { at, interval: timers.t1, give_up_at: now + timers.give_up() }
    }

    /// When to look again.
    #[must_use]
    pub fn next(&self) -> Instant {
        self.at.map_or(self.give_up_at, |at| at.min(self.give_up_at))
    }

    /// Whether the end has come.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        now >= self.give_up_at
    }

    /// Whether it is time to send again.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.at.is_some_and(|at| now >= at)
    }

    /// It has just been sent again: the interval doubles, up to `longest`.
    #[must_use]
    pub fn again(self, longest: Duration, now: Instant) -> Self {
        let interval = (self.interval * 2).min(longest);
        Self { at: self.at.map(|_| now + interval), interval, ..self }
    }

    /// From the next resend on they come at `interval` (timer E in Proceeding, RFC 3261 §17.1.2.2).
    #[must_use]
    pub fn slowed_down(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }
}
