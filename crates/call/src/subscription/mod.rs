//! Subscriptions (RFC 6665): who watches whom, and what they are told. A subscription is found by our tag of its dialog.
//!
//! What happens to calls and phones is observed as it is told to everybody: an event says what may have changed, and the
//! state is read again from who has it. So nothing is kept twice, and nothing is done for what nobody watches.

mod body;
mod dialog;
mod end;
mod limits;
mod lines;
mod list;
mod message_summary;
mod observe;
mod one;
mod outside;
mod package;
mod pidf;
mod presence;
mod publish;
mod queue;
mod reg;
mod request;
mod resource;
mod subscribe;
mod xml;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Instant;

use warden_sip::endpoint::ClientId;
use warden_sip::random::Random;
use warden_sip::wheel::Wheel;

use self::limits::Crowd;
use self::lines::Lines;
use self::one::Subscription;
use self::publish::Publications;
use self::queue::Queue;
use self::resource::{Resource, Sources};
use crate::bridge::Bridge;
use crate::directory::{Directory, Extension};
use crate::numbers::{Numbers, Part};
use crate::output::Output;
use crate::registrar::Registrar;

pub use self::message_summary::MessageCounts;
pub(crate) use self::package::{Package, add_allow_events};

/// What is watched.
type Key = (Package, Extension);

/// What a subscription waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    /// It has not been refreshed.
    Expiry(u64),
    /// Its phone wanted to be left alone until now.
    Pause(u64),
    /// A publication has not been refreshed.
    Publication(u64),
    /// The next ones of the queue.
    Queue,
}

/// What decisions are made from, and where they go.
pub(crate) struct Scene<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) registrar: &'a Registrar,
    pub(crate) bridge: &'a Bridge,
    pub(crate) outputs: &'a mut VecDeque<Output>,
    pub(crate) now: Instant,
}

/// All subscriptions of this node.
pub(crate) struct Subscriptions {
    /// By our tags.
    all: HashMap<u64, Box<Subscription>>,
    resources: HashMap<Key, Resource>,
    lines: Lines,
    mailboxes: HashMap<Extension, MessageCounts>,
    publications: Publications,
    crowd: Crowd,
    /// By our requests that are not answered.
    by_client: HashMap<ClientId, u64>,
    /// Whose phones are to hear of their mailbox in this turn.
    waiting: BTreeSet<Extension>,
    /// Whose phones have registered in this turn.
    back: BTreeSet<Extension>,
    /// What may have changed in this turn.
    changed: BTreeSet<Key>,
    queue: Queue,
    wheel: Wheel<Timer>,
    /// How many there have been.
    count: u64,
    random: Random,
    numbers: Numbers,
}

impl Subscriptions {
    pub(crate) fn new(random: Random, now: Instant) -> Self {
        Self {
            all: HashMap::new(),
            resources: HashMap::new(),
            lines: Lines::default(),
            mailboxes: HashMap::new(),
            publications: Publications::default(),
            crowd: Crowd::default(),
            by_client: HashMap::new(),
            waiting: BTreeSet::new(),
            back: BTreeSet::new(),
            changed: BTreeSet::new(),
            queue: Queue::default(),
            wheel: Wheel::new(now),
            count: 0,
            random,
            numbers: Numbers::new(Part::Subscriptions),
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.wheel.next_wake()
    }

    pub(crate) fn handle_timeout(&mut self, scene: &mut Scene<'_>) {
        while let Some(timer) = self.wheel.pop_expired(scene.now) {
            match timer {
                Timer::Expiry(tag) => self.end(tag, one::Ending::Timeout, scene),
                Timer::Pause(tag) => self.go_on(tag),
                Timer::Publication(tag) => self.end_publication(tag),
                Timer::Queue => self.queue.may_go_on(),
            }
        }
    }

    /// How much is kept: subscriptions, what they watch, calls, requests, timers. For tests.
    pub(crate) fn kept(&self) -> [usize; 5] {
        [
            self.all.len(),
            self.resources.len(),
            self.lines.len(),
            self.by_client.len(),
            self.wheel.len() + self.publications.len(),
        ]
    }
}

/// Reads what somebody might publish: how many activities it has, and its note. For fuzzing.
#[doc(hidden)]
#[must_use]
pub fn read_presence(document: &[u8]) -> Option<(usize, String)> {
    pidf::read(document).map(|published| (published.activities.len(), published.note))
}

/// What states are read from.
fn sources<'a>(
    scene: &'a Scene<'_>,
    lines: &'a Lines,
    mailboxes: &'a HashMap<Extension, MessageCounts>,
    publications: &'a Publications,
) -> Sources<'a> {
    let Scene { directory, registrar, bridge, .. } = *scene;
    Sources { directory, registrar, bridge, lines, mailboxes, publications }
}
