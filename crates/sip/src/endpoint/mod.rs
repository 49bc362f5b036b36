//! All transactions of one SIP node: bytes and time in, bytes and events out.
//!
//! It resends, absorbs what is repeated, acknowledges failures, matches CANCEL and refuses what is malformed or not
//! understood. Dialogs, and what a request means, are the user's.

mod client;
mod compose;
mod flow;
mod lingering;
mod room;
mod server;
mod urgent;

pub use client::{ClientId, Failure};
pub use compose::{Reply, Request};
pub use flow::{ConnectionId, Flow, NextHop, network};
pub use server::ServerId;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use slotmap::SlotMap;

use self::client::Client;
use self::lingering::Lingering;
use self::room::Room;
use self::server::Server;
use self::urgent::Urgent;
use crate::message::{Defect, Malformed, Message};
use crate::random::Random;
use crate::status::Status;
use crate::tag::Tag;
use crate::transaction::{Hashed, KeyHasher, RandomKeys, Timers};
use crate::uas::Capabilities;
use crate::wheel::Wheel;

/// What the owner must do next; drain [`Endpoint::poll`] after every input.
#[derive(Debug)]
pub enum Output {
    /// Send these bytes.
    Transmit {
        /// Where to.
        flow: Flow,
        /// One whole message.
        bytes: Bytes,
    },
    /// Tell the user of the transactions.
    Event(Event),
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A request that is new and well-formed, never ACK or CANCEL. It must be answered.
    Request {
        /// For [`Endpoint::answer`].
        id: ServerId,
        /// The request.
        request: Arc<Message>,
        /// How it came.
        flow: Flow,
    },
    /// The ACK for a 2xx that was sent; it may carry a session description.
    Acknowledged {
        /// The INVITE's.
        id: ServerId,
        /// The ACK.
        ack: Box<Message>,
    },
    /// No ACK came for a 2xx: the session must be ended with BYE (RFC 3261 §13.3.1.4).
    Unacknowledged {
        /// The INVITE's, which is forgotten now.
        id: ServerId,
    },
    /// No PRACK came for a reliable provisional response in 64 × T1: the INVITE should be refused with 5xx (RFC 3262 §3).
    Unconfirmed {
        /// The INVITE's.
        id: ServerId,
    },
    /// The caller gave up before a final answer; CANCEL has been answered, the INVITE awaits its 487.
    Cancelled {
        /// The INVITE's.
        id: ServerId,
        /// The CANCEL, for its Reason.
        cancel: Box<Message>,
    },
    /// A response to a request of ours, each only once. A 2xx to INVITE that is not acknowledged is told again.
    ///
    /// After a 2xx to INVITE others may come from other branches, told apart by their To tag; each wants
    /// [`Endpoint::acknowledge`].
    Response {
        /// As given to [`Endpoint::send`].
        id: ClientId,
        /// The response.
        response: Box<Message>,
        /// Where the request was sent.
        flow: Flow,
    },
    /// A request of ours will get no response.
    Failed {
        /// As given to [`Endpoint::send`]; forgotten now.
        id: ClientId,
        /// Why.
        failure: Failure,
    },
    /// A message that could not be read; a request among them has been answered.
    Malformed {
        /// How it came.
        flow: Flow,
        /// What is wrong with it.
        defect: Defect,
    },
}

/// What an endpoint is told once.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Base values of all timers.
    pub timers: Timers,
    /// What is understood; everything else is refused before the user sees it.
    pub capabilities: Capabilities,
    /// The most requests under way; beyond it new ones get 503. One source gets at most half of them, and an eighth is
    /// kept for requests within dialogs and for [`Endpoint::reserve_for`]. Half as many transactions that are over
    /// linger besides, the youngest.
    pub max_server_transactions: usize,
}

/// Whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timed {
    Server(ServerId),
    Client(ClientId),
}

/// The transaction layer of one node.
pub struct Endpoint {
    settings: Settings,
    keys: KeyHasher,
    random: Random,
    servers: SlotMap<ServerId, Server>,
    room: Room,
    urgent: Urgent,
    lingering: Lingering,
    by_key: RandomKeys<Hashed, ServerId>,
    by_origin: RandomKeys<Hashed, ServerId>,
    clients: RandomKeys<ClientId, Client>,
    by_branch: RandomKeys<u64, ClientId>,
    wheel: Wheel<Timed>,
    outputs: VecDeque<Output>,
}

impl Endpoint {
    /// An endpoint without transactions; `now` is where its time begins.
    #[must_use]
    pub fn new(settings: Settings, mut random: Random, now: Instant) -> Self {
        Self {
            settings,
            keys: KeyHasher::new([random.next_u64(), random.next_u64()]),
            random,
            servers: SlotMap::with_key(),
            room: Room::new(settings.max_server_transactions),
            urgent: Urgent::default(),
            lingering: Lingering::new(settings.max_server_transactions / 2),
            by_key: RandomKeys::default(),
            by_origin: RandomKeys::default(),
            clients: RandomKeys::default(),
            by_branch: RandomKeys::default(),
            wheel: Wheel::new(now),
            outputs: VecDeque::new(),
        }
    }

