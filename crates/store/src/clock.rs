//! Two clocks: durations are measured by one, and what outlives a run is told by the other.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The same moment on the clock that bindings and bans end by and on the wall.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// For durations within this run.
    pub now: Instant,
    /// For what outlives it.
    pub wall: SystemTime,
}

impl Clock {
    /// Both clocks, read together.
    #[must_use]
    pub fn read() -> Self {
        Self { now: Instant::now(), wall: SystemTime::now() }
    }

    pub(crate) fn wall_ms(self) -> u128 {
        self.wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
    }
}
