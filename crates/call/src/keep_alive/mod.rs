//! Ways that stay open: a router forgets a phone that hears nothing for half a minute, so phones behind one are asked
//! OPTIONS before that. Whether they answer, and how fast, is told to whoever looks; a phone that is silent is called all
//! the same.

mod budget;
mod health;

pub use health::Health;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use warden_sip::endpoint::{ClientId, Request};
use warden_sip::header::{HeaderName, Transport};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::tag::Tag;
use warden_sip::wheel::Wheel;

use self::budget::Budget;
use crate::bridge::{address_for, name_addr};
use crate::directory::{Directory, Extension, KeepAlive, Nat};
use crate::numbers::{Numbers, Part};
use crate::output::Output;
use crate::registrar::{Binding, BindingId, Registrar};
use crate::to_phone::ToPhone;

/// Half a minute is what routers remember an UDP mapping for at the least, by experience and not by RFC 4787 (2 minutes).
const INTERVAL: Duration = Duration::from_secs(25);
/// The shortest interval. Up to [`JITTER`] is added at random, so that phones that registered together are not asked together.
const SHORTEST: Duration = Duration::from_millis(22_500);
const JITTER: Duration = Duration::from_secs(5);
/// One that finds too many before it waits so long, and up to as long again.
const PUT_OFF: Duration = Duration::from_secs(1);

/// A question under way.
struct Question {
    binding: BindingId,
    asked_at: Instant,
}

/// All ways that are kept open.
pub(crate) struct KeepAlives {
    wheel: Wheel<(Extension, BindingId)>,
    /// Those in the wheel, with what is known of the phones there.
    watched: HashMap<BindingId, Option<Health>>,
    under_way: HashMap<ClientId, Question>,
    numbers: Numbers,
    random: Random,
    budget: Budget,
}

impl KeepAlives {
    pub(crate) fn new(random: Random, now: Instant) -> Self {
        Self {
            wheel: Wheel::new(now),
            watched: HashMap::new(),
            under_way: HashMap::new(),
            numbers: Numbers::new(Part::KeepAlives),
            random,
            budget: Budget::new(now),
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.wheel.next_wake()
    }

    /// What is known of the phone there; `None` while it was not asked, or has not had the time to answer.
    pub(crate) fn health(&self, binding: &Binding) -> Option<Health> {
        self.watched.get(&binding.id()).copied().flatten()
    }

    /// The phones of an extension have registered just now: nothing is forgotten before a whole interval has passed.
    pub(crate) fn watch<'a>(
        &mut self,
        bindings: impl Iterator<Item = &'a Binding>,
        directory: &Directory,
        now: Instant,
    ) {
        for binding in bindings {
            let after = SHORTEST + self.below(JITTER);
            self.watch_one(binding, after, directory, now);
        }
    }

    /// What was read at the start, or another configuration: nobody knows how long these have waited.
    pub(crate) fn watch_all(&mut self, registrar: &Registrar, directory: &Directory, now: Instant) {
        for binding in registrar.bindings() {
            let after = self.below(INTERVAL);
            self.watch_one(binding, after, directory, now);
        }
    }

    fn watch_one(&mut self, binding: &Binding, after: Duration, directory: &Directory, now: Instant) {
        if !self.watched.contains_key(&binding.id()) && is_to_be_asked(binding, directory) {
            self.watched.insert(binding.id(), None);
            self.wheel.insert_loose(now + after, (binding.extension.clone(), binding.id()));
        }
    }

    /// Asks those whose time has come.
    pub(crate) fn handle_timeout(&mut self, registrar: &Registrar, directory: &Directory, now: Instant) -> Vec<Output> {
        let mut outputs = Vec::new();
        while let Some((extension, id)) = self.wheel.pop_expired(now) {
            let binding = registrar.binding(&extension, id).filter(|binding| is_to_be_asked(binding, directory));
            let Some(binding) = binding else {
                self.watched.remove(&id);
                continue;
            };
            let after = if self.budget.take(now) {
                outputs.push(self.ask(binding, directory, now));
                SHORTEST + self.below(JITTER)
            } else {
                PUT_OFF + self.below(PUT_OFF)
            };
            self.wheel.insert_loose(now + after, (extension, id));
        }
        outputs
    }

    fn ask(&mut self, binding: &Binding, directory: &Directory, now: Instant) -> Output {
        let id = self.numbers.next();
        self.under_way.insert(id, Question { binding: binding.id(), asked_at: now });
        Output::Send { id, request: Box::new(self.options(binding, directory)), flow: binding.flow }
    }

    fn options(&mut self, binding: &Binding, directory: &Directory) -> Request {
        let host = address_for(&binding.flow, directory);
        let mut request = ToPhone {
            method: Method::Options,
            binding,
            from: &name_addr("", "warden", host),
            tag: Tag::random(&mut self.random),
            call_id: &self.random.hex::<32>(),
            max_forwards: 70,
        }
        .request(directory);
        request.headers.add(HeaderName::Accept, b"application/sdp");
        request
    }

    /// Any answer shows that the phone is there, except those that a proxy gives for one that is not.
    pub(crate) fn handle_response(&mut self, id: ClientId, response: &Message, now: Instant) {
        let Some(status) = response.status().filter(|status| !status.is_provisional()) else { return };
        if matches!(status, Status::REQUEST_TIMEOUT | Status::FLOW_FAILED) {
            return self.handle_failed(id);
        }
        let Some(Question { binding, asked_at }) = self.under_way.remove(&id) else { return };
        if let Some(health) = self.watched.get_mut(&binding) {
            *health = Some(Health::Answers { round_trip: now.saturating_duration_since(asked_at) });
        }
    }

    pub(crate) fn handle_failed(&mut self, id: ClientId) {
        let Some(Question { binding, asked_at }) = self.under_way.remove(&id) else { return };
        if let Some(health) = self.watched.get_mut(&binding) {
            *health = Some(Health::after_silence(*health, asked_at));
        }
    }

    fn below(&mut self, span: Duration) -> Duration {
        Duration::from_millis(self.random.below(u32::try_from(span.as_millis()).unwrap_or(u32::MAX)).into())
    }
}

/// Whether the way to a phone has to be kept open. A connection tells by itself when it is gone.
fn is_to_be_asked(binding: &Binding, directory: &Directory) -> bool {
    let is_behind_nat = || match directory.nat_of(&binding.extension) {
        Nat::Always => true,
        Nat::Auto => binding.is_behind_nat(),
        Nat::Never => false,
    };
    binding.flow.transport == Transport::Udp
        && match directory.keep_alive {
            KeepAlive::Off => false,
            KeepAlive::Nat => is_behind_nat(),
            KeepAlive::All => true,
        }
}
