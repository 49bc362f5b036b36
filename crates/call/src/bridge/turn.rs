//! What all calls share, and one call's hand on it while it deals with one input.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Instant;

use warden_media::relay::Side;
use warden_sip::endpoint::{ClientId, Flow, Reply, Request, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::print::Print;
use warden_sip::random::Random;
use warden_sip::tag::Tag;
use warden_sip::wheel::{TimerId, Wheel};
use warden_sip::write::Headers;

use super::crowd::Crowd;
use super::failures::Failures;
use super::ports::PortPool;
use super::reason::Reason;
use crate::call_event::{CallEvent, CallId, Destination};
use crate::directory::Directory;
use crate::media::{MediaCommand, PortPair};
use crate::numbers::{Numbers, Part};
use crate::output::{Event, Output};
use crate::registrar::Registrar;
use crate::route::{Route, route};

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// Nobody has answered.
    RingLimit,
    /// The caller has heard nothing of the ringing for a minute.
    StillRinging,
    /// Phones with a higher q have rung alone for a while.
    NextPhones,
    /// No port has come back for a call that is not made yet.
    Ports,
    /// A phone has said too much of its ringing; one that has refused since is not found.
    Progress(ClientId),
    /// A phone has said nothing of a request that was passed on to it.
    Passed(ClientId),
    /// A phone has said nothing of a digit that it was told by INFO.
    Digit(ClientId),
    /// A phone has not said what it thinks of a change.
    Change,
    /// Nobody answers in place of who has asked for a transfer.
    Transfer,
    /// Calls that are to be joined are looked at again.
    Join,
    /// A phone is asked again to follow a transfer.
    Settle,
    /// The phone of the leg with this tag was replaced and has not hung up.
    Farewell(u64),
    /// It is our turn to refresh a leg's session.
    Refresh(Side),
    /// A leg's session was not refreshed.
    Expiry(Side),
    /// The caller has not confirmed what it was told before the answer.
    Confirmation,
}

/// Where everything of every call is found.
pub(super) struct Desk {
    /// Calls by our tags of their legs.
    pub(super) by_tag: HashMap<u64, CallId>,
    /// Calls by INVITEs from phones that are not acknowledged.
    pub(super) by_server: HashMap<ServerId, CallId>,
    /// Calls by requests of ours whose answer is wanted.
    pub(super) by_client: HashMap<ClientId, CallId>,
    pub(super) ports: PortPool,
    pub(super) crowd: Crowd,
    pub(super) failures: Failures,
    pub(super) wheel: Wheel<(CallId, Timer)>,
    /// Calls that want the far end of another one; empty between two inputs.
    pub(super) joins: Vec<CallId>,
    random: Random,
    numbers: Numbers,
}

impl Desk {
    pub(super) fn new(random: Random, now: Instant) -> Self {
        Self {
            by_tag: HashMap::new(),
            by_server: HashMap::new(),
            by_client: HashMap::new(),
            ports: PortPool::default(),
            crowd: Crowd::default(),
            failures: Failures::default(),
            wheel: Wheel::new(now),
            joins: Vec::new(),
            random,
            numbers: Numbers::new(Part::Calls),
        }
    }

    /// The call that a tag of ours belongs to.
    pub(super) fn call_with(&self, tag: &[u8]) -> Option<CallId> {
        self.by_tag.get(&Tag::parse(tag)?).copied()
    }

    /// Random bits below this node's number.
    pub(super) fn bits(&mut self, node: u16) -> u64 {
        u64::from(node) << 48 | self.random.next_u64() >> 16
    }

    /// Sends a request whose answer changes nothing.
    pub(super) fn post(&mut self, request: Request, flow: Flow, outputs: &mut VecDeque<Output>) -> ClientId {
        let id = self.numbers.next();
        outputs.push_back(Output::Send { id, request: Box::new(request), flow });
        id
    }
}

/// What decisions are made from, and where they go.
pub(crate) struct World<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) registrar: &'a Registrar,
    pub(crate) outputs: &'a mut VecDeque<Output>,
    pub(crate) now: Instant,
}

impl World<'_> {
    /// The same for the next call.
    pub(crate) fn again(&mut self) -> World<'_> {
        World { directory: self.directory, registrar: self.registrar, outputs: self.outputs, now: self.now }
    }
}

/// One call deals with one input.
pub(super) struct Turn<'a> {
    pub(super) call: CallId,
    pub(super) desk: &'a mut Desk,
    pub(super) directory: &'a Directory,
    pub(super) registrar: &'a Registrar,
    pub(super) outputs: &'a mut VecDeque<Output>,
    pub(super) now: Instant,
}

impl<'a> Turn<'a> {
    pub(super) fn new(call: CallId, desk: &'a mut Desk, world: World<'a>) -> Self {
        let World { directory, registrar, outputs, now } = world;
        Self { call, desk, directory, registrar, outputs, now }
    }

