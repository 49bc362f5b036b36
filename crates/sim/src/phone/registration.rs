//! A phone's registration: it signs in when challenged, refreshes at half time, and can be told to leave.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_sip::dialog::Opening;
use warden_sip::digest::{Challenge, Exchange, Ha1};
use warden_sip::endpoint::{ClientId, Request};
use warden_sip::header::{HeaderName, Star, contacts};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::print::Print;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::tag::Tag;

/// What a phone keeps of its registration.
pub(super) struct Registration {
    pub(super) server: SocketAddr,
    password: String,
    /// Zero to leave.
    wanted: Duration,
    call_id: [u8; 16],
    tag: Tag,
    sequence: u32,
    challenge: Option<Challenge>,
    count: u32,
    /// Whether the request under way carries credentials for a fresh challenge: a second refusal is final.
    signed: bool,
    pub(super) under_way: Option<ClientId>,
    pub(super) refresh_at: Option<Instant>,
    pub(super) outcome: Option<Status>,
    pub(super) granted: Option<Duration>,
}

impl Registration {
    pub(super) fn new(server: SocketAddr, password: &str, wanted: Duration, random: &mut Random) -> Self {
        Self {
            server,
            password: password.into(),
            wanted,
            call_id: random.hex(),
            tag: Tag::random(random),
            sequence: 0,
            challenge: None,
            count: 0,
            signed: false,
            under_way: None,
            refresh_at: None,
            outcome: None,
            granted: None,
        }
    }

    /// From now on this long; zero leaves.
    pub(super) fn want(&mut self, wanted: Duration) {
        self.wanted = wanted;
        self.signed = false;
        self.outcome = None;
    }

    /// The next REGISTER, signed if there was a challenge.
    pub(super) fn request(&mut self, number: &str, address: SocketAddr, random: &mut Random) -> Request {
        self.sequence += 1;
        let uri = format!("sip:{}", self.server);
        let identity = format!("<sip:{number}@{}>", self.server);
        let opening = Opening {
            method: Method::Register,
            uri: uri.as_bytes(),
            from: identity.as_bytes(),
            tag: self.tag,
            to: identity.as_bytes(),
            call_id: &self.call_id,
            sequence: self.sequence,
            max_forwards: 70,
        };
        let mut request = opening.request();
        request.headers.add(HeaderName::Contact, format!("<sip:{number}@{address}>").as_bytes());
        request.headers.add_value(HeaderName::Expires, &u32::try_from(self.wanted.as_secs()).unwrap_or(u32::MAX));
        request.headers.add(HeaderName::UserAgent, b"simulated phone");
        if let Some(challenge) = &self.challenge {
            self.count += 1;
            let cnonce = random.hex::<16>();
            let exchange = Exchange { method: b"REGISTER", uri: uri.as_bytes(), nc: self.count, cnonce: &cnonce };
            let ha1 = Ha1::derive(number.as_bytes(), challenge.realm(), self.password.as_bytes());
            let value = challenge.answer(number.as_bytes(), &ha1, &exchange);
            request.headers.add(HeaderName::Authorization, &value);
        }
        request
    }

    /// Takes the final answer; whether to send again at once.
    pub(super) fn handle_response(
        &mut self,
        status: Status,
        response: &Message,
        own: SocketAddr,
        now: Instant,
    ) -> bool {
        self.under_way = None;
        if status == Status::UNAUTHORIZED {
            let challenge = Challenge::choose(response.headers(HeaderName::WwwAuthenticate));
            let may_try = challenge.as_ref().is_some_and(|challenge| !self.signed || challenge.is_stale());
            if may_try {
                self.signed = true;
                self.count = 0;
                self.challenge = challenge;
                return true;
            }
        }
        self.outcome = Some(status);
        self.signed = false;
        self.granted = if status.is_success() { granted(response, own) } else { None };
        self.refresh_at = self.granted.map(|granted| now + granted / 2);
        false
    }
}

/// How long our own contact has, of all those listed.
fn granted(response: &Message, own: SocketAddr) -> Option<Duration> {
    let own = own.to_string();
    let listed = response.headers(HeaderName::Contact).flat_map(contacts).filter_map(Result::ok);
    let ours = listed.filter_map(|contact| match contact {
        Star::One(address) => Some(address),
        Star::All => None,
    });
    let mut ours = ours.filter(|address| {
        let uri = address.uri().ok();
        uri.and_then(|uri| uri.as_sip().map(|uri| uri.host.printed() == own.as_bytes())).unwrap_or(false)
    });
    ours.next()?.expires_s().map(|s| Duration::from_secs(s.into()))
}
