//! A simulated phone: one line, a user who presses keys, and the real SIP engine.

mod registration;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_sip::dialog::{Dialog, Opening};
use warden_sip::endpoint::{ClientId, Endpoint, Event, Failure, Flow, Output, Reply, Request, ServerId, Settings};
use warden_sip::header::{HeaderName, Transport};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::tag::Tag;
use warden_sip::transaction::Timers;
use warden_sip::uas::Capabilities;
use warden_sip::write::Headers;

use self::registration::Registration;

/// What the display shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneState {
    /// Ready.
    Idle,
    /// A number was dialled; nothing has come back.
    Dialling,
    /// The other phone rings.
    RingBack,
    /// This phone rings.
    Ringing,
    /// Two people can talk.
    InCall,
    /// The last call failed or was refused with this status.
    Failed(Status),
}

/// The call on the line, with what is needed to go on with it.
enum Line {
    Free,
    /// Dialled; the tags are not agreed yet.
    Dialled {
        invite: ClientId,
    },
    /// Ringing here.
    Offered {
        invite: ServerId,
        dialog: Dialog,
    },
    /// Answered here; the ACK is still to come, and until then BYE may not be sent (RFC 3261 §15).
    Answered {
        invite: ServerId,
        dialog: Dialog,
        hang_up: bool,
    },
    Up {
        dialog: Dialog,
    },
}

const CAPABILITIES: Capabilities = Capabilities {
    methods: &[Method::Invite, Method::Ack, Method::Bye, Method::Cancel, Method::Options],
    options: &[],
    session_types: &["application/sdp"],
};

/// One phone of the world.
pub struct Phone {
    number: String,
    address: SocketAddr,
    endpoint: Endpoint,
    random: Random,
    line: Line,
    state: PhoneState,
    requests: u64,
    unplugged: bool,
    registration: Option<Registration>,
    /// A registration or query under way, and the last answer to one.
    query: Option<ClientId>,
    answered: Option<Status>,
}

impl Phone {
    pub(crate) fn new(number: &str, address: SocketAddr, seed: [u8; 32], now: Instant) -> Self {
        let settings = Settings { timers: Timers::RFC3261, capabilities: CAPABILITIES, max_server_transactions: 1000 };
        let mut random = Random::from_seed(seed);
        let mut inner = [0; 32];
        random.fill(&mut inner);
        Self {
            number: number.into(),
            address,
            endpoint: Endpoint::new(settings, Random::from_seed(inner), now),
            random,
            line: Line::Free,
            state: PhoneState::Idle,
            requests: 0,
            unplugged: false,
            registration: None,
            query: None,
            answered: None,
        }
    }

    /// What the display shows.
    #[must_use]
    pub fn state(&self) -> PhoneState {
        self.state
    }

    /// The answer to the last [`World::query`](crate::World::query); 408 when none came.
    #[must_use]
    pub fn answered(&self) -> Option<Status> {
        self.answered
    }

    /// How long the registrar has granted; `None` while the phone is not registered.
    #[must_use]
    pub fn registered_for(&self) -> Option<Duration> {
        self.registration.as_ref()?.granted
    }

    /// The registrar's last word; 408 when none came.
    #[must_use]
    pub fn registration_outcome(&self) -> Option<Status> {
        self.registration.as_ref()?.outcome
    }

    /// The phone's number.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// How many transactions it keeps: those received, those sent.
    #[must_use]
    pub fn transactions(&self) -> (usize, usize) {
        self.endpoint.transactions()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn endpoint(&mut self) -> &mut Endpoint {
        &mut self.endpoint
    }

    pub(crate) fn unplug(&mut self) {
        self.unplugged = true;
    }

    /// When to call [`Phone::handle_timeout`].
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let refresh = self.registration.as_ref().and_then(|registration| registration.refresh_at);
        self.endpoint.next_timeout().into_iter().chain(refresh).min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        if let Some(registration) = &mut self.registration
            && registration.refresh_at.is_some_and(|at| at <= now)
        {
            registration.refresh_at = None;
            self.send_register(now);
        }
    }

