//! Requests that are sent: until their response, or the end of waiting for one.

use std::time::Instant;

use bytes::Bytes;

use super::compose::{self, Request, branch_bits};
use super::{Endpoint, Event, Flow, Timed};
use crate::header::HeaderName;
use crate::message::Message;
use crate::method::Method;
use crate::status::Status;
use crate::transaction::{InviteClient, NonInviteClient, OnResponse, OnTimeout};
use crate::wheel::TimerId;
use crate::write::Headers;

/// A request that was sent, numbered by who sends it: each number once, below 2^63.
///
/// So the sender knows what an answer belongs to before it comes, and may cancel at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u64);

impl ClientId {
    /// The CANCEL of this INVITE.
    fn of_cancel(self) -> Self {
        Self(self.0 | 1 << 63)
    }
}

/// Why a request will get no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// None came in time; counts as 408 (RFC 3261 §8.1.3.1).
    TimedOut,
    /// It could not be sent, or the connection broke; counts as 503.
    Transport,
}

enum Machine {
    Invite(InviteClient),
    Other(NonInviteClient),
}

impl Machine {
    fn next_timeout(&self) -> Option<Instant> {
        match self {
            Self::Invite(machine) => machine.next_timeout(),
            Self::Other(machine) => machine.next_timeout(),
        }
    }

    fn handle_response(&mut self, status: Status, now: Instant) -> OnResponse {
        match self {
            Self::Invite(machine) => machine.handle_response(status, now),
            Self::Other(machine) => machine.handle_response(status, now),
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> OnTimeout {
        match self {
            Self::Invite(machine) => machine.handle_timeout(now),
            Self::Other(machine) => machine.handle_timeout(now),
        }
    }

    fn is_pending(&self) -> bool {
        match self {
            Self::Invite(machine) => machine.is_pending(),
            Self::Other(machine) => machine.is_pending(),
        }
    }

    fn is_terminated(&self) -> bool {
        match self {
            Self::Invite(machine) => machine.is_terminated(),
            Self::Other(machine) => machine.is_terminated(),
        }
    }
}

/// The most phones whose 2xx to one INVITE is heard; more than a proxy ever forks to.
const MAX_ACCEPTED: usize = 16;

/// The ACK that one 2xx got.
struct SentAck {
    to_tag: Box<[u8]>,
    flow: Flow,
    bytes: Bytes,
}

/// One request under way. Once answered it holds no more than its ACK.
pub(super) struct Client {
    method: Method,
    branch: u64,
    machine: Machine,
    flow: Flow,
    /// The request until its final response, then the ACK of a failure.
    bytes: Bytes,
    acks: Vec<SentAck>,
    /// CANCEL is to be sent with these headers as soon as it may be.
    cancel_wanted: Option<Headers>,
    timer: Option<TimerId>,
    /// Its final response has come.
    lingers: bool,
}

/// What a transaction begins with.
struct Started {
    method: Method,
    branch: u64,
    machine: Machine,
    flow: Flow,
    bytes: Bytes,
}

impl Client {
    /// Whether its Request-URI is `uri`.
    pub(super) fn asked_for(&self, uri: &[u8]) -> bool {
        let mut words = self.bytes.split(|&b| b == b' ');
        words.nth(1) == Some(uri)
    }
}

impl Endpoint {
    /// Sends a request other than ACK and CANCEL in a transaction of its own.
    pub fn send(&mut self, id: ClientId, request: &Request, flow: Flow, now: Instant) {
        // The last bit tells an INVITE from the CANCEL that repeats its branch.
        let branch = self.random.next_u64() & !1;
        let bytes = compose::request(request, &flow, branch);
        let (timers, reliable) = (self.settings.timers, flow.transport.is_reliable());
        let machine = if request.method == Method::Invite {
            Machine::Invite(InviteClient::new(timers, reliable, now))
        } else {
            Machine::Other(NonInviteClient::new(timers, reliable, now))
        };
        self.start_client(id, Started { method: request.method, branch, machine, flow, bytes }, now);
    }

    fn start_client(&mut self, id: ClientId, started: Started, now: Instant) {
        let Started { method, branch, machine, flow, bytes } = started;
        self.transmit(flow, bytes.clone());
        let (acks, cancel_wanted, timer, lingers) = (Vec::new(), None, None, false);
        let client = Client { method, branch, machine, flow, bytes, acks, cancel_wanted, timer, lingers };
        self.clients.insert(id, client);
        self.by_branch.insert(branch | u64::from(method == Method::Cancel), id);
        self.settle_client(id, now);
    }

    /// Sends the ACK for a 2xx with this To tag, and again whenever the 2xx is repeated.
    ///
    /// After 16 different tags for one INVITE further ones are no longer reported: somebody makes them up.
    pub fn acknowledge(&mut self, id: ClientId, to_tag: &[u8], ack: &Request, flow: Flow) {
        let branch = self.random.next_u64() & !1;
        let bytes = compose::request(ack, &flow, branch);
        self.transmit(flow, bytes.clone());
        if let Some(client) = self.clients.get_mut(&id) {
            client.acks.push(SentAck { to_tag: to_tag.into(), flow, bytes });
        }
    }

    /// Gives up an INVITE: CANCEL goes out now, or once a provisional response has come (RFC 3261 §9.1).
    ///
    /// `headers` are added to it, such as Reason (RFC 3326). Nothing is sent for an INVITE that was cancelled before.
    /// The final response, most likely 487, is still reported; a 2xx that crosses the CANCEL is too.
    pub fn cancel(&mut self, id: ClientId, headers: Headers, now: Instant) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Machine::Invite(machine) = &mut client.machine else { return };
        if !machine.may_cancel() {
            client.cancel_wanted = machine.is_pending().then_some(headers);
            return;
        }
        client.cancel_wanted = None;
        machine.handle_cancel(now);
        let (branch, flow, bytes) = (client.branch, client.flow, client.bytes.clone());
        self.settle_client(id, now);
        let Ok(invite) = Message::parse(bytes) else { return };
        let (timers, reliable) = (self.settings.timers, flow.transport.is_reliable());
        let machine = Machine::Other(NonInviteClient::new(timers, reliable, now));
        let bytes = compose::companion(&invite, Method::Cancel, None, &headers);
        self.start_client(id.of_cancel(), Started { method: Method::Cancel, branch, machine, flow, bytes }, now);
    }

    /// The flow is gone: requests that still await a response on it fail at once.
    ///
    /// Costs a walk over all requests under way; connections end seldom.
    pub fn flow_failed(&mut self, flow: &Flow) {
        let is_lost = |client: &Client| client.flow == *flow && client.machine.is_pending();
        let mut lost: Vec<_> = self.clients.iter().filter(|(_, client)| is_lost(client)).map(|(id, _)| *id).collect();
        lost.sort_unstable();
        for id in lost {
            self.end_client(id, Some(Failure::Transport));
        }
    }

    pub(super) fn receive_response(&mut self, response: Message, now: Instant) {
        let Some(status) = response.status() else { return };
        let is_cancel = response.method() == Method::Cancel;
        let bits = response.branch().and_then(branch_bits).map(|bits| bits | u64::from(is_cancel));
        let Some(&id) = bits.and_then(|bits| self.by_branch.get(&bits)) else { return };
        let Some(client) = self.clients.get_mut(&id) else { return };
        if client.method != response.method() {
            return;
        }
        let deed = client.machine.handle_response(status, now);
        let (has_ended, flow) = (!client.machine.is_pending(), client.flow);
        match deed {
            OnResponse::Ignore => {}
            OnResponse::Acknowledge => {
                let ack = client.bytes.clone();
                self.transmit(flow, ack);
            }
            OnResponse::AcknowledgeAndReport => {
                if let Ok(invite) = Message::parse(client.bytes.clone()) {
                    client.bytes =
                        compose::companion(&invite, Method::Ack, response.header(HeaderName::To), &Headers::new());
                    let ack = client.bytes.clone();
                    self.transmit(flow, ack);
                }
                self.report(id, response, flow);
            }
            OnResponse::Report => {
                let to_tag = response.to_tag().unwrap_or_default();
                if let Some(sent) = client.acks.iter().find(|sent| &*sent.to_tag == to_tag) {
                    let (flow, bytes) = (sent.flow, sent.bytes.clone());
                    self.transmit(flow, bytes);
                } else if client.acks.len() < MAX_ACCEPTED {
                    if has_ended {
                        client.bytes = Bytes::new();
                    }
                    self.report(id, response, flow);
                }
            }
        }
        if let Some(headers) = self.clients.get_mut(&id).and_then(|client| client.cancel_wanted.take()) {
            self.cancel(id, headers, now);
        }
        self.settle_client(id, now);
    }

    /// Nobody waits for the answer to a CANCEL.
    fn report(&mut self, id: ClientId, response: Message, flow: Flow) {
        if response.method() != Method::Cancel {
            self.tell(Event::Response { id, response: Box::new(response), flow });
        }
    }

    pub(super) fn client_timeout(&mut self, id: ClientId, now: Instant) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.timer = None;
        match client.machine.handle_timeout(now) {
            OnTimeout::Nothing => {}
            OnTimeout::Resend => {
                let (flow, bytes) = (client.flow, client.bytes.clone());
                self.transmit(flow, bytes);
            }
            OnTimeout::GiveUp => return self.end_client(id, Some(Failure::TimedOut)),
        }
        self.settle_client(id, now);
    }

