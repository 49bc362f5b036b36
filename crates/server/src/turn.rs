//! One turn: an input goes in, and everything that comes of it is carried where it belongs.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::{broadcast, mpsc};
use tracing::debug;
use warden_call::call_event::CallEvent;
use warden_call::directory::Directory;
use warden_call::media::MediaEvent;
use warden_call::{BindingChange, Event, Input, Output, Pbx};
use warden_sip::endpoint::{self, Endpoint, Flow};
use warden_sip::framer::FramingError;

use crate::counters::Counters;
use crate::handle::{CallInfo, Registration};
use crate::journal::Journal;
use crate::media::MediaThreads;
use crate::private::Private;
use crate::report;

/// One message that is to leave at the end of a turn.
pub(crate) struct Transmit {
    pub(crate) flow: Flow,
    pub(crate) bytes: Bytes,
}

/// Where a turn's results go, besides the network and the media threads.
pub(crate) struct Outlets {
    pub(crate) counters: Arc<Counters>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) saves: mpsc::Sender<BindingChange>,
    pub(crate) journal: Journal,
}

/// The engines, and the way between them.
pub(crate) struct Turn {
    endpoint: Endpoint,
    pbx: Pbx,
    pub(crate) media: MediaThreads,
    pub(crate) counters: Arc<Counters>,
    events: broadcast::Sender<Event>,
    saves: mpsc::Sender<BindingChange>,
    journal: Journal,
    /// What this turn sends. It leaves last, after everything else of the turn has been written down.
    transmits: Vec<Transmit>,
}

impl Turn {
    pub(crate) fn new(endpoint: Endpoint, pbx: Pbx, media: MediaThreads, outlets: Outlets) -> Self {
        let Outlets { counters, events, saves, journal } = outlets;
        Self { endpoint, pbx, media, counters, events, saves, journal, transmits: Vec::new() }
    }

    /// What may be a message came.
    pub(crate) fn receive(&mut self, bytes: Bytes, flow: Flow, now: Instant) {
        self.counters.received.add_one();
        self.endpoint.receive(bytes, flow, now);
        self.drain(now);
    }

    /// A stream from which nothing more can be read.
    pub(crate) fn refuse(&mut self, error: &FramingError, flow: Flow, now: Instant) {
        self.counters.received.add_one();
        self.endpoint.refuse(&error.into(), flow);
        self.drain(now);
    }

    /// A media thread tells something.
    pub(crate) fn take_media(&mut self, event: MediaEvent, now: Instant) {
        self.pbx.handle(Input::Media(event), now);
        self.drain(now);
    }

    /// Nothing can be sent there any more.
    pub(crate) fn flow_failed(&mut self, flow: &Flow, now: Instant) {
        self.endpoint.flow_failed(flow);
        self.pbx.handle(Input::FlowEnded(*flow), now);
        self.drain(now);
    }

    /// The configuration has changed.
    pub(crate) fn replace_directory(&mut self, directory: Arc<Directory>, now: Instant) {
        self.endpoint.reserve_for(directory.dialplan.emergency_numbers());
        self.pbx.handle(Input::Directory(directory), now);
        self.drain(now);
    }

    /// Does what is due at `now`.
    pub(crate) fn handle_timeouts(&mut self, now: Instant) {
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if is_due(self.endpoint.next_timeout()) {
            self.endpoint.handle_timeout(now);
            self.drain(now);
        }
        if is_due(self.pbx.next_timeout()) {
            self.pbx.handle_timeout(now);
            self.drain(now);
        }
    }

    /// When to call [`Turn::handle_timeouts`] and [`Turn::transmits`].
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let all = [self.endpoint.next_timeout(), self.pbx.next_timeout(), self.journal.next_timeout()];
        all.into_iter().flatten().min()
    }

    pub(crate) fn registrations(&self, now: Instant) -> Vec<Registration> {
        self.pbx.bindings().map(|binding| Registration::of(binding, now)).collect()
    }

    pub(crate) fn calls(&self, now: Instant) -> Vec<CallInfo> {
        self.pbx.calls().into_iter().map(|view| CallInfo::of(view, now)).collect()
    }

    /// New calls are taken, or refused.
    pub(crate) fn accept_calls(&mut self, accepts: bool, now: Instant) {
        self.pbx.handle(Input::AcceptCalls(accepts), now);
    }

    pub(crate) fn end_calls(&mut self, now: Instant) {
        self.pbx.handle(Input::EndCalls, now);
        self.drain(now);
    }

    /// Whether there is any call, those included that are over and only cleared up.
    pub(crate) fn has_calls(&self) -> bool {
        self.pbx.call_count() > 0
    }

    /// What has gathered to be sent, after what it is about was written down.
    pub(crate) fn transmits(&mut self) -> std::vec::Drain<'_, Transmit> {
        self.journal.write_down(Instant::now());
        self.transmits.drain(..)
    }

    /// Carries outputs until neither engine has any.
    fn drain(&mut self, now: Instant) {
        loop {
            while let Some(output) = self.endpoint.poll() {
                match output {
                    endpoint::Output::Transmit { flow, bytes } => self.transmits.push(Transmit { flow, bytes }),
                    endpoint::Output::Event(event) => {
                        self.note_malformed(&event);
                        self.pbx.handle(Input::Sip(event), now);
                    }
                }
            }
            let Some(output) = self.pbx.poll() else { return };
            self.carry_out(output, now);
        }
    }

    fn carry_out(&mut self, output: Output, now: Instant) {
        match output {
            Output::Answer { id, reply } => self.endpoint.answer(id, &reply, now),
            Output::Send { id, request, flow } => self.endpoint.send(id, &request, flow, now),
            Output::Acknowledge { id, to_tag, ack, flow } => self.endpoint.acknowledge(id, &to_tag, &ack, flow),
            Output::Confirm { id } => self.endpoint.confirm(id, now),
            Output::Cancel { id, headers } => self.endpoint.cancel(id, headers, now),
            Output::Media(command) => self.media.carry_out(command),
            Output::Save(change) => {
                if self.saves.try_send(change).is_err() && !self.saves.is_closed() {
                    self.counters.saves_dropped.add_one();
                }
            }
            Output::Event(event) => {
                report::log(&event);
                self.count_call(&event);
                if self.events.receiver_count() > 0 {
                    // An error means that the last listener has gone just now.
                    let _listeners = self.events.send(event.clone());
                }
                self.journal.note(event);
            }
        }
    }

    fn count_call(&self, event: &Event) {
        let is_recorded = matches!(event, Event::Call { event: CallEvent::Started(_), .. });
        if is_recorded || matches!(event, Event::Unrecorded { .. }) {
            self.counters.calls.add_one();
        }
        if matches!(event, Event::Unrecorded { .. }) {
            self.counters.calls_unrecorded.add_one();
        }
    }

    fn note_malformed(&self, event: &endpoint::Event) {
        if let endpoint::Event::Malformed { flow, defect } = event {
            self.counters.malformed.add_one();
            debug!(target: "SIP", source = %Private(flow.remote), %defect, "malformed message");
        }
    }
}
