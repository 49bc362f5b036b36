//! The system under test: the SIP engine and the call core, wired as the server wires them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_call::{CAPABILITIES, Event, Input, Kept, Output, Pbx};
use warden_sip::endpoint::{self, Endpoint, Flow, Settings};
use warden_sip::message::Message;
use warden_sip::random::Random;
use warden_sip::resolve::Answer;
use warden_sip::transaction::Timers;

use super::directory::DIRECTORIES;
use super::media::Media;
use super::records::Records;
use super::wire::Wire;
use crate::unreadable::check_unreadable;

const SETTINGS: Settings =
    Settings { timers: Timers::RFC3261, capabilities: CAPABILITIES, max_server_transactions: 200 };

/// More than this of one input is a loop, or a way to make Warden flood others.
const MAX_OUTPUTS: usize = 400;

/// More wakes than this while nothing happens: time does not come to an end.
const MAX_WAKES: usize = 20_000;

pub(super) struct Warden {
    endpoint: Endpoint,
    pub(super) pbx: Pbx,
    pub(super) media: Media,
    pub(super) records: Records,
    wire: Wire,
    start: Instant,
    pub(super) now: Instant,
    /// What it has sent, until somebody takes it.
    pub(super) sent: Vec<(Flow, Message)>,
}

impl Warden {
    pub(super) fn new(address: SocketAddr) -> Self {
        let now = Instant::now();
        let [directory, ..] = &*DIRECTORIES;
        let mut endpoint = Endpoint::new(SETTINGS, Random::from_seed([1; 32]), now);
        endpoint.reserve_for(directory.dialplan.emergency_numbers());
        let pbx = Pbx::new(directory.clone(), Random::from_seed([2; 32]), now);
        let (media, records, wire) = (Media::new(address.ip()), Records::default(), Wire::default());
        let mut warden = Self { endpoint, pbx, media, records, wire, start: now, now, sent: Vec::new() };
        warden.tell(Input::Time(Duration::from_secs(1_790_000_000)));
        warden
    }

    pub(super) fn receive(&mut self, bytes: Bytes, flow: Flow) {
        match Message::parse(bytes) {
            Ok(message) if self.pbx.admit(&message, flow, self.now).is_ok() => {
                self.wire.receive(&message, self.now);
                self.endpoint.receive_message(message, flow, self.now);
            }
            Err(malformed) if self.pbx.admit_unread(flow.remote.ip(), flow.transport, self.now).is_ok() => {
                self.endpoint.refuse(&malformed, flow);
            }
            Ok(_) | Err(_) => {}
        }
        self.drain();
    }

    pub(super) fn tell(&mut self, input: Input) {
        self.pbx.handle(input, self.now);
        self.drain();
    }

    pub(super) fn end_flow(&mut self, flow: &Flow) {
        self.endpoint.flow_failed(flow);
        self.tell(Input::FlowEnded(*flow));
    }

    /// Lets time pass, one wake after another.
    pub(super) fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        for _ in 0..MAX_WAKES {
            let timeouts = [self.endpoint.next_timeout(), self.pbx.next_timeout()];
            let Some(at) = timeouts.into_iter().flatten().min().filter(|at| *at <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(at);
            self.endpoint.handle_timeout(self.now);
            self.pbx.handle_timeout(self.now);
            self.drain();
        }
        panic!("there is always something to do");
    }

    /// Carries values between the engines until all are done.
    pub(super) fn drain(&mut self) {
        for _ in 0..MAX_OUTPUTS {
            if let Some(output) = self.pbx.poll() {
                self.carry_out(output);
            } else if let Some(output) = self.endpoint.poll() {
                match output {
                    endpoint::Output::Transmit { flow, bytes } => self.transmit(flow, &bytes),
                    endpoint::Output::Event(event) => self.pbx.handle(Input::Sip(event), self.now),
                }
            } else if let Some(event) = self.media.poll_event() {
                self.pbx.handle(Input::Media(event), self.now);
            } else {
                return;
            }
        }
        panic!("one input has too many consequences");
    }

    fn transmit(&mut self, flow: Flow, bytes: &Bytes) {
        match Message::parse(bytes.clone()) {
            Ok(message) => {
                self.wire.send(&message, self.now);
                self.sent.push((flow, message));
            }
            Err(malformed) => check_unreadable(bytes, &malformed),
        }
    }

    fn carry_out(&mut self, output: Output) {
        let now = self.now;
        match output {
            Output::Answer { id, reply } => self.endpoint.answer(id, &reply, now),
            Output::Send { id, request, flow } => self.endpoint.send(id, &request, flow, now),
            Output::Acknowledge { id, to_tag, ack, flow } => self.endpoint.acknowledge(id, &to_tag, &ack, flow),
            Output::Confirm { id } => self.endpoint.confirm(id, now),
            Output::Cancel { id, headers } => self.endpoint.cancel(id, headers, now),
            Output::Media(command) => self.media.carry_out(command, now),
            Output::Ask(question) => self.pbx.handle(Input::Answered { question, answer: Answer::Nothing }, now),
            Output::Open { id, .. } => self.pbx.handle(Input::Opened { id, flow: None }, now),
            Output::SaveMessage(warden_call::instant_message::MessageChange::Put(message)) => {
                self.pbx.handle(Input::MessagesSaved(vec![message.id]), now);
            }
            Output::Event(Event::Call { call, event }) => self.records.note(call, event, now - self.start),
            Output::SaveMessage(_)
            | Output::Save(_)
            | Output::SaveBan(_)
            | Output::Leg { .. }
            | Output::KeepAlive { .. }
            | Output::SignedIn(_)
            | Output::Event(_) => {}
        }
    }

    /// Every phone has fallen silent and all people are gone: nothing is left.
    pub(super) fn check_over(&mut self) {
        assert_eq!(self.pbx.kept(), Kept::default(), "of calls something is kept");
        assert_eq!(self.pbx.kept_subscriptions(), [0; 5], "of subscriptions something is kept");
        assert_eq!(self.pbx.message_counts(), [0; 3], "of messages something is kept");
        assert_eq!(self.endpoint.transactions(), (0, 0), "a transaction is left");
        assert_eq!(self.endpoint.next_timeout(), None, "a timer is left");
        assert_eq!(self.pbx.bindings().count(), 0, "a binding is left");
        assert!(!self.media.has_sessions(), "a media session is left");
        assert_eq!(self.pbx.free_ports(), self.media.free_ports(), "ports are lost");
        self.records.check();
        self.wire.check_over();
    }
}
