//! The core as a whole: takes what comes, gives it to who decides, keeps what they want done.

mod messages;
mod outside;
mod request;
mod response;
mod watch;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use warden_sip::body::ACCEPTED;
use warden_sip::endpoint::{self, Flow, Reply, ServerId};
use warden_sip::header::{HeaderName, Transport, reliable};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::uas::Capabilities;
use warden_sip::write::Headers;

use crate::access::{Access, Arrival, Ban, Dropped};
use crate::bridge::{Bridge, CallView, Kept, RecordingRefused, RecordingWish, World};
use crate::call_event::CallId;
use crate::directory::Directory;
use crate::external::External;
use crate::input::Input;
use crate::instant_message::InstantMessages;
use crate::keep_alive::{Health, KeepAlives};
use crate::output::Output;
use crate::registrant::Registrant;
use crate::registrar::{Binding, Registrar};
use crate::subscription::{Subscriptions, add_allow_events};

/// What the SIP engine is to let through.
pub const CAPABILITIES: Capabilities = Capabilities {
    methods: &[
        Method::Register,
        Method::Invite,
        Method::Ack,
        Method::Bye,
        Method::Cancel,
        Method::Options,
        Method::Info,
        Method::Update,
        Method::Subscribe,
        Method::Refer,
        Method::Notify,
        Method::Prack,
        Method::Message,
        Method::Publish,
    ],
    options: &["timer", "replaces", "norefersub", "eventlist", "path", "outbound", "gruu", reliable::OPTION],
};

/// The phone system's decisions.
pub struct Pbx {
    directory: Arc<Directory>,
    access: Access,
    registrar: Registrar,
    keep_alives: KeepAlives,
    bridge: Bridge,
    subscriptions: Subscriptions,
    external: External,
    registrant: Registrant,
    messages: InstantMessages,
    accepts_calls: bool,
    outputs: VecDeque<Output>,
}

impl Pbx {
    /// A system in which nothing has happened yet.
    #[must_use]
    pub fn new(directory: Arc<Directory>, mut random: Random, now: Instant) -> Self {
        let mut part = || {
            let mut seed = [0; 32];
            random.fill(&mut seed);
            Random::from_seed(seed)
        };
        let mut pbx = Self {
            bridge: Bridge::new(part(), now),
            subscriptions: Subscriptions::new(part(), now),
            messages: InstantMessages::new(part(), now),
            registrant: Registrant::new(part()),
            external: External::default(),
            registrar: Registrar::new(part(), now),
            keep_alives: KeepAlives::new(part(), now),
            access: Access::new(&directory.realm, random, now),
            accepts_calls: true,
            outputs: VecDeque::new(),
            directory,
        };
        pbx.configure(now);
        pbx
    }