    /// Forgets the transaction if it has ended, otherwise sets its timer.
    fn settle_client(&mut self, id: ClientId, now: Instant) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        if let Some(timer) = client.timer.take() {
            self.wheel.cancel(timer);
        }
        let at = client.machine.next_timeout();
        // What lingers for no time at all ends here, so that nothing waits for the next tick.
        if at.is_some_and(|at| at <= now) && !client.machine.is_pending() {
            client.machine.handle_timeout(now);
        }
        if client.machine.is_terminated() {
            self.end_client(id, None);
        } else if let Some(at) = at {
            let timed = Timed::Client(id);
            if client.machine.is_pending() {
                client.timer = Some(self.wheel.insert(at, timed));
                return;
            }
            client.timer = Some(self.wheel.insert_loose(at, timed));
            if !std::mem::replace(&mut client.lingers, true) {
                self.linger(timed);
            }
        }
    }

    pub(super) fn end_client(&mut self, id: ClientId, failure: Option<Failure>) {
        let Some(client) = self.clients.remove(&id) else { return };
        if let Some(timer) = client.timer {
            self.wheel.cancel(timer);
        }
        self.by_branch.remove(&(client.branch | u64::from(client.method == Method::Cancel)));
        if let Some(failure) = failure.filter(|_| client.method != Method::Cancel) {
            self.tell(Event::Failed { id, failure });
        }
    }
}
