//! Who may ask what: one place decides for every request, and for every password wherever it is asked for.
//!
//! A message passes two points:
//!
//! 1. `Access::admit`, before the SIP engine makes anything of it: networks that are denied, scanners, bans without an
//!    answer, and who asks too often without showing who it is. What is refused here gets not one byte.
//! 2. `Access::sign_in`, for requests that cost or reveal something: the device that sent it, by digest or because it is
//!    pinned to its address, or the answer: a challenge, or a refusal with its reason.
//!
//! Other doors than SIP tell of a wrong guess ([`WrongGuess`]) and ask before they look at a password
//! (`Access::is_banned`); what is held against a source is one account for all of them.

mod ban;
mod door;
mod guesses;
mod help;
mod network;
mod pace;
mod per_source;
mod pinned;
mod policy;
mod scanner;
mod sign_in;
mod strikes;
#[cfg(test)]
mod tests;

pub use ban::{Ban, BanPolicy, BanReason, Banned};
pub use door::{Door, WrongGuess};
pub use network::{Network, NetworkSet};
pub use pace::Pace;
pub use policy::AccessPolicy;

pub(crate) use per_source::PerSource;
pub(crate) use sign_in::Claim;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use warden_sip::digest::Authenticator;
use warden_sip::endpoint::Flow;
use warden_sip::header::{HeaderName, Transport};
use warden_sip::message::Message;
use warden_sip::random::Random;

use self::ban::Bans;
use self::help::{HelpGuesses, calls_for_help};
use self::pace::{Bucket, Buckets};
use self::strikes::Strikes;
use crate::directory::Directory;
use crate::output::{Event, Output};

/// How long a nonce may be used. Phones keep one for many requests; a lost one costs a round trip.
const NONCE_LIFETIME: Duration = Duration::from_mins(5);

/// How many scanners are told of and banned: each may be a datagram with an invented source, and more are only dropped.
const SCANNERS: Pace = Pace { per_second: 20, burst: 200 };

/// Calls for help beyond the pace, by datagram, from where no phone is registered: each gets a challenge, and the source may be
/// invented.
const HELP: Pace = Pace { per_second: 20, burst: 200 };

/// Why a message gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// It comes from a network that is denied.
    Denied,
    /// Its source is banned without an answer.
    Banned,
    /// A scanner has sent it.
    Scanner,
    /// Its source asks too often and does not show who it is.
    TooMany,
}

/// A message that has come, and what is known of it.
#[derive(Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) message: &'a Message,
    pub(crate) flow: Flow,
    /// The sources where phones are registered.
    pub(crate) homes: &'a PerSource,
    /// It names a call or a subscription that there is.
    pub(crate) is_within: bool,
}

/// Everything that is held for or against anybody.
pub(crate) struct Access {
    authenticator: Authenticator,
    random: Random,
    bans: Bans,
    strikes: Strikes,
    help_guesses: HelpGuesses,
    /// By datagram, whose source may be invented, and by connection, whose source is proved.
    unsigned: [Buckets; 2],
    help: Buckets,
    scanners: Bucket,
}

impl Access {
    pub(crate) fn new(realm: &str, mut random: Random, now: Instant) -> Self {
        Self {
            authenticator: authenticator(realm, &mut random, now),
            random,
            bans: Bans::default(),
            strikes: Strikes::default(),
            help_guesses: HelpGuesses::default(),
            unsigned: Default::default(),
            help: Buckets::default(),
            scanners: Bucket::full(now),
        }
    }

    /// Nonces of the old realm become stale.
    pub(crate) fn change_realm(&mut self, realm: &str, now: Instant) {
        self.authenticator = authenticator(realm, &mut self.random, now);
    }