    /// INVITEs to these numbers, which are emergency numbers, are taken as long as there is any place for a request, and
    /// their calls whatever else they require, as [`Capabilities::inspect_urgent`] has it.
    pub fn reserve_for(&mut self, numbers: Arc<[Box<str>]>) {
        self.urgent = Urgent::new(numbers);
    }

    /// One whole message came on `flow`.
    pub fn receive(&mut self, bytes: Bytes, flow: Flow, now: Instant) {
        match Message::parse(bytes) {
            Ok(message) => self.receive_message(message, flow, now),
            Err(malformed) => self.refuse(&malformed, flow),
        }
    }

    /// One message came on `flow`; for owners that look at it first.
    pub fn receive_message(&mut self, message: Message, flow: Flow, now: Instant) {
        if message.is_request() {
            self.receive_request(message, flow, now);
        } else {
            self.receive_response(message, now);
        }
    }

    /// A message came on `flow` that cannot be read; if it is a request that can be answered, it is.
    pub fn refuse(&mut self, malformed: &Malformed, flow: Flow) {
        let defect = malformed.defect;
        if let Some(request) = &malformed.request {
            let reason = reason_for(defect);
            self.answer_statelessly(request, flow, &Reply { reason, ..Reply::new(defect.status()) });
        }
        self.tell(Event::Malformed { flow, defect });
    }

    /// Time has come to [`Endpoint::next_timeout`].
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timed) = self.wheel.pop_expired(now) {
            match timed {
                Timed::Server(id) => self.server_timeout(id, now),
                Timed::Client(id) => self.client_timeout(id, now),
            }
        }
    }

    /// When to call [`Endpoint::handle_timeout`]; `None` while nothing is under way.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.wheel.next_wake()
    }

    /// The next thing to do; `None` when all has been handed out.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How many transactions are under way or linger: those received, those sent.
    #[must_use]
    pub fn transactions(&self) -> (usize, usize) {
        (self.servers.len(), self.clients.len())
    }

    /// Answers without a transaction: the same request gets the same answer, and its ACK is ignored (RFC 3261 §8.2.7).
    fn answer_statelessly(&mut self, request: &Message, flow: Flow, reply: &Reply) {
        let tag = tag_of(self.keys.transaction(request, request.method()));
        let bytes = compose::response(request, &flow, reply, tag);
        self.transmit(flow.answer_to(request), bytes);
    }

    fn transmit(&mut self, flow: Flow, bytes: Bytes) {
        self.outputs.push_back(Output::Transmit { flow, bytes });
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}

/// A To tag that the same request always gets.
fn tag_of(key: Hashed) -> Tag {
    Tag::from_bits(key.half())
}

/// The reason phrase for a defect, where it says more than the status does.
fn reason_for(defect: Defect) -> Option<&'static str> {
    use crate::header::HeaderName;
    match defect {
        Defect::StartLine => Some("Malformed Request Line"),
        Defect::HeaderLine | Defect::NoEnd => Some("Malformed Header"),
        Defect::TooManyHeaders => Some("Too Many Headers"),
        Defect::Missing(HeaderName::CallId) => Some("Missing Call-ID"),
        Defect::Missing(HeaderName::CSeq) => Some("Missing CSeq"),
        Defect::Missing(HeaderName::From) => Some("Missing From"),
        Defect::Missing(HeaderName::To) => Some("Missing To"),
        Defect::Missing(HeaderName::ContentLength) => Some("Missing Content-Length"),
        Defect::Missing(_) => Some("Missing Header"),
        Defect::Repeated(_) => Some("Repeated Header"),
        Defect::Bad(HeaderName::CSeq) => Some("Malformed CSeq"),
        Defect::Bad(HeaderName::From) => Some("Malformed From"),
        Defect::Bad(HeaderName::To) => Some("Malformed To"),
        Defect::Bad(HeaderName::Via) => Some("Malformed Via"),
        Defect::Bad(HeaderName::ContentLength) => Some("Malformed Content-Length"),
        Defect::Bad(_) => Some("Malformed Header Value"),
        Defect::MethodMismatch => Some("CSeq Names Another Method"),
        Defect::Truncated => Some("Body Shorter Than Content-Length"),
        Defect::TooLarge | Defect::Version => None,
    }
}

/// 503 while there are too many transactions.
fn overloaded() -> Reply {
    let mut reply = Reply::new(Status::SERVICE_UNAVAILABLE);
    reply.headers.add(crate::header::HeaderName::RetryAfter, b"5");
    reply
}
