//! Requests that were received: from the first byte to the last repetition.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use slotmap::new_key_type;

use super::compose::{self, branch_bits};
use super::{Endpoint, Event, Flow, Reply, Timed, overloaded, tag_of};
use crate::header::{HeaderName, Via};
use crate::message::Message;
use crate::method::Method;
use crate::status::Status;
use crate::tag::Tag;
use crate::transaction::{Hashed, InviteServer, NonInviteServer, OnRepeat, OnTimeout};
use crate::uas::Refusal;
use crate::wheel::TimerId;

new_key_type! {
    /// A request that was received; stale once its transaction has ended.
    pub struct ServerId;
}

/// Whether the same request would be answered the same again, so that nothing needs to be kept of it: as the user says, and
/// for no such dialog, and what OPTIONS tells everybody; within a dialog it would come out of order.
fn leaves_nothing(request: &Message, reply: &Reply) -> bool {
    let is_anybodys = reply.is_repeatable || (request.method() == Method::Options && request.to_tag().is_none());
    (is_anybodys && !reply.status.is_provisional()) || reply.status == Status::CALL_DOES_NOT_EXIST
}

enum Machine {
    Invite(InviteServer),
    Other(NonInviteServer),
}

impl Machine {
    fn next_timeout(&self) -> Option<Instant> {
        match self {
            Self::Invite(machine) => machine.next_timeout(),
            Self::Other(machine) => machine.next_timeout(),
        }
    }

    fn handle_repeat(&self) -> OnRepeat {
        match self {
            Self::Invite(machine) => machine.handle_repeat(),
            Self::Other(machine) => machine.handle_repeat(),
        }
    }

    fn handle_answer(&mut self, status: Status, now: Instant) -> bool {
        match self {
            Self::Invite(machine) => machine.handle_answer(status, now),
            Self::Other(machine) => machine.handle_answer(status, now),
        }
    }

    /// As `handle_answer`, for a provisional response that is resent until it is confirmed; only INVITE has such.
    fn handle_reliable(&mut self, now: Instant) -> bool {
        match self {
            Self::Invite(machine) => machine.handle_reliable(now),
            Self::Other(_) => false,
        }
    }

    fn is_terminated(&self) -> bool {
        match self {
            Self::Invite(machine) => machine.is_terminated(),
            Self::Other(machine) => machine.is_terminated(),
        }
    }

    /// Whether time will only end it.
    fn lingers(&self) -> bool {
        match self {
            Self::Invite(machine) => machine.lingers(),
            // It has a timer only then.
            Self::Other(machine) => machine.next_timeout().is_some(),
        }
    }
}

/// One request under way. Once answered it holds no more than the answer and 16-byte keys.
pub(super) struct Server {
    key: Hashed,
    origin: Option<Hashed>,
    machine: Machine,
    /// How the request came.
    flow: Flow,
    /// Where answers go.
    answer_to: Flow,
    /// Until the final answer.
    request: Option<Arc<Message>>,
    /// The last answer; empty before the first.
    response: Bytes,
    /// The To tag of ours in the last answer that had one.
    tag: Option<Tag>,
    /// The reliable provisional response that awaits its PRACK.
    unconfirmed: Bytes,
    timer: Option<TimerId>,
    cancelled: bool,
    /// It is over, and has no place in the room any more.
    lingers: bool,
}

impl Endpoint {
    pub(super) fn receive_request(&mut self, request: Message, flow: Flow, now: Instant) {
        let method = request.method();
        let key_method = if method == Method::Ack { Method::Invite } else { method };
        let key = self.keys.transaction(&request, key_method);
        if let Some(&id) = self.by_key.get(&key) {
            self.receive_repeat(id, request, now);
            return;
        }
        match method {
            Method::Ack => self.receive_ack(request, now),
            Method::Cancel => self.receive_cancel(request, flow),
            Method::Invite
            | Method::Bye
            | Method::Register
            | Method::Options
            | Method::Info
            | Method::Update
            | Method::Prack
            | Method::Refer
            | Method::Subscribe
            | Method::Notify
            | Method::Message
            | Method::Publish
            | Method::Other => self.receive_new(request, flow, key, now),
        }
    }

    /// A request of a known transaction: repeated, or the ACK for its failure.
    fn receive_repeat(&mut self, id: ServerId, request: Message, now: Instant) {
        let Some(server) = self.servers.get_mut(id) else { return };
        if let (Method::Ack, Machine::Invite(machine)) = (request.method(), &mut server.machine) {
            // An ACK for a 2xx should have a branch of its own; some old phones repeat the INVITE's.
            let is_news = machine.handle_ack(now);
            self.acknowledged(id, is_news.then_some(request), now);
        } else if server.machine.handle_repeat() == OnRepeat::Resend && !server.response.is_empty() {
            let (flow, bytes) = (server.answer_to, server.response.clone());
            self.transmit(flow, bytes);
        }
    }