    /// One thing happened.
    pub fn handle(&mut self, input: Input, now: Instant) {
        match input {
            Input::Directory(directory) => {
                if directory.realm == self.directory.realm {
                    let changed = directory.with_other_passwords_than(&self.directory).collect();
                    self.access.forgive(&changed, &mut self.outputs);
                } else {
                    self.access.change_realm(&directory.realm, now);
                }
                self.registrar.retain(|extension| directory.people.contains_key(extension), &mut self.outputs);
                self.subscriptions.replace_directory(&directory);
                self.directory = directory;
                self.configure(now);
                self.keep_alives.watch_all(&self.registrar, &self.directory, now);
                let (messages, mut scene) = self.messages(now);
                messages.drop_stale(&mut scene);
            }
            Input::Sip(event) => self.handle_sip(event, now),
            Input::FlowEnded(flow) => {
                self.registrar.disconnect(&flow, &mut self.outputs);
                self.bridge.disconnect(&flow);
                self.subscriptions.disconnect(&flow);
                let (registrant, around) = self.registrant(now);
                registrant.handle_flow_ended(&flow, around);
            }
            Input::Answered { question, answer } => self.handle_answer(&question, &answer, now),
            Input::Opened { id, flow } => self.handle_opened(id, flow, now),
            Input::Unreached { flow, reason } => self.registrant.note_unreached(flow, reason),
            Input::Media(event) => {
                let (bridge, world) = self.bridge(now);
                bridge.handle_media(event, world);
            }
            Input::AcceptCalls(accepts) => self.accepts_calls = accepts,
            Input::EndCalls => {
                let (bridge, world) = self.bridge(now);
                bridge.end_all(world);
            }
            Input::Mailbox { extension, counts } => self.subscriptions.set_mailbox(&extension, counts),
            Input::Leave => {
                let (registrant, around) = self.registrant(now);
                registrant.leave(around);
            }
            Input::Time(since_epoch) => self.messages.set_clock(since_epoch, now),
            Input::RestoreMessages(messages) => self.messages.restore(messages, now),
            Input::MessagesSaved(ids) => {
                let (messages, mut scene) = self.messages(now);
                messages.saved(&ids, &mut scene);
            }
            Input::Restore(bindings) => {
                self.registrar.restore(bindings, &self.directory, now, &mut self.outputs);
                self.keep_alives.watch_all(&self.registrar, &self.directory, now);
            }
            Input::RestoreBans(bans) => self.access.restore(bans, now),
            Input::Ban(ban) => self.access.ban(ban, now, &mut self.outputs),
            Input::LiftBans(address) => self.access.lift(address, &mut self.outputs),
            Input::WrongGuess(guess) => {
                let is_home = self.registrar.homes().has(guess.source);
                self.access.strike(&guess, is_home, &self.directory.access, now, &mut self.outputs);
            }
        }
        self.tell_watchers(now);
    }

    /// Time has come to [`Pbx::next_timeout`].
    pub fn handle_timeout(&mut self, now: Instant) {
        self.registrar.expire(now, &mut self.outputs);
        self.external.handle_timeout(self.directory.speaks, now, &mut self.outputs);
        let (registrant, around) = self.registrant(now);
        registrant.handle_timeout(around);
        self.outputs.extend(self.keep_alives.handle_timeout(&self.registrar, &self.directory, now));
        let (bridge, world) = self.bridge(now);
        bridge.handle_timeout(world);
        let (subscriptions, mut scene) = self.subscriptions(now);
        subscriptions.handle_timeout(&mut scene);
        let (messages, mut scene) = self.messages(now);
        messages.handle_timeout(&mut scene);
        self.tell_watchers(now);
    }