    /// Whether a message is to be heard at all.
    ///
    /// # Errors
    /// Why it is dropped; then nothing may go back.
    pub(crate) fn admit(
        &mut self,
        arrival: Arrival<'_>,
        directory: &Directory,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) -> Result<(), Dropped> {
        let Arrival { message, flow, homes, is_within } = arrival;
        let (source, policy) = (flow.remote.ip(), &directory.access);
        if policy.denies(source) {
            return Err(Dropped::Denied);
        }
        if !message.is_request() || policy.trusts(source) {
            return Ok(());
        }
        if let Some(name) = scanner::name(message, &policy.scanners) {
            let is_home = homes.has(source);
            // A phone of ours that calls for help is heard, whatever it calls itself.
            let may_be_heard = is_home && calls_for_help(message, &directory.dialplan);
            if !may_be_heard {
                self.note_scanner(name, flow, is_home, policy, now, outputs);
                return Err(Dropped::Scanner);
            }
        }
        // Within a call or a subscription: few requests, and those that end something. An ACK is never answered.
        if is_within || message.is_ack() {
            return Ok(());
        }
        let Err(why) = self.admit_unsigned(message, flow, homes, policy, now) else { return Ok(()) };
        // Looked at last, since hardly anything is about to be dropped.
        let is_for_help = calls_for_help(message, &directory.dialplan);
        let is_proved = flow.transport.is_reliable() || homes.has(source);
        if is_for_help && (is_proved || self.help.take(source, HELP, now)) { Ok(()) } else { Err(why) }
    }

    /// Whether something that is no message, or cannot be read, is to be answered.
    pub(crate) fn admit_unread(
        &mut self,
        source: IpAddr,
        transport: Transport,
        policy: &AccessPolicy,
        now: Instant,
    ) -> Result<(), Dropped> {
        if policy.denies(source) {
            return Err(Dropped::Denied);
        }
        if policy.trusts(source) {
            return Ok(());
        }
        if self.is_shut_out(source, now) {
            return Err(Dropped::Banned);
        }
        self.take_unsigned(source, transport, policy, now)
    }

    /// One more from who has not shown who it is.
    fn take_unsigned(
        &mut self,
        source: IpAddr,
        transport: Transport,
        policy: &AccessPolicy,
        now: Instant,
    ) -> Result<(), Dropped> {
        let [datagrams, connections] = &mut self.unsigned;
        let buckets = if transport.is_reliable() { connections } else { datagrams };
        if buckets.take(source, policy.unsigned, now) { Ok(()) } else { Err(Dropped::TooMany) }
    }

    fn admit_unsigned(
        &mut self,
        message: &Message,
        flow: Flow,
        homes: &PerSource,
        policy: &AccessPolicy,
        now: Instant,
    ) -> Result<(), Dropped> {
        let source = flow.remote.ip();
        if self.is_shut_out(source, now) {
            return Err(Dropped::Banned);
        }
        // Where phones are registered, a flood of others is not to keep them from registering again.
        if message.header(HeaderName::Authorization).is_some() && homes.has(source) {
            return Ok(());
        }
        self.take_unsigned(source, flow.transport, policy, now)
    }

    /// Whether a source is banned without an answer.
    pub(super) fn is_shut_out(&self, source: IpAddr, now: Instant) -> bool {
        self.bans.of_address(source, now).is_some_and(|ban| match ban.reason {
            BanReason::Scanner | BanReason::ByHand => true,
            BanReason::WrongPasswords => false,
        })
    }

    /// At first sight of a scanner its address is banned, unless phones are registered there.
    fn note_scanner(
        &mut self,
        name: &str,
        flow: Flow,
        is_home: bool,
        policy: &AccessPolicy,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) {
        let source = flow.remote.ip();
        if self.is_shut_out(source, now) || !self.scanners.take(SCANNERS, now) {
            return;
        }
        outputs.push_back(Output::Event(Event::Scanner { name: name.into(), source: flow }));
        if policy.bans.enabled && !is_home {
            let (who, duration) = (Banned::address(source), policy.bans.ban_duration);
            let ban = Ban { who, reason: BanReason::Scanner, until: now + duration, duration, attempts: 1 };
            self.ban(ban, now, outputs);
        }
    }
}

fn authenticator(realm: &str, random: &mut Random, now: Instant) -> Authenticator {
    let mut secret = [0; 32];
    random.fill(&mut secret);
    Authenticator::new(realm, secret, NONCE_LIFETIME, now)
}