    /// An ACK with a branch of its own: for a 2xx, found by Call-ID, From tag and number.
    fn receive_ack(&mut self, ack: Message, now: Instant) {
        let origin = self.keys.origin(&ack, Method::Invite);
        let Some(&id) = self.by_origin.get(&origin) else { return };
        let Some(Server { machine: Machine::Invite(machine), .. }) = self.servers.get_mut(id) else { return };
        let is_news = machine.handle_ack(now);
        self.acknowledged(id, is_news.then_some(ack), now);
    }

    /// An ACK has arrived; `news` is the first one for a 2xx.
    fn acknowledged(&mut self, id: ServerId, news: Option<Message>, now: Instant) {
        if let Some(ack) = news {
            self.tell(Event::Acknowledged { id, ack: Box::new(ack) });
        }
        // A final answer will not be sent again. An ACK that comes before one belongs to nothing.
        if let Some(server) = self.servers.get_mut(id).filter(|server| server.request.is_none()) {
            server.response = Bytes::new();
        }
        self.settle_server(id, now);
    }

    /// CANCEL is answered here; the INVITE's user decides how the INVITE ends (RFC 3261 §9.2).
    fn receive_cancel(&mut self, cancel: Message, flow: Flow) {
        let invite = self.keys.transaction(&cancel, Method::Invite);
        let Some(&id) = self.by_key.get(&invite) else {
            self.answer_statelessly(&cancel, flow, &Reply::new(Status::CALL_DOES_NOT_EXIST));
            return;
        };
        // The tag of what the INVITE was told; before that, the one that it will be told.
        let tag = self.servers.get(id).map(|server| server.tag.unwrap_or_else(|| tag_of(server.key)));
        self.answer_statelessly(&cancel, flow, &Reply { tag, ..Reply::new(Status::OK) });
        let Some(server) = self.servers.get_mut(id) else { return };
        let Machine::Invite(machine) = &server.machine else { return };
        if machine.is_pending() && !std::mem::replace(&mut server.cancelled, true) {
            self.tell(Event::Cancelled { id, cancel: Box::new(cancel) });
        }
    }

    fn receive_new(&mut self, request: Message, flow: Flow, key: Hashed, now: Instant) {
        let method = request.method();
        if let Err(refusal) = self.inspect(&request) {
            self.answer_statelessly(&request, flow, &refusal.into());
            return;
        }
        let opens = request.to_tag().is_none();
        // Of other requests only those outside dialogs can be merged; an INVITE's ACK needs the entry in any case.
        let origin = (opens || method == Method::Invite).then(|| self.keys.origin(&request, method));
        let is_merged = opens && origin.is_some_and(|origin| self.by_origin.contains_key(&origin));
        if is_merged || (opens && self.has_looped(&request)) {
            self.answer_statelessly(&request, flow, &Reply::new(Status::LOOP_DETECTED));
            return;
        }
        if !self.room.take(&request, flow.remote.ip(), &self.urgent) {
            self.answer_statelessly(&request, flow, &overloaded());
            return;
        }
        let (timers, reliable) = (self.settings.timers, flow.transport.is_reliable());
        let machine = if method == Method::Invite {
            Machine::Invite(InviteServer::new(timers, reliable, now))
        } else {
            Machine::Other(NonInviteServer::new(timers, reliable))
        };
        let request = Arc::new(request);
        let id = self.servers.insert(Server {
            key,
            origin,
            machine,
            flow,
            answer_to: flow.answer_to(&request),
            request: Some(Arc::clone(&request)),
            response: Bytes::new(),
            tag: None,
            unconfirmed: Bytes::new(),
            timer: None,
            cancelled: false,
            lingers: false,
        });
        self.by_key.insert(key, id);
        if let Some(origin) = origin {
            self.by_origin.insert(origin, id);
        }
        self.tell(Event::Request { id, request, flow });
        self.settle_server(id, now);
    }

    fn inspect(&self, request: &Message) -> Result<(), Refusal> {
        let capabilities = &self.settings.capabilities;
        let outcome = capabilities.inspect(request);
        if outcome.is_err() && self.urgent.is_concerned_by(request) {
            return capabilities.inspect_urgent(request);
        }
        outcome
    }

    /// Whether a request that we sent came back unchanged: one of our branches below the top, the same Request-URI.
    ///
    /// A request that comes back for another target is no loop (RFC 3261 §16.3: a spiral).
    fn has_looped(&self, request: &Message) -> bool {
        request.members(HeaderName::Via).skip(1).any(|via| {
            let bits = Via::parse(via).ok().and_then(|via| via.branch()).and_then(branch_bits);
            let sent = bits.and_then(|bits| self.by_branch.get(&bits)).and_then(|id| self.clients.get(id));
            sent.is_some_and(|client| client.asked_for(request.request_uri_text()))
        })
    }

