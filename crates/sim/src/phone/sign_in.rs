//! How a phone shows who it is: it keeps the server's challenge and answers it, for REGISTER and INVITE alike.

use warden_sip::digest::{Challenge, Exchange, Ha1};
use warden_sip::endpoint::Request;
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::random::Random;

/// A user name, its password, and what the server has asked last.
#[derive(Clone)]
pub(super) struct SignIn {
    username: String,
    password: String,
    challenge: Option<Challenge>,
    count: u32,
    /// Whether the request under way answers a fresh challenge: a second refusal is final.
    signed: bool,
}

impl SignIn {
    pub(super) fn new(username: &str, password: &str) -> Self {
        Self { username: username.into(), password: password.into(), challenge: None, count: 0, signed: false }
    }

    /// Adds credentials, if there was a challenge.
    pub(super) fn sign(&mut self, request: &mut Request, random: &mut Random) {
        let Some(challenge) = &self.challenge else { return };
        self.count += 1;
        let cnonce = random.hex::<16>();
        let method = request.method.name().as_bytes();
        let exchange = Exchange { method, uri: &request.uri, nc: self.count, cnonce: &cnonce };
        let username = self.username.as_bytes();
        let ha1 = Ha1::derive(username, challenge.realm(), self.password.as_bytes());
        let value = challenge.answer(username, &ha1, &exchange);
        request.headers.add(HeaderName::Authorization, &value);
    }

    /// Takes a 401; whether to send again at once.
    pub(super) fn take_challenge(&mut self, response: &Message) -> bool {
        let challenge = Challenge::choose(response.headers(HeaderName::WwwAuthenticate));
        let may_try = challenge.as_ref().is_some_and(|challenge| !self.signed || challenge.is_stale());
        if may_try {
            self.signed = true;
            self.count = 0;
            self.challenge = challenge;
        }
        may_try
    }

    /// The request is done with; the next refusal is a first one again.
    pub(super) fn settle(&mut self) {
        self.signed = false;
    }
}
