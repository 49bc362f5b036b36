//! A call that is over, on its way into the database.

use std::time::Duration;

use warden_call::call_event::{CallEvent, CallId};
use warden_call::cdr::Cdr;

use crate::stored_event::encode_events;

/// The record of a call and the events that it was folded from.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedCall {
    pub(crate) cdr: Cdr,
    /// In the format that [`encode_events`] has.
    pub(crate) events: Vec<u8>,
}

impl FinishedCall {
    /// Of the events of one call in order, each with its time since the Unix epoch; `None` as for [`Cdr::fold`].
    #[must_use]
    pub fn fold(call: CallId, events: &[(Duration, CallEvent)]) -> Option<Self> {
        Some(Self { cdr: Cdr::fold(call, events)?, events: encode_events(events) })
    }

    /// Of a call that may have been cut off by a restart; `None` as for [`Cdr::fold_unfinished`].
    #[must_use]
    pub fn fold_unfinished(call: CallId, events: Vec<(Duration, CallEvent)>) -> Option<Self> {
        if let Some(finished) = Self::fold(call, &events) {
            return Some(finished);
        }
        let cdr = Cdr::fold_unfinished(call, events.clone())?;
        // The same end that the record has, so that the events still say all that it says.
        let end = (cdr.ended_at, CallEvent::Ended(cdr.ending));
        Some(Self { events: encode_events(&[events, vec![end]].concat()), cdr })
    }

    /// The record.
    #[must_use]
    pub fn cdr(&self) -> &Cdr {
        &self.cdr
    }
}
