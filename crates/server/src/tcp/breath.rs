//! How often a peer is heard that only says that it is there: pings and empty lines cost an answer and a wake-up each.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// So many at once.
const BURST: u32 = 20;
/// And one more in each of these. Peers send one in many seconds.
const INTERVAL: Duration = Duration::from_millis(500);

/// What a peer has said without a message, as the moment at which that is forgotten.
#[derive(Debug)]
pub(super) struct Breath {
    forgotten_at: Instant,
}

impl Breath {
    pub(super) fn new(now: Instant) -> Self {
        Self { forgotten_at: now }
    }

    /// It has said once more that it is there.
    pub(super) fn note(&mut self, now: Instant) {
        self.forgotten_at = self.forgotten_at.max(now) + INTERVAL;
    }

    /// It has sent a message: those have a pace of their own.
    pub(super) fn spoke(&mut self, now: Instant) {
        self.forgotten_at = now;
    }

    /// Returns when more is to be read: the peer waits, and nothing is lost.
    pub(super) async fn draw(&self) {
        let allowance = INTERVAL * BURST;
        if let Some(at) = self.forgotten_at.checked_sub(allowance).filter(|at| *at > Instant::now()) {
            sleep_until(at).await;
        }
    }
}