    /// Registers at `server` for `wanted`, and again before that ends.
    pub(crate) fn register(&mut self, server: SocketAddr, password: &str, wanted: Duration, now: Instant) {
        self.registration = Some(Registration::new(server, password, wanted, &mut self.random));
        self.send_register(now);
    }

    /// Gives the registration back.
    pub(crate) fn unregister(&mut self, now: Instant) {
        if let Some(registration) = &mut self.registration {
            registration.want(Duration::ZERO);
            self.send_register(now);
        }
    }

    fn send_register(&mut self, now: Instant) {
        let Some(registration) = &mut self.registration else { return };
        let request = registration.request(&self.number, self.address, &mut self.random);
        let server = registration.server;
        let id = self.send(&request, self.flow_to(server), now);
        if let Some(registration) = &mut self.registration {
            registration.under_way = Some(id);
        }
    }

    /// Dials `number`, which `peer` answers for.
    pub(crate) fn dial(&mut self, number: &str, peer: SocketAddr, now: Instant) {
        let mut request = self.opening(Method::Invite, number, peer);
        self.add_contact(&mut request.headers);
        let invite = self.send(&request, self.flow_to(peer), now);
        self.line = Line::Dialled { invite };
        self.state = PhoneState::Dialling;
    }

    /// Sends OPTIONS to `number` at `peer`.
    pub(crate) fn query(&mut self, number: &str, peer: SocketAddr, now: Instant) {
        let request = self.opening(Method::Options, number, peer);
        self.answered = None;
        self.query = Some(self.send(&request, self.flow_to(peer), now));
    }

    /// Lifts the handset of a ringing phone.
    pub(crate) fn answer(&mut self, now: Instant) {
        let Line::Offered { invite, dialog } = std::mem::replace(&mut self.line, Line::Free) else { return };
        let mut reply = dialog_reply(Status::OK, &dialog);
        self.add_contact(&mut reply.headers);
        self.endpoint.answer(invite, &reply, now);
        self.line = Line::Answered { invite, dialog, hang_up: false };
        self.state = PhoneState::InCall;
    }

    /// Puts the handset down, or refuses a ringing call.
    pub(crate) fn hang_up(&mut self, now: Instant) {
        match std::mem::replace(&mut self.line, Line::Free) {
            Line::Free => {}
            Line::Dialled { invite } => {
                self.endpoint.cancel(invite, now);
                self.line = Line::Dialled { invite };
            }
            Line::Offered { invite, dialog } => {
                self.endpoint.answer(invite, &dialog_reply(Status::BUSY_HERE, &dialog), now);
                self.state = PhoneState::Idle;
            }
            Line::Answered { invite, dialog, .. } => self.line = Line::Answered { invite, dialog, hang_up: true },
            Line::Up { dialog } => self.say_bye(dialog, now),
        }
    }

    /// Acts on what the engine tells; what is left is to be transmitted.
    pub(crate) fn drain(&mut self, now: Instant) -> Vec<(Flow, bytes::Bytes)> {
        let mut transmits = Vec::new();
        if self.unplugged {
            while self.endpoint.poll().is_some() {}
            return transmits;
        }
        while let Some(output) = self.endpoint.poll() {
            match output {
                Output::Transmit { flow, bytes } => transmits.push((flow, bytes)),
                Output::Event(event) => self.handle_event(event, now),
            }
        }
        transmits
    }