    /// When to call [`Pbx::handle_timeout`]; `None` while nothing is awaited.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let all = [
            self.registrar.next_timeout(),
            self.keep_alives.next_timeout(),
            self.bridge.next_timeout(),
            self.subscriptions.next_timeout(),
            self.external.next_timeout(),
            self.registrant.next_timeout(),
            self.messages.next_timeout(),
        ];
        all.into_iter().flatten().min()
    }

    /// The next thing to do; `None` when all has been handed out.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether a message is to be given to the SIP engine. Ask before; outputs may come of it.
    ///
    /// # Errors
    /// Why it is dropped: nothing may be sent for it.
    pub fn admit(&mut self, message: &Message, flow: Flow, now: Instant) -> Result<(), Dropped> {
        let Self { directory, access, registrar, bridge, subscriptions, outputs, .. } = self;
        let has_tag = message.is_request() && message.method() != Method::Register && message.to_tag().is_some();
        let is_within = has_tag && (bridge.has(message) || subscriptions.has(message));
        access.admit(Arrival { message, flow, homes: registrar.homes(), is_within }, directory, now, outputs)
    }

    /// The same for what is no message, or cannot be read.
    ///
    /// # Errors
    /// Why it is dropped: nothing may be sent for it.
    pub fn admit_unread(&mut self, source: IpAddr, transport: Transport, now: Instant) -> Result<(), Dropped> {
        self.access.admit_unread(source, transport, &self.directory.access, now)
    }

    /// Whether a password from this source in this name is to be refused unread, at whichever door.
    #[must_use]
    pub fn is_banned(&self, source: IpAddr, username: &[u8], now: Instant) -> bool {
        self.access.is_banned(source, username, &self.directory.access, now)
    }

    /// The bans that are on, the next to end first.
    pub fn bans(&self, now: Instant) -> impl Iterator<Item = &Ban> {
        self.access.bans(now)
    }

    /// Who can be reached where, in order of extension.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.registrar.bindings()
    }

    /// Whether the phone there answers; `None` for one that is not asked, or was not yet.
    #[must_use]
    pub fn health(&self, binding: &Binding) -> Option<Health> {
        self.keep_alives.health(binding)
    }

    /// The calls that are not over, the oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<CallView> {
        self.bridge.calls()
    }

    /// Somebody wants something of the recording of a call. Drain [`Pbx::poll`] then.
    ///
    /// # Errors
    /// Why it cannot be; nothing has changed.
    pub fn record(&mut self, call: CallId, wish: RecordingWish, now: Instant) -> Result<(), RecordingRefused> {
        let (bridge, world) = self.bridge(now);
        bridge.record(call, wish, world)
    }

    /// How many calls there are, those included that are over and only cleared up.
    #[must_use]
    pub fn call_count(&self) -> usize {
        self.bridge.count()
    }

    /// What is kept of calls; nothing when all are over and cleared up. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn kept(&self) -> Kept {
        self.bridge.kept()
    }

    /// What is kept of subscriptions: themselves, what they watch, calls, requests, timers. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn kept_subscriptions(&self) -> [usize; 5] {
        self.subscriptions.kept()
    }

    /// How many messages wait, are under way, and have somebody who waits for an answer. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn message_counts(&self) -> [usize; 3] {
        self.messages.counts()
    }

    /// How many RTP ports can be taken. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn free_ports(&self) -> usize {
        self.bridge.free_ports()
    }

    /// The calls, and what they decide from.
    fn bridge(&mut self, now: Instant) -> (&mut Bridge, World<'_>) {
        let Self { directory, registrar, outputs, bridge, .. } = self;
        (bridge, World { directory, registrar, outputs, now })
    }

    fn handle_sip(&mut self, event: endpoint::Event, now: Instant) {
        match event {
            endpoint::Event::Request { id, request, flow } => self.handle_request(id, &request, flow, now),
            endpoint::Event::Acknowledged { id, ack } => {
                let (bridge, world) = self.bridge(now);
                bridge.handle_acknowledged(id, &ack, world);
            }
            endpoint::Event::Unacknowledged { id } => {
                let (bridge, world) = self.bridge(now);
                bridge.handle_unacknowledged(id, world);
            }
            endpoint::Event::Unconfirmed { id } => {
                let (bridge, world) = self.bridge(now);
                bridge.handle_unconfirmed(id, world);
            }
            endpoint::Event::Cancelled { id, cancel } => {
                let (bridge, world) = self.bridge(now);
                bridge.handle_cancelled(id, &cancel, world);
            }
            endpoint::Event::Response { id, response, flow } => self.handle_response(id, &response, flow, now),
            endpoint::Event::Failed { id, failure } => self.handle_failed(id, failure, now),
            // Malformed messages are the owner's to count.
            endpoint::Event::Malformed { .. } => {}
        }
    }

    /// Answers a request that failed on its way; one that did not is answered elsewhere.
    fn answer_failure(&mut self, id: ServerId, outcome: Result<(), Box<Reply>>) {
        if let Err(reply) = outcome {
            self.outputs.push_back(Output::Answer { id, reply });
        }
    }

    fn answer(&mut self, id: ServerId, reply: Reply) {
        self.outputs.push_back(Output::Answer { id, reply: Box::new(reply) });
    }
}

/// What this server can do (RFC 3261 §11.2); reveals nothing that a challenge would not.
pub(crate) fn options_reply() -> Reply {
    let mut headers = Headers::new();
    CAPABILITIES.add_allow(&mut headers);
    CAPABILITIES.add_supported(&mut headers);
    add_allow_events(&mut headers);
    headers.add(HeaderName::Accept, ACCEPTED.as_bytes());
    Reply { headers, ..Reply::new(Status::OK) }
}
