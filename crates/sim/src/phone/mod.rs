//! A simulated phone: one line, a user who presses keys, and the real SIP engine.

mod coder;
mod dialling;
mod display;
mod errand;
mod fax;
mod incoming;
mod keys;
mod line;
mod offering;
mod parts;
mod recording;
mod refresh;
mod registration;
mod reliable;
mod reports;
mod responses;
mod ringing;
mod sdp;
mod sign_in;
mod sound;
mod switches;
mod timer;
mod transfer;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use warden_call::digits::DigitBy;
use warden_sdp::LocalMedia;
use warden_sdp::srtp::Srtp;
use warden_sip::dialog::{Dialog, Opening};
use warden_sip::endpoint::{ClientId, ConnectionId, Endpoint, Event, Flow, Output, Reply, Request, ServerId, Settings};
use warden_sip::header::{HeaderName, Transport};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::tag::Tag;
use warden_sip::transaction::Timers;
use warden_sip::uas::Capabilities;
use warden_sip::write::{Body, Headers};

use self::line::Line;
use self::registration::Registration;
use self::sound::Sound;
use self::timer::TimerSettings;
use self::transfer::Referral;
use crate::network::Datagram;

pub use self::dialling::Dial;
pub use self::display::PhoneState;
pub use self::errand::Errand;
pub use self::fax::FaxManner;
pub use self::keys::HeardDigit;
pub use self::recording::Sounding;
pub use self::reliable::Reliability;
pub(crate) use self::sdp::with_events;
pub use self::sdp::{G722, G729, PCMA, PCMU};
pub(crate) use self::sound::level;
pub use self::transfer::Leaving;

const CAPABILITIES: Capabilities = Capabilities {
    methods: &[
        Method::Invite,
        Method::Ack,
        Method::Bye,
        Method::Cancel,
        Method::Options,
        Method::Info,
        Method::Update,
        Method::Notify,
        Method::Message,
        Method::Prack,
    ],
    options: &["timer", "eventlist", "100rel"],
};

/// One phone of the world.
pub struct Phone {
    number: String,
    password: String,
    address: SocketAddr,
    /// Where the phone system is.
    server: SocketAddr,
    transport: Transport,
    /// Over TCP, the one that is open.
    connection: Option<ConnectionId>,
    endpoint: Endpoint,
    random: Random,
    line: Line,
    state: PhoneState,
    /// The second line, which is not listened to.
    other: (Line, PhoneState),
    referral: Referral,
    leaving: Leaving,
    requests: u64,
    unplugged: bool,
    manner: Manner,
    fax: FaxManner,
    registration: Option<Registration>,
    /// What it says of its Contact when it registers, each with `;` in front.
    contact_parameters: String,
    /// The option tags that it registers with.
    supported: String,
    user_agent: String,
    /// What it takes its own address to be.
    stated: SocketAddr,
    /// The proxies that add themselves to its REGISTER.
    path: String,
    /// What the next call begins with.
    media: LocalMedia,
    encryption: Srtp,
    timers: TimerSettings,
    reliability: Reliability,
    /// Header lines that it adds to whatever it says of a call.
    additions: Vec<(String, String)>,
    /// Its session descriptions come with its location.
    brings_location: bool,
    sound: Sound,
    /// Whether the other side takes UPDATE.
    allows_update: bool,
    /// INVITEs within calls that are over: a 2xx to them is acknowledged, no more.
    abandoned: Vec<ClientId>,
    /// A query under way, and the last answer to one.
    query: Option<ClientId>,
    answered: Option<Status>,
    progress: Option<Status>,
    failure: Option<(Status, String)>,
    caller: Option<String>,
    end_reason: Option<String>,
    digits: String,
    errands: Vec<Errand>,
    /// What NOTIFY and MESSAGE are answered; `None` when they are not.
    notify_answer: Option<(Status, Option<String>)>,
    unanswered: Vec<(ServerId, Arc<Message>)>,
    unasked: Vec<Arc<Message>>,
}

/// How a phone takes what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Usual,
    /// Refuses every call.
    Busy,
    /// Never answers a re-INVITE or UPDATE.
    Hesitant,
}

/// What a phone is made of, besides chance and time.
pub(crate) struct Unpacked<'a> {
    pub(crate) number: &'a str,
    pub(crate) password: String,
    pub(crate) address: SocketAddr,
    pub(crate) server: SocketAddr,
    pub(crate) index: usize,
}

