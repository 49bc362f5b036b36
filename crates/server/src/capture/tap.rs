//! The signalling thread's side: sees each message and decision as it passes.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use bytes::Bytes;
use warden_call::call_event::{CallEvent, CallId};
use warden_sip::endpoint::Flow;
use warden_sip::message::{Message, call_id};
use warden_trace::{Key, Recorder, Recording, Tapped, Way};

use super::Job;
use crate::counters::Counters;

/// Keeps what passes, and gives to the capture thread what it wants.
pub(crate) struct Tap {
    recorder: Recorder,
    jobs: Option<SyncSender<Job>>,
    /// Whether every message goes to a collector.
    copies_all: bool,
    /// This turn's messages for the collector: whose they are may only be known at its end.
    turn: Vec<(Option<Key>, Tapped)>,
    counters: Arc<Counters>,
}

impl Tap {
    pub(crate) fn new(jobs: Option<SyncSender<Job>>, copies_all: bool, counters: Arc<Counters>) -> Self {
        Self { recorder: Recorder::new(), jobs, copies_all, turn: Vec::new(), counters }
    }

    /// A message comes.
    pub(crate) fn received(&mut self, flow: Flow, message: &Message, at: Instant) {
        self.message(Way::Received, flow, message.call_id(), message.bytes(), at);
    }

    /// A message of ours leaves.
    pub(crate) fn sent(&mut self, flow: Flow, bytes: &Bytes, at: Instant) {
        self.message(Way::Sent, flow, call_id(bytes).unwrap_or_default(), bytes, at);
    }

    fn message(&mut self, way: Way, flow: Flow, sip_call_id: &[u8], bytes: &Bytes, at: Instant) {
        let key = self.recorder.message(way, flow, sip_call_id, bytes, at);
        if self.copies_all {
            self.turn.push((key, Tapped { at, way, flow, bytes: bytes.clone() }));
        }
    }

    /// Messages with this Call-ID are of this call.
    pub(crate) fn leg(&mut self, call: CallId, sip_call_id: &[u8]) {
        self.recorder.leg(call, sip_call_id);
    }

    /// Something happens to a call.
    pub(crate) fn event(&mut self, call: CallId, event: &CallEvent, at: Instant) {
        self.recorder.event(call, event.clone(), at);
        if self.copies_all
            && matches!(event, CallEvent::Measured(_))
            && let Some(recording) = self.recorder.recording(call)
        {
            self.give(Job::Measured(recording));
        }
    }

    /// What is kept of a call.
    pub(crate) fn recording(&self, call: CallId) -> Option<Recording> {
        self.recorder.recording(call)
    }

    /// The calls that failed last, the newest first.
    pub(crate) fn just_failed(&self, now: Instant) -> Vec<Recording> {
        self.recorder.just_failed(now)
    }

    /// When to call [`Tap::handle_timeout`].
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.recorder.next_timeout()
    }

    /// Gives away the calls that have failed and have said their last words.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        while let Some(recording) = self.recorder.take_failed(now) {
            self.give(Job::Failed(recording));
        }
    }

    /// A turn is over: what came of it is known.
    pub(crate) fn end_turn(&mut self) {
        let mut turn = std::mem::take(&mut self.turn);
        for (key, tapped) in turn.drain(..) {
            let call = key.and_then(|key| self.recorder.call_of(key));
            self.give(Job::Message(call, tapped));
        }
        self.turn = turn;
    }

    fn give(&self, job: Job) {
        if let Some(jobs) = &self.jobs
            && jobs.try_send(job).is_err()
        {
            self.counters.captures_dropped.add_one();
        }
    }
}

impl Drop for Tap {
    /// What still waits for its last words is kept without.
    fn drop(&mut self) {
        while let Some(at) = self.recorder.next_timeout() {
            self.handle_timeout(at);
        }
    }
}
