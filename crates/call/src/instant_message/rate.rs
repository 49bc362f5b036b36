//! How many messages an extension may send: a person types more slowly.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::directory::Extension;

/// So many at once.
const AT_ONCE: u32 = 20;
/// After those, one in this time.
const INTERVAL: Duration = Duration::from_secs(1);

/// When each sender may send [`AT_ONCE`] again; each message makes it later. Those who may are forgotten.
#[derive(Debug, Default)]
pub(super) struct Rates {
    whole_at: HashMap<Extension, Instant>,
}

impl Rates {
    /// Takes note of one message.
    ///
    /// # Errors
    /// How long the sender has to wait.
    pub(super) fn take(&mut self, sender: &Extension, now: Instant) -> Result<(), Duration> {
        if !self.whole_at.contains_key(sender) {
            self.whole_at.retain(|_, at| *at > now);
        }
        let at = self.whole_at.entry(sender.clone()).or_insert(now);
        let next = (*at).max(now) + INTERVAL;
        let wait = next.saturating_duration_since(now + AT_ONCE * INTERVAL);
        if wait.is_zero() {
            *at = next;
            return Ok(());
        }
        Err(wait)
    }
}
