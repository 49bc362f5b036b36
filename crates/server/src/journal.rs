//! What happens to calls, written down at the end of each turn: with the answer to a BYE, its call is already on disk.

use std::error::Error;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tracing::{error, info};
use warden_call::Event;
use warden_call::call_event::{CallEvent, CallId};
use warden_store::spool::Spool;

/// After the disk has refused.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Gathers the call events of one turn for the spool.
pub(crate) struct Journal {
    spool: Option<Spool>,
    /// Each with its time since the Unix epoch.
    turn: Vec<(CallId, Duration, CallEvent)>,
    /// When to try again what the disk has refused.
    retry_at: Option<Instant>,
}

impl Journal {
    pub(crate) fn new(spool: Option<Spool>) -> Self {
        Self { spool, turn: Vec::new(), retry_at: None }
    }

    /// Keeps an event of a call until the end of the turn.
    pub(crate) fn note(&mut self, event: Event) {
        if let (Event::Call { call, event }, Some(_)) = (event, &self.spool) {
            let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            self.turn.push((call, at, event));
        }
    }

    /// When to call [`Journal::write_down`] though nothing was noted.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Appends what was noted, by one write. When the disk refuses, calls go on; the spool tells what is lost.
    pub(crate) fn write_down(&mut self, now: Instant) {
        let has_work = !self.turn.is_empty() || self.retry_at.is_some_and(|at| at <= now);
        let Some(spool) = self.spool.as_mut().filter(|_| has_work) else { return };
        let failure = spool.append(self.turn.iter().map(|(call, at, event)| (*call, *at, event))).err();
        self.turn.clear();
        let retry_at = failure.as_ref().map(|_| now + RETRY_AFTER);
        let was_failing = std::mem::replace(&mut self.retry_at, retry_at).is_some();
        match (failure, was_failing) {
            (Some(failure), false) => {
                error!(target: "CALL", error = &failure as &dyn Error, "cannot write call records");
            }
            (None, true) => info!(target: "CALL", "call records are written again"),
            (Some(_), true) | (None, false) => {}
        }
    }
}
