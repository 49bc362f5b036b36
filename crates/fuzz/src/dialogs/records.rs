//! What is told of calls, in order: each begins once and ends once.

use std::collections::BTreeMap;
use std::time::Duration;

use warden_call::call_event::{CallEvent, CallId};
use warden_call::cdr::Cdr;

#[derive(Default)]
pub(super) struct Records {
    calls: BTreeMap<CallId, Vec<(Duration, CallEvent)>>,
}

impl Records {
    pub(super) fn note(&mut self, call: CallId, event: CallEvent, at: Duration) {
        let events = self.calls.entry(call).or_default();
        let has_ended = events.iter().any(|(_, event)| matches!(event, CallEvent::Ended(_)));
        assert!(!has_ended || matches!(event, CallEvent::Measured(_)), "{event:?} after the end: {events:?}");
        let is_first = matches!(event, CallEvent::Started(_));
        assert_eq!(is_first, events.is_empty(), "{event:?} after {events:?}");
        events.push((at, event));
    }

    /// All are over.
    pub(super) fn check(&self) {
        for (call, events) in &self.calls {
            assert!(Cdr::fold(*call, events).is_some(), "a call has no end: {events:?}");
        }
    }

    /// How often two phones could talk.
    #[cfg(test)]
    pub(super) fn answered(&self) -> usize {
        self.count(|event| matches!(event, CallEvent::Answered(_)))
    }

    /// How often a phone has taken the place of another.
    #[cfg(test)]
    pub(super) fn joined(&self) -> usize {
        self.count(|event| matches!(event, CallEvent::Joined(_)))
    }

    #[cfg(test)]
    fn count(&self, is_meant: impl Fn(&CallEvent) -> bool) -> usize {
        self.calls.values().flatten().filter(|(_, event)| is_meant(event)).count()
    }
}