    fn handle_event(&mut self, event: Event, now: Instant) {
        match event {
            Event::Request { id, request, .. } => self.handle_request(id, &request, now),
            Event::Response { id, response } => self.handle_response(id, &response, now),
            Event::Failed { id, failure } => self.handle_failure(id, failure),
            Event::Cancelled { id, .. } => {
                self.endpoint.answer(id, &Reply::new(Status::REQUEST_TERMINATED), now);
                self.free(PhoneState::Idle);
            }
            Event::Acknowledged { .. } => self.handle_ack(now),
            Event::Unacknowledged { .. } => {
                if let Line::Answered { dialog, .. } = std::mem::replace(&mut self.line, Line::Free) {
                    self.say_bye(dialog, now);
                }
            }
            Event::Malformed { .. } => {}
        }
    }

    fn handle_ack(&mut self, now: Instant) {
        match std::mem::replace(&mut self.line, Line::Free) {
            Line::Answered { dialog, hang_up: true, .. } => self.say_bye(dialog, now),
            Line::Answered { dialog, .. } => self.line = Line::Up { dialog },
            other @ (Line::Free | Line::Dialled { .. } | Line::Offered { .. } | Line::Up { .. }) => self.line = other,
        }
    }

    fn handle_request(&mut self, id: ServerId, request: &Message, now: Instant) {
        match request.method() {
            Method::Invite if matches!(self.line, Line::Free) => {
                let tag = Tag::random(&mut self.random);
                let Ok(dialog) = Dialog::from_request(request, tag) else {
                    return self.endpoint.answer(id, &Reply::new(Status::BAD_REQUEST), now);
                };
                let mut reply = dialog_reply(Status::RINGING, &dialog);
                self.add_contact(&mut reply.headers);
                self.endpoint.answer(id, &reply, now);
                self.line = Line::Offered { invite: id, dialog };
                self.state = PhoneState::Ringing;
            }
            Method::Invite => self.endpoint.answer(id, &Reply::new(Status::BUSY_HERE), now),
            Method::Bye => {
                let ours = self.dialog().is_some_and(|dialog| dialog.is_of(request));
                let status = if ours { Status::OK } else { Status::CALL_DOES_NOT_EXIST };
                self.endpoint.answer(id, &Reply::new(status), now);
                if ours {
                    self.free(PhoneState::Idle);
                }
            }
            Method::Options => self.endpoint.answer(id, &Reply::new(Status::OK), now),
            // The engine lets nothing else through.
            Method::Ack
            | Method::Cancel
            | Method::Register
            | Method::Info
            | Method::Update
            | Method::Prack
            | Method::Refer
            | Method::Subscribe
            | Method::Notify
            | Method::Message
            | Method::Publish
            | Method::Other => self.endpoint.answer(id, &Reply::new(Status::METHOD_NOT_ALLOWED), now),
        }
    }

    fn handle_response(&mut self, id: ClientId, response: &Message, now: Instant) {
        let Some(status) = response.status() else { return };
        if self.query == Some(id) {
            self.answered = Some(status);
        }
        if let Some(registration) = self.registration.as_mut().filter(|registration| registration.under_way == Some(id))
            && !status.is_provisional()
        {
            if registration.handle_response(status, response, self.address, now) {
                self.send_register(now);
            }
            return;
        }
        if matches!(self.line, Line::Dialled { invite } if invite == id) {
            self.handle_call_progress(id, status, response);
        } else if status.is_success() && response.method() == Method::Invite {
            self.refuse_second(id, response, now);
        }
    }

    fn handle_call_progress(&mut self, id: ClientId, status: Status, response: &Message) {
        if status.is_provisional() {
            self.state = if status == Status::TRYING { self.state } else { PhoneState::RingBack };
        } else if status.is_success() {
            let Ok(dialog) = Dialog::from_response(response) else { return };
            self.acknowledge(id, &dialog, response);
            self.line = Line::Up { dialog };
            self.state = PhoneState::InCall;
        } else {
            let cancelled = status == Status::REQUEST_TERMINATED;
            self.free(if cancelled { PhoneState::Idle } else { PhoneState::Failed(status) });
        }
    }