impl Phone {
    pub(crate) fn new(unpacked: Unpacked<'_>, seed: [u8; 32], now: Instant) -> Self {
        let Unpacked { number, password, address, server, index } = unpacked;
        let settings = Settings { timers: Timers::RFC3261, capabilities: CAPABILITIES, max_server_transactions: 1000 };
        let mut random = Random::from_seed(seed);
        let mut inner = [0; 32];
        random.fill(&mut inner);
        let ssrc = random.below(u32::MAX);
        Self {
            number: number.into(),
            password,
            address,
            server,
            transport: Transport::Udp,
            connection: None,
            endpoint: Endpoint::new(settings, Random::from_seed(inner), now),
            random,
            line: Line::Free,
            state: PhoneState::Idle,
            other: (Line::Free, PhoneState::Idle),
            referral: Referral::default(),
            leaving: Leaving::default(),
            requests: 0,
            unplugged: false,
            manner: Manner::Usual,
            fax: FaxManner::default(),
            registration: None,
            contact_parameters: String::new(),
            supported: String::new(),
            user_agent: "simulated phone".into(),
            stated: address,
            path: String::new(),
            media: sdp::usual_media(address),
            encryption: Srtp::Off,
            timers: TimerSettings::new(),
            reliability: Reliability::Unknown,
            additions: Vec::new(),
            brings_location: false,
            sound: Sound::new(ssrc, index, now),
            allows_update: false,
            abandoned: Vec::new(),
            query: None,
            answered: None,
            progress: None,
            failure: None,
            caller: None,
            end_reason: None,
            digits: String::new(),
            errands: Vec::new(),
            notify_answer: Some((Status::OK, None)),
            unanswered: Vec::new(),
            unasked: Vec::new(),
        }
    }

    pub(crate) fn endpoint(&mut self) -> &mut Endpoint {
        &mut self.endpoint
    }

