//! One turn: an input goes in, and everything that comes of it is carried where it belongs.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::{broadcast, mpsc, watch};
use tracing::debug;
use warden_call::access::{AccessPolicy, Ban, BanReason, Banned, Dropped};
use warden_call::call_event::{CallEvent, CallId};
use warden_call::directory::{Directory, Extension};
use warden_call::media::MediaEvent;
use warden_call::{Event, Input, Output, Pbx, RecordingRefused, RecordingWish};
use warden_sip::endpoint::{self, ClientId, ConnectionId, Endpoint, Flow};
use warden_sip::framer::FramingError;
use warden_sip::header::Transport;
use warden_sip::message::{Malformed, Message};
use warden_sip::resolve::{Answer, Question};
use warden_trace::Recording;

use crate::capture::Tap;
use crate::counters::Counters;
use crate::dns::Dns;
use crate::handle::{AccountInfo, CallInfo, Registration, Save};
use crate::journal::Journal;
use crate::keep_alive::PING;
use crate::media::MediaThreads;
use crate::private::Private;
use crate::report;
use crate::tcp::Destination;

/// One message that is to leave at the end of a turn.
pub(crate) struct Transmit {
    pub(crate) flow: Flow,
    pub(crate) bytes: Bytes,
}

/// Where a turn's results go, besides the network and the media threads.
pub(crate) struct Outlets {
    pub(crate) counters: Arc<Counters>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) saves: mpsc::Sender<Save>,
    pub(crate) journal: Journal,
    /// For who accepts connections.
    pub(crate) doors: watch::Sender<AccessPolicy>,
    pub(crate) tap: Tap,
}

/// The engines, and the way between them.
pub(crate) struct Turn {
    endpoint: Endpoint,
    pbx: Pbx,
    pub(crate) media: MediaThreads,
    pub(crate) dns: Dns,
    pub(crate) counters: Arc<Counters>,
    events: broadcast::Sender<Event>,
    saves: mpsc::Sender<Save>,
    journal: Journal,
    doors: watch::Sender<AccessPolicy>,
    tap: Tap,
    /// What this turn sends. It leaves last, after everything else of the turn has been written down.
    transmits: Vec<Transmit>,
    /// The ways that it asks for, by the requests that are to go there.
    openings: VecDeque<(ClientId, Destination)>,
    /// The connections on which somebody has shown who it is.
    signed_in: Vec<ConnectionId>,
}

impl Turn {
    pub(crate) fn new(endpoint: Endpoint, pbx: Pbx, media: MediaThreads, dns: Dns, outlets: Outlets) -> Self {
        let Outlets { counters, events, saves, journal, tap, doors } = outlets;
        Self {
            endpoint,
            pbx,
            media,
            dns,
            counters,
            events,
            saves,
            journal,
            tap,
            doors,
            transmits: Vec::new(),
            openings: VecDeque::new(),
            signed_in: Vec::new(),
        }
    }