    /// A 2xx from another branch, or after giving up: acknowledged and ended at once (RFC 3261 §13.2.2.4).
    fn refuse_second(&mut self, id: ClientId, response: &Message, now: Instant) {
        let Ok(dialog) = Dialog::from_response(response) else { return };
        self.acknowledge(id, &dialog, response);
        self.send_bye(dialog, now);
    }

    fn acknowledge(&mut self, id: ClientId, dialog: &Dialog, response: &Message) {
        let ack = dialog.ack(response.sequence());
        let flow = self.flow_to_dialog(dialog);
        self.endpoint.acknowledge(id, dialog.remote_tag(), &ack, flow);
    }

    fn handle_failure(&mut self, id: ClientId, failure: Failure) {
        let status = match failure {
            Failure::TimedOut => Status::REQUEST_TIMEOUT,
            Failure::Transport => Status::SERVICE_UNAVAILABLE,
        };
        if self.query == Some(id) {
            self.answered = Some(status);
        }
        if let Some(registration) = self.registration.as_mut().filter(|registration| registration.under_way == Some(id))
        {
            registration.outcome = Some(status);
            registration.granted = None;
        }
        if matches!(self.line, Line::Dialled { invite } if invite == id) {
            self.free(PhoneState::Failed(status));
        }
    }

    fn say_bye(&mut self, dialog: Dialog, now: Instant) {
        self.send_bye(dialog, now);
        self.free(PhoneState::Idle);
    }

    fn send_bye(&mut self, mut dialog: Dialog, now: Instant) {
        let bye = dialog.request(Method::Bye);
        let flow = self.flow_to_dialog(&dialog);
        self.send(&bye, flow, now);
    }

    fn send(&mut self, request: &Request, flow: Flow, now: Instant) -> ClientId {
        self.requests += 1;
        let id = ClientId(self.requests);
        self.endpoint.send(id, request, flow, now);
        id
    }

    fn free(&mut self, state: PhoneState) {
        self.line = Line::Free;
        self.state = state;
    }

    fn dialog(&self) -> Option<&Dialog> {
        match &self.line {
            Line::Offered { dialog, .. } | Line::Answered { dialog, .. } | Line::Up { dialog } => Some(dialog),
            Line::Free | Line::Dialled { .. } => None,
        }
    }

    fn opening(&mut self, method: Method, number: &str, peer: SocketAddr) -> Request {
        let uri = format!("sip:{number}@{peer}");
        let call_id = self.random.hex::<16>();
        Opening {
            method,
            uri: uri.as_bytes(),
            from: format!("<sip:{}@{}>", self.number, self.address).as_bytes(),
            tag: Tag::random(&mut self.random),
            to: format!("<{uri}>").as_bytes(),
            call_id: &call_id,
            sequence: 1,
            max_forwards: 70,
        }
        .request()
    }

    fn add_contact(&self, headers: &mut Headers) {
        headers.add(HeaderName::Contact, format!("<sip:{}@{}>", self.number, self.address).as_bytes());
    }

    fn flow_to(&self, remote: SocketAddr) -> Flow {
        Flow { transport: Transport::Udp, local: self.address, remote, connection: None }
    }

    /// Phones of the world have addresses, not names; a name goes nowhere.
    fn flow_to_dialog(&self, dialog: &Dialog) -> Flow {
        let hop = dialog.next_hop();
        let address = hop.as_sip().and_then(|uri| match uri.host.host {
            warden_sip::uri::Host::Address(ip) => Some(SocketAddr::new(ip, uri.host.port.unwrap_or(5060))),
            warden_sip::uri::Host::Name(_) => None,
        });
        self.flow_to(address.unwrap_or(self.address))
    }
}

fn dialog_reply(status: Status, dialog: &Dialog) -> Reply {
    Reply { tag: Tag::parse(dialog.local_tag()).map(Tag::from_bits), ..Reply::new(status) }
}