    /// Overwrites `room` with bytes that nobody can guess.
    pub(super) fn fill_random(&mut self, room: &mut [u8]) {
        self.desk.random.fill(room);
    }

    pub(super) fn tell(&mut self, event: CallEvent) {
        self.outputs.push_back(Output::Event(Event::Call { call: self.call, event }));
    }

    /// Looks up where a number goes; what decided is told.
    pub(super) fn route(&mut self, number: &str) -> Destination {
        let Route { rule, destination } = route(self.directory, number);
        self.tell(CallEvent::Routed { rule, destination: destination.clone() });
        destination
    }

    pub(super) fn media(&mut self, command: MediaCommand) {
        self.outputs.push_back(Output::Media(command));
    }

    pub(super) fn answer(&mut self, id: ServerId, reply: Reply) {
        self.outputs.push_back(Output::Answer { id, reply: Box::new(reply) });
    }

    /// Answers a request that failed on its way; one that did not is answered elsewhere.
    pub(super) fn answer_failure(&mut self, id: ServerId, outcome: Result<(), Box<Reply>>) {
        if let Err(reply) = outcome {
            self.outputs.push_back(Output::Answer { id, reply });
        }
    }

    /// Sends a request whose answer comes back to this call.
    pub(super) fn send(&mut self, request: Request, flow: Flow) -> ClientId {
        let id = self.post(request, flow);
        self.desk.by_client.insert(id, self.call);
        id
    }

    /// As [`Desk::post`].
    pub(super) fn post(&mut self, request: Request, flow: Flow) -> ClientId {
        self.desk.post(request, flow, self.outputs)
    }

    pub(super) fn acknowledge(&mut self, id: ClientId, to_tag: &[u8], ack: Request, flow: Flow) {
        self.outputs.push_back(Output::Acknowledge { id, to_tag: to_tag.into(), ack: Box::new(ack), flow });
    }

    /// The caller has confirmed a provisional response to this INVITE.
    pub(super) fn confirm(&mut self, id: ServerId) {
        self.outputs.push_back(Output::Confirm { id });
    }

    pub(super) fn cancel(&mut self, id: ClientId, reason: Option<Reason>) {
        let mut headers = Headers::new();
        if let Some(reason) = reason {
            reason.add(&mut headers);
        }
        self.outputs.push_back(Output::Cancel { id, headers });
    }

    /// A number for a tag of ours, by which requests find this call from now on.
    pub(super) fn new_tag(&mut self) -> u64 {
        let tag = self.desk.bits(self.directory.calls.node);
        self.desk.by_tag.insert(tag, self.call);
        tag
    }

    /// The same for a tag that finds nothing now.
    pub(super) fn keep_tag(&mut self, tag: u64) -> u64 {
        self.desk.by_tag.insert(tag, self.call);
        tag
    }

    /// A Call-ID of ours.
    pub(super) fn new_call_id(&mut self) -> [u8; 32] {
        let sip_call_id = self.desk.random.hex();
        self.tell_call_id(&sip_call_id);
        sip_call_id
    }

    /// Messages with this Call-ID are of this call.
    pub(super) fn tell_call_id(&mut self, sip_call_id: &[u8]) {
        self.outputs.push_back(Output::Leg { call: self.call, sip_call_id: sip_call_id.into() });
    }

    /// A session identifier for descriptions.
    pub(super) fn new_session_id(&mut self) -> u64 {
        self.desk.random.next_u64() >> 33
    }

    pub(super) fn take_ports(&mut self, local: IpAddr) -> Option<PortPair> {
        let taken = self.desk.ports.take(local);
        if let Some(command) = self.desk.ports.ask(local) {
            self.media(command);
        }
        taken
    }

    /// Takes back ports that no media session has had.
    pub(super) fn put_back(&mut self, ports: PortPair) {
        self.desk.ports.put_back(ports);
    }

    pub(super) fn wait(&mut self, after: std::time::Duration, timer: Timer) -> TimerId {
        self.desk.wheel.insert(self.now + after, (self.call, timer))
    }

    pub(super) fn stop_waiting(&mut self, timer: &mut Option<TimerId>) {
        if let Some(timer) = timer.take() {
            self.desk.wheel.cancel(timer);
        }
    }

    /// `Retry-After` of 0 to 10 s, for who asks while it is somebody else's turn (RFC 3261 §14.2).
    pub(super) fn add_retry_after(&mut self, reply: &mut Reply) {
        let seconds = self.desk.random.below(11);
        reply.headers.add_with(HeaderName::RetryAfter, |out| seconds.print(out));
    }

    /// A number below `n`.
    pub(super) fn below(&mut self, n: u32) -> u32 {
        self.desk.random.below(n)
    }
}