    /// When to call [`Phone::handle_timeout`].
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let refresh = self.registration.as_ref().and_then(|registration| registration.refresh_at);
        let call = [&self.line, &self.other.0].into_iter().filter_map(|line| match line {
            Line::Up(call) => call.next_timeout(),
            Line::Free | Line::Dialled(_) | Line::Offered(_) => None,
        });
        self.endpoint.next_timeout().into_iter().chain(refresh).chain(call).chain(self.sound.next_timeout()).min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        self.refresh_registration(now);
        for _ in 0..2 {
            self.start_later(now);
            self.refresh_session(now);
            self.swap_lines();
        }
        self.make_sound(now);
    }

    /// Sends OPTIONS to `number` at `peer`.
    pub(crate) fn query(&mut self, number: &str, peer: SocketAddr, now: Instant) {
        let uri = format!("sip:{number}@{peer}");
        let (from, to) = (format!("<sip:{}@{}>", self.number, self.address), format!("<{uri}>"));
        let call_id = self.random.hex::<16>();
        let opening = Opening {
            method: Method::Options,
            uri: uri.as_bytes(),
            from: from.as_bytes(),
            tag: Tag::random(&mut self.random),
            to: to.as_bytes(),
            call_id: &call_id,
            sequence: 1,
            max_forwards: 70,
        };
        self.answered = None;
        self.query = Some(self.send(&opening.request(), self.flow_to(peer), now));
    }

    /// Puts the handset down, or refuses a ringing call.
    pub(crate) fn hang_up(&mut self, now: Instant) {
        match &mut self.line {
            Line::Free => {}
            Line::Dialled(dialling) => {
                dialling.cancelled = true;
                let invite = dialling.invite;
                let mut headers = Headers::new();
                self.add_additions(&mut headers);
                self.endpoint.cancel(invite, headers, now);
            }
            Line::Offered(_) => self.refuse(Status::BUSY_HERE, now),
            Line::Up(call) if call.unacknowledged.is_some() => call.hang_up = true,
            Line::Up(_) => self.end_call(now),
        }
    }

    /// Sends a digit by INFO.
    pub(crate) fn send_digit(&mut self, digit: char, duration: Duration, now: Instant) {
        let Line::Up(call) = &mut self.line else { return };
        let mut info = call.dialog.request(Method::Info);
        let content = format!("Signal={digit}\r\nDuration={}\r\n", duration.as_millis());
        info.body = Some(Body { content_type: "application/dtmf-relay", content: content.into() });
        let dialog = call.dialog.clone();
        self.send(&info, self.flow_to_dialog(&dialog), now);
    }

    /// Presses keys one after another, each for so many milliseconds.
    pub(crate) fn press(&mut self, by: DigitBy, digits: &str, ms: u64) {
        self.sound.keys.press(by, digits, ms);
    }

    /// Acts on what the engine tells; what is left is to be transmitted.
    pub(crate) fn drain(&mut self, now: Instant) -> (Vec<(Flow, bytes::Bytes)>, Vec<Datagram>) {
        let mut transmits = Vec::new();
        if self.unplugged {
            while self.endpoint.poll().is_some() {}
            self.sound.take_sent();
            return (transmits, Vec::new());
        }
        while let Some(output) = self.endpoint.poll() {
            match output {
                Output::Transmit { flow, bytes } if self.brings_location => {
                    transmits.push((flow, parts::with_location(bytes)));
                }
                Output::Transmit { flow, bytes } => transmits.push((flow, bytes)),
                Output::Event(event) => self.handle_event(event, now),
            }
        }
        self.settle_sound(now);
        (transmits, self.sound.take_sent())
    }

    fn handle_event(&mut self, event: Event, now: Instant) {
        let is_of_other_line = self.other.0.is_meant(&event);
        if is_of_other_line {
            self.swap_lines();
        }
        self.handle_on_line(event, now);
        if is_of_other_line {
            self.swap_lines();
        }
    }

    fn handle_on_line(&mut self, event: Event, now: Instant) {
        match event {
            Event::Request { id, request, .. } => self.handle_request(id, &request, now),
            Event::Response { id, response, .. } => self.handle_response(id, &response, now),
            Event::Failed { id, failure } => self.handle_failure(id, failure, now),
            Event::Cancelled { id, cancel } => {
                self.endpoint.answer(id, &Reply::new(Status::REQUEST_TERMINATED), now);
                if matches!(&self.line, Line::Offered(ringing) if ringing.invite == id) {
                    self.note_reason(&cancel);
                    self.free(PhoneState::Idle);
                }
            }
            Event::Unconfirmed { id } => {
                if matches!(&self.line, Line::Offered(ringing) if ringing.invite == id) {
                    self.refuse(Status::SERVER_TIME_OUT, now);
                }
            }
            Event::Acknowledged { id, ack } => self.handle_ack(id, &ack, now),
            Event::Unacknowledged { id } => {
                if self.line.call().is_some_and(|call| call.unacknowledged == Some(id)) {
                    self.end_call(now);
                }
            }
            Event::Malformed { .. } => {}
        }
    }

    /// A new call: what the display showed of the last one is gone.
    fn begin(&mut self) {
        (self.progress, self.failure, self.caller, self.end_reason) = (None, None, None, None);
        self.digits.clear();
        self.sound.reports.begin();
        self.allows_update = false;
    }

    fn fail(&mut self, status: Status, reason: &[u8]) {
        self.failure = Some((status, String::from_utf8_lossy(reason).into_owned()));
    }

    fn free(&mut self, state: PhoneState) {
        self.line = Line::Free;
        self.state = state;
    }

    fn send_bye(&mut self, dialog: &mut Dialog, now: Instant) {
        let mut bye = dialog.request(Method::Bye);
        self.add_additions(&mut bye.headers);
        let flow = self.flow_to_dialog(dialog);
        self.send(&bye, flow, now);
    }

    fn acknowledge(&mut self, id: ClientId, dialog: &Dialog, response: &Message, answer: Option<Body>) {
        let ack = Request { body: answer, ..dialog.ack(response.sequence()) };
        let flow = self.flow_to_dialog(dialog);
        self.endpoint.acknowledge(id, dialog.remote_tag(), &ack, flow);
    }

    fn send(&mut self, request: &Request, flow: Flow, now: Instant) -> ClientId {
        self.requests += 1;
        let id = ClientId(self.requests);
        self.endpoint.send(id, request, flow, now);
        id
    }

    fn add_own_headers(&self, headers: &mut Headers) {
        headers.add(HeaderName::Contact, self.contact().as_bytes());
        CAPABILITIES.add_allow(headers);
        self.add_additions(headers);
    }

    fn add_additions(&self, headers: &mut Headers) {
        for (name, value) in &self.additions {
            headers.add_other(name, |out| out.extend_from_slice(value.as_bytes()));
        }
    }

    fn note_allowed(&mut self, message: &Message) {
        self.allows_update = message.members(HeaderName::Allow).any(|method| method.eq_ignore_ascii_case(b"UPDATE"));
    }

    fn flow_to(&self, remote: SocketAddr) -> Flow {
        Flow { transport: self.transport, local: self.address, remote, connection: self.connection }
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