    /// Does what the core wants to begin with.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.drain(now);
    }

    /// What may be a message came. Tells why it was dropped unanswered, if so.
    pub(crate) fn receive(&mut self, bytes: Bytes, flow: Flow, now: Instant) -> Result<(), Dropped> {
        self.counters.received.add_one();
        let heard = match Message::parse(bytes) {
            Ok(message) => {
                let heard = self.pbx.admit(&message, flow, now);
                if heard.is_ok() {
                    self.tap.received(flow, &message, now);
                    self.endpoint.receive_message(message, flow, now);
                }
                heard
            }
            Err(malformed) => self.refuse_malformed(&malformed, flow, now),
        };
        self.drain(now);
        heard.inspect_err(|why| self.counters.note_dropped(*why))
    }

    /// A stream from which nothing more can be read.
    pub(crate) fn refuse(&mut self, error: &FramingError, flow: Flow, now: Instant) {
        self.counters.received.add_one();
        let heard = self.refuse_malformed(&error.into(), flow, now);
        self.drain(now);
        if let Err(why) = heard {
            self.counters.note_dropped(why);
        }
    }

    fn refuse_malformed(&mut self, malformed: &Malformed, flow: Flow, now: Instant) -> Result<(), Dropped> {
        match &malformed.request {
            Some(request) => {
                self.pbx.admit(request, flow, now)?;
                self.tap.received(flow, request, now);
            }
            None => self.pbx.admit_unread(flow.remote.ip(), flow.transport, now)?,
        }
        self.endpoint.refuse(malformed, flow);
        Ok(())
    }

    /// Whether what only keeps a path open is to be answered.
    pub(crate) fn hears(&mut self, source: IpAddr, now: Instant) -> bool {
        self.pbx.admit_unread(source, Transport::Udp, now).inspect_err(|why| self.counters.note_dropped(*why)).is_ok()
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

    /// DNS has answered.
    pub(crate) fn take_answer(&mut self, question: Question, answer: Answer, now: Instant) {
        self.pbx.handle(Input::Answered { question, answer }, now);
        self.drain(now);
    }

    /// A way that was asked for cannot be had, for this reason.
    pub(crate) fn unreached(&mut self, flow: &Flow, reason: String, now: Instant) {
        self.pbx.handle(Input::Unreached { flow: *flow, reason }, now);
        self.flow_failed(flow, now);
    }

    /// A way that is wanted; each is answered by [`Turn::opened`].
    pub(crate) fn next_opening(&mut self) -> Option<(ClientId, Destination)> {
        self.openings.pop_front()
    }

    /// The connections on which somebody has shown who it is since this was asked last.
    pub(crate) fn signed_in(&mut self) -> std::vec::Drain<'_, ConnectionId> {
        self.signed_in.drain(..)
    }

    pub(crate) fn opened(&mut self, id: ClientId, flow: Option<Flow>, now: Instant) {
        self.pbx.handle(Input::Opened { id, flow }, now);
        self.drain(now);
    }

    /// The configuration has changed.
    pub(crate) fn replace_directory(&mut self, directory: Arc<Directory>, now: Instant) {
        self.endpoint.reserve_for(directory.dialplan.emergency_numbers());
        // An error means that nobody accepts connections.
        let _doors = self.doors.send(directory.access.clone());
        self.pbx.handle(Input::Time(since_epoch()), now);
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
        if is_due(self.tap.next_timeout()) {
            self.tap.handle_timeout(now);
        }
        if is_due(self.pbx.next_timeout()) {
            self.pbx.handle_timeout(now);
            self.drain(now);
        }
    }

    /// When to call [`Turn::handle_timeouts`] and [`Turn::transmits`].
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let engines = [self.endpoint.next_timeout(), self.pbx.next_timeout()];
        let rest = [self.journal.next_timeout(), self.tap.next_timeout()];
        engines.into_iter().chain(rest).flatten().min()
    }

    pub(crate) fn registrations(&self, now: Instant) -> Vec<Registration> {
        self.pbx.bindings().map(|binding| Registration::of(binding, self.pbx.health(binding), now)).collect()
    }

    /// The bans that are on, the next to end first.
    pub(crate) fn bans(&self, now: Instant) -> Vec<Ban> {
        self.pbx.bans(now).cloned().collect()
    }

    /// Bans an address by hand.
    pub(crate) fn ban(&mut self, address: IpAddr, duration: Duration, now: Instant) {
        let until = now.checked_add(duration).unwrap_or(now);
        let ban = Ban { who: Banned::address(address), reason: BanReason::ByHand, until, duration, attempts: 0 };
        self.pbx.handle(Input::Ban(ban), now);
        self.drain(now);
    }

    /// Lifts every ban of an address; how many there were.
    pub(crate) fn lift_bans(&mut self, address: IpAddr, now: Instant) -> usize {
        let Banned::Address(source) = Banned::address(address) else { return 0 };
        let count = self.pbx.bans(now).filter(|ban| ban.who.source() == source).count();
        self.pbx.handle(Input::LiftBans(address), now);
        self.drain(now);
        count
    }

    pub(crate) fn accounts(&self, now: Instant) -> Vec<AccountInfo> {
        self.pbx.accounts(now).into_iter().map(|view| AccountInfo::of(view, now)).collect()
    }

    /// Registrations of our own are given up.
    pub(crate) fn leave(&mut self, now: Instant) {
        self.pbx.handle(Input::Leave, now);
        self.drain(now);
    }

    pub(crate) fn has_left(&self) -> bool {
        self.pbx.has_left()
    }

    pub(crate) fn calls(&self, now: Instant) -> Vec<CallInfo> {
        self.pbx.calls().into_iter().map(|view| CallInfo::of(view, now)).collect()
    }

    /// Somebody wants something of the recording of a call.
    pub(crate) fn record(&mut self, call: CallId, wish: RecordingWish, now: Instant) -> Result<(), RecordingRefused> {
        let done = self.pbx.record(call, wish, now);
        self.drain(now);
        done
    }

    /// What is kept of a call.
    pub(crate) fn recording(&self, call: CallId) -> Option<Recording> {
        self.tap.recording(call)
    }

    /// What is kept of the calls that failed last, the newest first.
    pub(crate) fn just_failed(&self, now: Instant) -> Vec<Recording> {
        self.tap.just_failed(now)
    }

    /// Messages have been written down.
    pub(crate) fn messages_saved(&mut self, ids: Vec<u64>, now: Instant) {
        self.pbx.handle(Input::MessagesSaved(ids), now);
        self.drain(now);
    }

    /// The phones of an extension are told to look at their configuration; how many there are.
    pub(crate) fn check_sync(&mut self, extension: &Extension, reboot: bool, now: Instant) -> usize {
        let phones = self.pbx.check_sync(extension, reboot, now);
        self.drain(now);
        phones
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
        self.tap.end_turn();
        self.transmits.drain(..)
    }

    /// Carries outputs until neither engine has any.
    fn drain(&mut self, now: Instant) {
        loop {
            while let Some(output) = self.endpoint.poll() {
                match output {
                    endpoint::Output::Transmit { flow, bytes } => {
                        self.tap.sent(flow, &bytes, now);
                        self.transmits.push(Transmit { flow, bytes });
                    }
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
            Output::KeepAlive { flow } => self.transmits.push(Transmit { flow, bytes: Bytes::from_static(PING) }),
            Output::Ask(question) => self.dns.ask(question),
            Output::Open { id, hop, any_certificate } => {
                self.openings.push_back((id, Destination { hop, any_certificate }));
            }
            Output::SignedIn(connection) => self.signed_in.push(connection),
            Output::Answer { id, reply } => self.endpoint.answer(id, &reply, now),
            Output::Send { id, request, flow } => self.endpoint.send(id, &request, flow, now),
            Output::Acknowledge { id, to_tag, ack, flow } => self.endpoint.acknowledge(id, &to_tag, &ack, flow),
            Output::Confirm { id } => self.endpoint.confirm(id, now),
            Output::Cancel { id, headers } => self.endpoint.cancel(id, headers, now),
            Output::Leg { call, sip_call_id } => self.tap.leg(call, &sip_call_id),
            Output::Media(command) => self.media.carry_out(command),
            Output::Save(change) => self.save(Save::Binding(change)),
            Output::SaveBan(change) => self.save(Save::Ban(change)),
            Output::SaveMessage(change) => self.save(Save::Message(change)),
            Output::Event(event) => {
                report::log(&event);
                self.count_call(&event);
                if let Event::Call { call, event } = &event {
                    self.tap.event(*call, event, now);
                }
                if self.events.receiver_count() > 0 {
                    // An error means that the last listener has gone just now.
                    let _listeners = self.events.send(event.clone());
                }
                self.journal.note(event);
            }
        }
    }

    /// What finds no room is counted: a phone's next refresh brings a binding again, and the sender of a message is told
    /// that it was not kept.
    fn save(&self, change: Save) {
        if self.saves.try_send(change).is_err() && !self.saves.is_closed() {
            self.counters.saves_dropped.add_one();
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

/// By the clock on the wall.
pub(crate) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