    /// Answers a request. A second final answer, or one after the end, is not sent.
    ///
    /// The challenge to a request without credentials ends its transaction at once (RFC 3261 §8.2.7), and so do 481 and the
    /// answer to OPTIONS: who has not shown who he is leaves nothing behind, and a repeated request is a new one, which
    /// is answered alike. With credentials it lingers, so that a wrong password that is repeated by the network is one
    /// mistake.
    ///
    /// A provisional response with [`Reply::rseq`] is resent until [`Endpoint::confirm`]. One awaits its PRACK at a time:
    /// while it does, another such response is not sent.
    pub fn answer(&mut self, id: ServerId, reply: &Reply, now: Instant) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let Some(request) = server.request.clone() else { return };
        let is_reliable = reply.rseq.is_some() && reply.status.is_provisional();
        let may_be_sent = if is_reliable {
            server.machine.handle_reliable(now)
        } else {
            server.machine.handle_answer(reply.status, now)
        };
        if !may_be_sent {
            return;
        }
        let (key, flow, answer_to) = (server.key, server.flow, server.answer_to);
        let bytes = compose::response(&request, &flow, reply, tag_of(key));
        if let Some(server) = self.servers.get_mut(id) {
            server.response = bytes.clone();
            if reply.status > Status::TRYING {
                server.tag = Some(reply.tag.unwrap_or_else(|| tag_of(key)));
            }
            if is_reliable {
                server.unconfirmed = bytes.clone();
            }
            if !reply.status.is_provisional() {
                (server.request, server.unconfirmed) = (None, Bytes::new());
            }
        }
        self.transmit(answer_to, bytes);
        if leaves_nothing(&request, reply) {
            self.forget_server(id);
        } else {
            self.settle_server(id, now);
        }
    }

    /// The PRACK for a reliable provisional response has come: it is not sent again.
    pub fn confirm(&mut self, id: ServerId, now: Instant) {
        let Some(server) = self.servers.get_mut(id) else { return };
        if let Machine::Invite(machine) = &mut server.machine {
            machine.handle_confirmation();
            server.unconfirmed = Bytes::new();
        }
        self.settle_server(id, now);
    }

    pub(super) fn server_timeout(&mut self, id: ServerId, now: Instant) {
        let Some(server) = self.servers.get_mut(id) else { return };
        server.timer = None;
        let deed = match &mut server.machine {
            Machine::Invite(machine) if machine.must_say_trying(now) => {
                self.answer(id, &Reply::new(Status::TRYING), now);
                return;
            }
            Machine::Invite(machine) => machine.handle_timeout(now),
            Machine::Other(machine) => {
                machine.handle_timeout(now);
                OnTimeout::Nothing
            }
        };
        let is_final = server.request.is_none();
        let (flow, bytes) = (server.answer_to, if is_final { &server.response } else { &server.unconfirmed }.clone());
        match deed {
            OnTimeout::Resend => self.transmit(flow, bytes),
            OnTimeout::GiveUp if !is_final => self.tell(Event::Unconfirmed { id }),
            OnTimeout::GiveUp if bytes.starts_with(b"SIP/2.0 2") => self.tell(Event::Unacknowledged { id }),
            // A failure without ACK ends silently: nothing stands that would have to be torn down.
            OnTimeout::GiveUp | OnTimeout::Nothing => {}
        }
        self.settle_server(id, now);
    }

    /// Forgets the transaction if it has ended, otherwise sets its timer.
    fn settle_server(&mut self, id: ServerId, now: Instant) {
        let Some(server) = self.servers.get_mut(id) else { return };
        if let Some(timer) = server.timer.take() {
            self.wheel.cancel(timer);
        }
        if server.machine.next_timeout().is_some_and(|at| at <= now)
            && let Machine::Other(machine) = &mut server.machine
        {
            machine.handle_timeout(now);
        }
        if server.machine.is_terminated() {
            self.forget_server(id);
        } else if let Some(at) = server.machine.next_timeout() {
            let timed = Timed::Server(id);
            if !server.machine.lingers() {
                server.timer = Some(self.wheel.insert(at, timed));
                return;
            }
            server.timer = Some(self.wheel.insert_loose(at, timed));
            if !std::mem::replace(&mut server.lingers, true) {
                self.room.give_back(server.flow.remote.ip());
                self.linger(timed);
            }
        }
    }

    pub(super) fn forget_server(&mut self, id: ServerId) {
        let Some(server) = self.servers.remove(id) else { return };
        if !server.lingers {
            self.room.give_back(server.flow.remote.ip());
        }
        if let Some(timer) = server.timer {
            self.wheel.cancel(timer);
        }
        self.by_key.remove(&server.key);
        // Another request may have taken the entry over: one INVITE inside a dialog that came by two ways.
        if let Some(origin) = server.origin.filter(|origin| self.by_origin.get(origin) == Some(&id)) {
            self.by_origin.remove(&origin);
        }
    }
}
