//! Groups events by call, and knows which segments are still needed.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use warden_call::call_event::{CallEvent, CallId};

use super::MEASURED_WITHIN;
use super::place::Place;
use super::segment::ReadEvent;
use crate::finished::FinishedCall;

/// A call whose events are in the spool and whose record is not in the database.
#[derive(Debug)]
pub(super) struct Held {
    /// Where its first event is.
    pub(super) begin: Place,
    /// Those that have events of it.
    segments: Vec<u32>,
}

/// A call that is not over.
#[derive(Debug)]
struct OpenCall {
    held: Held,
    events: Vec<(Duration, CallEvent)>,
}

/// Calls on their way from the spool to the database.
#[derive(Debug, Default)]
pub(super) struct Gather {
    open: HashMap<CallId, OpenCall>,
    /// Answered ones that are over but for their measurement, and since when.
    ended: VecDeque<(Instant, CallId)>,
    /// To be put into the database.
    finished: VecDeque<(Held, FinishedCall)>,
    /// How many calls need a segment.
    needed: BTreeMap<u32, usize>,
}

impl Gather {
    /// Takes an event that was read at `place`.
    pub(super) fn add(&mut self, (place, (call, at, event)): ReadEvent, now: Instant) {
        let is_start = matches!(event, CallEvent::Started(_));
        let (is_end, is_last) = (matches!(event, CallEvent::Ended(_)), matches!(event, CallEvent::Measured(_)));
        if is_start {
            let held = Held { begin: place, segments: Vec::new() };
            self.open.entry(call).or_insert(OpenCall { held, events: Vec::new() });
        }
        // Without its beginning, in a line that was lost, a call has no record.
        let Some(open) = self.open.get_mut(&call) else { return };
        open.events.push((at, event));
        if !open.held.segments.contains(&place.segment) {
            open.held.segments.push(place.segment);
            *self.needed.entry(place.segment).or_default() += 1;
        }
        // Nobody misses how a call sounded that was not answered.
        let is_answered = || open.events.iter().any(|(_, event)| matches!(event, CallEvent::Answered(_)));
        if is_last || (is_end && !is_answered()) {
            self.finish(call);
        } else if is_end {
            self.ended.push_back((now, call));
        }
    }

    /// Gives up waiting for measurements that should have come; for all of them when `at_once`.
    pub(super) fn settle(&mut self, now: Instant, at_once: bool) {
        let is_due = |since: Instant| at_once || now.saturating_duration_since(since) >= MEASURED_WITHIN;
        while let Some((_, call)) = self.ended.pop_front_if(|(since, _)| is_due(*since)) {
            self.finish(call);
        }
    }

    /// All calls are over: the run that they belong to is.
    pub(super) fn finish_all(&mut self) {
        let calls: Vec<_> = self.open.keys().copied().collect();
        for call in calls {
            self.finish(call);
        }
        self.ended.clear();
    }

    fn finish(&mut self, call: CallId) {
        let Some(OpenCall { held, events }) = self.open.remove(&call) else { return };
        match FinishedCall::fold_unfinished(call, events) {
            Some(finished) => self.finished.push_back((held, finished)),
            None => self.release(&held),
        }
    }

    /// At most this many finished calls, the oldest first.
    pub(super) fn take(&mut self, count: usize) -> Vec<(Held, FinishedCall)> {
        let count = count.min(self.finished.len());
        self.finished.drain(..count).collect()
    }

    /// For calls that could not be put: they wait behind the others, lest one that can never be put stops all.
    pub(super) fn put_back(&mut self, calls: Vec<(Held, FinishedCall)>) {
        self.finished.extend(calls);
    }

    /// The call is in the database: its segments may go.
    pub(super) fn release(&mut self, held: &Held) {
        for segment in &held.segments {
            if let Some(count) = self.needed.get_mut(segment) {
                *count -= 1;
                if *count == 0 {
                    self.needed.remove(segment);
                }
            }
        }
    }

    pub(super) fn needs(&self, segment: u32) -> bool {
        self.needed.contains_key(&segment)
    }

    /// How many finished calls wait.
    pub(super) fn waiting(&self) -> usize {
        self.finished.len()
    }

    /// Whether no call is held.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.finished.is_empty()
    }

    /// The beginning of the oldest call.
    pub(super) fn oldest(&self) -> Option<Place> {
        let open = self.open.values().map(|open| open.held.begin);
        open.chain(self.finished.iter().map(|(held, _)| held.begin)).min()
    }
}

#[cfg(test)]
mod tests {
    use warden_call::call_event::{Answered, Cause, Ender, Ending, Started};
    use warden_call::directory::Extension;

    use super::*;

    fn extension() -> Extension {
        Extension::parse(b"1001").unwrap()
    }

    fn started() -> CallEvent {
        CallEvent::Started(Box::new(Started {
            caller: extension(),
            caller_name: String::new(),
            dialled: "1002".into(),
            sip_call_id: String::new(),
            source: ([192, 0, 2, 1], 5060).into(),
            user_agent: String::new(),
            revision: 1,
        }))
    }

    fn answered() -> CallEvent {
        let source = ([192, 0, 2, 2], 5060).into();
        CallEvent::Answered(Box::new(Answered {
            extension: extension(),
            name: String::new(),
            source,
            user_agent: String::new(),
        }))
    }

    /// How many calls are finished after these events and an end.
    fn finished(events: impl IntoIterator<Item = CallEvent>, waited: Duration) -> usize {
        let (mut gather, start) = (Gather::default(), Instant::now());
        let ended = CallEvent::Ended(Ending { by: Ender::Caller, cause: Cause::HungUp, status: None });
        for event in events.into_iter().chain([ended]) {
            gather.add((Place::default(), (CallId(1), Duration::ZERO, event)), start);
        }
        gather.settle(start + waited, false);
        gather.waiting()
    }

    #[test]
    fn only_an_answered_call_waits_for_its_measurement_and_not_for_ever() {
        assert_eq!(finished([started()], Duration::ZERO), 1);
        assert_eq!(finished([started(), answered()], Duration::ZERO), 0);
        assert_eq!(finished([started(), answered()], MEASURED_WITHIN), 1);
    }
}
