//! Who a request comes from: digest with the secrets of the directory.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use warden_sip::digest::{Algorithm, Authenticator, Verdict};
use warden_sip::endpoint::{Flow, Reply};
use warden_sip::header::{AuthParams, HeaderName};
use warden_sip::message::Message;
use warden_sip::random::Random;
use warden_sip::status::Status;

use crate::ban::Bans;
use crate::directory::{Device, Directory};
use crate::output::{Event, Output};

/// How long a nonce may be used. Phones keep one for many requests; a lost one costs a round trip.
const NONCE_LIFETIME: Duration = Duration::from_mins(5);

pub(crate) struct Auth {
    authenticator: Authenticator,
    random: Random,
    bans: Bans,
}

/// A request that wants to be authenticated, and what is known of where it comes from.
#[derive(Clone, Copy)]
pub(crate) struct Claim<'a> {
    pub(crate) request: &'a Message,
    pub(crate) flow: Flow,
    /// Tells whether a phone is registered from the same address; asked only after a wrong password.
    pub(crate) is_home: &'a dyn Fn() -> bool,
    /// It calls for help: the password must be right, but no earlier mistakes stand in the way.
    pub(crate) is_emergency: bool,
}

impl Auth {
    pub(crate) fn new(realm: &str, mut random: Random, now: Instant) -> Self {
        Self { authenticator: authenticator(realm, &mut random, now), random, bans: Bans::default() }
    }

    /// Nonces of the old realm become stale.
    pub(crate) fn change_realm(&mut self, realm: &str, now: Instant) {
        self.authenticator = authenticator(realm, &mut self.random, now);
    }

    /// The device that sent the request.
    ///
    /// # Errors
    /// The answer: a challenge, 400, after a wrong password the same challenge again, and 403 after too many of them,
    /// without a look at the password. An unknown user is answered exactly as a wrong password, after the same work.
    pub(crate) fn check<'d>(
        &mut self,
        claim: Claim<'_>,
        directory: &'d Directory,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) -> Result<&'d Device, Box<Reply>> {
        let request = claim.request;
        let credentials = self.authenticator.ours(request.headers(HeaderName::Authorization));
        if !claim.is_emergency && !self.bans.is_empty() && self.is_banned(credentials, claim.flow, now) {
            return Err(Box::new(Reply { reason: Some("Too Many Wrong Passwords"), ..Reply::new(Status::FORBIDDEN) }));
        }
        let Some(credentials) = credentials else { return Err(Box::new(self.challenge(false, now))) };
        let lookup = |username: &[u8]| directory.devices.get(username).map(|device| &device.ha1);
        match self.authenticator.verify(credentials, request.method_name(), lookup, now) {
            Verdict::Accepted { username, .. } => {
                directory.devices.get(&username).ok_or_else(|| Box::new(self.challenge(false, now)))
            }
            Verdict::Stale => Err(Box::new(self.challenge(true, now))),
            Verdict::NoCredentials => Err(Box::new(self.challenge(false, now))),
            Verdict::Malformed => {
                Err(Box::new(Reply { reason: Some("Malformed Authorization"), ..Reply::new(Status::BAD_REQUEST) }))
            }
            Verdict::Wrong { username } => {
                self.strike(&username, claim, directory, now, outputs);
                Err(Box::new(self.challenge(false, now)))
            }
        }
    }

    fn is_banned(&self, credentials: Option<&[u8]>, flow: Flow, now: Instant) -> bool {
        let username = credentials.and_then(|value| AuthParams::parse(value).ok()?.value("username"));
        self.bans.is_banned(flow.remote.ip(), &username.unwrap_or_default(), now)
    }

    fn strike(
        &mut self,
        username: &[u8],
        claim: Claim<'_>,
        directory: &Directory,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) {
        let unknown = !directory.devices.contains_key(username);
        let event = Event::SignInFailed { username: username.into(), source: claim.flow, unknown };
        outputs.push_back(Output::Event(event));
        let (source, policy) = (claim.flow.remote.ip(), &directory.bans);
        if let Some(who) = self.bans.strike(source, username, (claim.is_home)(), policy, now) {
            outputs.push_back(Output::Event(Event::Banned { who, duration: policy.ban_duration }));
        }
    }

    fn challenge(&mut self, stale: bool, now: Instant) -> Reply {
        let mut reply = Reply::new(Status::UNAUTHORIZED);
        let value = self.authenticator.challenge(now, &mut self.random, stale, Algorithm::Md5);
        reply.headers.add(HeaderName::WwwAuthenticate, &value);
        reply
    }
}

fn authenticator(realm: &str, random: &mut Random, now: Instant) -> Authenticator {
    let mut secret = [0; 32];
    random.fill(&mut secret);
    Authenticator::new(realm, secret, NONCE_LIFETIME, now)
}
