//! What happens to calls, written down at the end of each turn: with the answer to a BYE, its call is already on disk.

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracing::{error, info};
use warden_call::Event;
use warden_call::call_event::{CallEvent, CallId};
use warden_store::spool::Spool;

/// Gathers the call events of one turn for the spool.
pub(crate) struct Journal {
    spool: Option<Spool>,
    /// Each with its time since the Unix epoch.
    turn: Vec<(CallId, Duration, CallEvent)>,
    is_failing: bool,
}

impl Journal {
    pub(crate) fn new(spool: Option<Spool>) -> Self {
        Self { spool, turn: Vec::new(), is_failing: false }
    }

    /// Keeps an event of a call until the end of the turn.
    pub(crate) fn note(&mut self, event: Event) {
        if let (Event::Call { call, event }, Some(_)) = (event, &self.spool) {
            let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            self.turn.push((call, at, event));
        }
    }

    /// Appends what was noted, by one write. When the disk refuses, calls go on; the spool tells what is lost.
    pub(crate) fn write_down(&mut self) {
        let Some(spool) = self.spool.as_mut().filter(|_| !self.turn.is_empty()) else { return };
        let events: Vec<_> = self.turn.iter().map(|(call, at, event)| (*call, *at, event)).collect();
        let failure = spool.append(&events).err();
        self.turn.clear();
        match (failure, self.is_failing) {
            (Some(failure), false) => {
                self.is_failing = true;
                error!(target: "CALL", error = &failure as &dyn Error, "cannot write call records");
            }
            (None, true) => {
                self.is_failing = false;
                info!(target: "CALL", "call records are written again");
            }
            (Some(_), true) | (None, false) => {}
        }
    }
}
