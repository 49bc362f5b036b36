//! The wall clock, as a media thread needs it for RTCP.

use std::time::{Duration, Instant, SystemTime};

/// Both clocks at one moment, from which the wall clock goes on evenly, whoever sets it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    since_epoch: Duration,
}

impl Clock {
    pub(crate) fn new() -> Self {
        // A wall clock before 1970 counts as 1970.
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), since_epoch }
    }

    pub(crate) fn start(self) -> Instant {
        self.start
    }

    /// What the wall clock shows at `now`.
    pub(crate) fn since_epoch(self, now: Instant) -> Duration {
        self.since_epoch + now.saturating_duration_since(self.start)
    }
}
