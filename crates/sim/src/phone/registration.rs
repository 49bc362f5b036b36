//! A phone's registration: it signs in when challenged, refreshes at half time, and can be told to leave.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_sip::dialog::Opening;
use warden_sip::endpoint::{ClientId, Request};
use warden_sip::header::{HeaderName, Star, contacts};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::print::Print;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::tag::Tag;

use super::Phone;
use super::sign_in::SignIn;

/// What a phone keeps of its registration.
pub(super) struct Registration {
    pub(super) server: SocketAddr,
    sign_in: SignIn,
    /// Zero to leave.
    wanted: Duration,
    call_id: [u8; 16],
    tag: Tag,
    sequence: u32,
    pub(super) under_way: Option<ClientId>,
    pub(super) refresh_at: Option<Instant>,
    pub(super) outcome: Option<Status>,
    pub(super) granted: Option<Duration>,
}

impl Phone {
    /// Registers at `server` for `wanted`, and again before that ends.
    pub(crate) fn register(&mut self, server: SocketAddr, password: &str, wanted: Duration, now: Instant) {
        let sign_in = SignIn::new(&self.number, password);
        self.registration = Some(Registration::new(server, sign_in, wanted, &mut self.random));
        self.send_register(now);
    }

    /// Gives the registration back.
    pub(crate) fn unregister(&mut self, now: Instant) {
        if let Some(registration) = &mut self.registration {
            registration.want(Duration::ZERO);
            self.send_register(now);
        }
    }

    /// Refreshes, when it is time to.
    pub(super) fn refresh_registration(&mut self, now: Instant) {
        if let Some(registration) = &mut self.registration
            && registration.refresh_at.is_some_and(|at| at <= now)
        {
            registration.refresh_at = None;
            self.send_register(now);
        }
    }

    pub(super) fn send_register(&mut self, now: Instant) {
        let contact = self.contact();
        let Some(registration) = &mut self.registration else { return };
        let contact = format!("{contact}{}", self.contact_parameters);
        let mut request = registration.request(&self.number, &contact, &mut self.random);
        request.headers.add(HeaderName::UserAgent, self.user_agent.as_bytes());
        if !self.supported.is_empty() {
            request.headers.add(HeaderName::Supported, self.supported.as_bytes());
        }
        if !self.path.is_empty() {
            request.headers.add(HeaderName::Path, self.path.as_bytes());
        }
        let server = registration.server;
        let id = self.send(&request, self.flow_to(server), now);
        if let Some(registration) = &mut self.registration {
            registration.under_way = Some(id);
        }
    }
}

impl Registration {
    fn new(server: SocketAddr, sign_in: SignIn, wanted: Duration, random: &mut Random) -> Self {
        Self {
            server,
            sign_in,
            wanted,
            call_id: random.hex(),
            tag: Tag::random(random),
            sequence: 0,
            under_way: None,
            refresh_at: None,
            outcome: None,
            granted: None,
        }
    }

    /// From now on this long; zero leaves.
    fn want(&mut self, wanted: Duration) {
        self.wanted = wanted;
        self.sign_in.settle();
        self.outcome = None;
    }

    /// The next REGISTER, signed if there was a challenge.
    fn request(&mut self, number: &str, contact: &str, random: &mut Random) -> Request {
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
        request.headers.add(HeaderName::Contact, contact.as_bytes());
        request.headers.add_value(HeaderName::Expires, &u32::try_from(self.wanted.as_secs()).unwrap_or(u32::MAX));
        self.sign_in.sign(&mut request, random);
        request
    }

    /// Takes the final answer; whether to send again at once.
    pub(super) fn handle_response(&mut self, status: Status, response: &Message, own: &str, now: Instant) -> bool {
        self.under_way = None;
        if status == Status::UNAUTHORIZED && self.sign_in.take_challenge(response) {
            return true;
        }
        self.outcome = Some(status);
        self.sign_in.settle();
        self.granted = if status.is_success() { granted(response, own) } else { None };
        self.refresh_at = self.granted.map(|granted| now + granted / 2);
        false
    }
}

/// How long our own contact has, of all those listed.
fn granted(response: &Message, own: &str) -> Option<Duration> {
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
