//! The core as a whole: takes what comes, gives it to who decides, keeps what they want done.

mod messages;
mod outside;
mod watch;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use warden_sip::endpoint::{self, ClientId, Failure, Flow, Reply, ServerId};
use warden_sip::header::{HeaderName, NameAddr, reliable};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::uas::Capabilities;
use warden_sip::write::Headers;

use crate::access::{Access, Ban, Claim, Dropped};
use crate::bridge::{Bridge, CallView, Invitation, Kept, Moved, World, is_private};
use crate::directory::{Directory, Extension};
use crate::external::External;
use crate::input::Input;
use crate::instant_message::InstantMessages;
use crate::keep_alive::{Health, KeepAlives};
use crate::numbers::Part;
use crate::output::{Acl, Event, Output};
use crate::registrant::Registrant;
use crate::registrar::{Binding, Gruu, Registering, Registrar};
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
    session_types: &["application/sdp"],
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
                if directory.realm != self.directory.realm {
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
                self.registrar.restore(bindings, &self.directory, now);
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
        let Self { directory, access, registrar, outputs, .. } = self;
        access.admit(message, flow, registrar.homes(), directory, now, outputs)
    }

    /// The same for what is no message, or cannot be read.
    ///
    /// # Errors
    /// Why it is dropped: nothing may be sent for it.
    pub fn admit_unread(&mut self, source: IpAddr, now: Instant) -> Result<(), Dropped> {
        self.access.admit_unread(source, &self.directory.access, now)
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

    /// An answer goes to the part that has asked.
    fn handle_response(&mut self, id: ClientId, response: &Message, flow: Flow, now: Instant) {
        match Part::of(id) {
            Some(Part::Calls) => {
                let (bridge, world) = self.bridge(now);
                bridge.handle_response(id, response, flow, world);
            }
            Some(Part::Subscriptions) => {
                let (subscriptions, mut scene) = self.subscriptions(now);
                subscriptions.handle_response(id, response, &mut scene);
            }
            Some(Part::Registrant) => {
                let (registrant, around) = self.registrant(now);
                registrant.handle_response(id, response, around);
            }
            Some(Part::KeepAlives) => self.keep_alives.handle_response(id, response, now),
            Some(Part::InstantMessages) => {
                let (messages, mut scene) = self.messages(now);
                messages.handle_response(id, response, &mut scene);
            }
            None => {}
        }
    }

    /// No answer will come: that, too, the part that has asked is told.
    fn handle_failed(&mut self, id: ClientId, failure: Failure, now: Instant) {
        match Part::of(id) {
            Some(Part::Calls) => {
                let (bridge, world) = self.bridge(now);
                bridge.handle_failed(id, failure, world);
            }
            Some(Part::Subscriptions) => self.subscriptions.handle_failed(id, failure),
            Some(Part::InstantMessages) => {
                let (messages, mut scene) = self.messages(now);
                messages.handle_failed(id, failure, &mut scene);
            }
            Some(Part::Registrant) => {
                let (registrant, around) = self.registrant(now);
                registrant.handle_failed(id, failure, around);
            }
            Some(Part::KeepAlives) => self.keep_alives.handle_failed(id),
            None => {}
        }
    }

    fn handle_request(&mut self, id: ServerId, request: &Message, flow: Flow, now: Instant) {
        if request.to_tag().is_none() || request.method() == Method::Register {
            return self.handle_new(id, request, flow, now);
        }
        if let Err(reply) = self.check_moved(request, flow, now) {
            return self.answer(id, *reply);
        }
        if request.method() == Method::Subscribe && self.subscriptions.has(request) {
            let outcome = self.resubscribe(id, request, flow, now);
            return self.answer_failure(id, outcome);
        }
        let (bridge, world) = self.bridge(now);
        bridge.handle_request(id, request, flow, world);
    }

    /// Whose device has signed the request.
    ///
    /// # Errors
    /// The answer, as [`Access::sign_in`] has it.
    fn signer(
        &mut self,
        request: &Message,
        flow: Flow,
        is_emergency: bool,
        now: Instant,
    ) -> Result<Extension, Box<Reply>> {
        let claim = Claim { request, flow, homes: self.registrar.homes(), is_emergency };
        let device = self.access.sign_in(claim, &self.directory, now, &mut self.outputs)?;
        Ok(device.extension.clone())
    }

    /// A request within a call from another address must be signed by whose phone it says to be.
    fn check_moved(&mut self, request: &Message, flow: Flow, now: Instant) -> Result<(), Box<Reply>> {
        let Some(Moved { owner, dialled }) = self.bridge.moved(request, flow) else { return Ok(()) };
        let (owner, is_emergency) = (owner.clone(), self.directory.dialplan.is_emergency(dialled));
        let signer = self.signer(request, flow, is_emergency, now)?;
        if signer == owner { Ok(()) } else { Err(self.forbid(&signer, flow, "Not Your Call").into()) }
    }

    /// A request outside dialogs.
    fn handle_new(&mut self, id: ServerId, request: &Message, flow: Flow, now: Instant) {
        match request.method() {
            Method::Register => {
                let reply = self.register(request, flow, now);
                self.answer(id, reply);
            }
            Method::Options => self.answer(id, options_reply()),
            Method::Invite => {
                let outcome = self.invite(id, request, flow, now);
                self.answer_failure(id, outcome);
            }
            Method::Subscribe => {
                let outcome = self.subscribe(id, request, flow, now);
                self.answer_failure(id, outcome);
            }
            Method::Publish => {
                let outcome = self.publish(id, request, flow, now);
                self.answer_failure(id, outcome);
            }
            Method::Message => {
                let outcome = self.message(id, request, flow, now);
                self.answer_failure(id, outcome);
            }
            Method::Bye | Method::Info | Method::Update | Method::Notify | Method::Prack => {
                self.answer(id, Reply::new(Status::CALL_DOES_NOT_EXIST));
            }
            // Nobody makes calls for others who are not in one with them.
            Method::Refer => {
                let reason = Some("Only Within A Call");
                self.answer(id, Reply { reason, ..Reply::new(Status::FORBIDDEN) });
            }
            // The engine lets nothing else through.
            Method::Ack | Method::Cancel | Method::Other => {
                self.answer(id, Reply::new(Status::METHOD_NOT_ALLOWED));
            }
        }
    }

    /// Somebody dials.
    fn invite(&mut self, id: ServerId, request: &Message, flow: Flow, now: Instant) -> Result<(), Box<Reply>> {
        let uri = request.request_uri().ok();
        let gruu = uri.and_then(|uri| self.registrar.gruu(&uri));
        let number = match &gruu {
            Some(Gruu { extension, .. }) => extension.text().to_owned(),
            // No number has other letters; what is none is unknown to the dialplan.
            None => String::from_utf8(uri.and_then(|uri| uri.dialled()).unwrap_or_default()).unwrap_or_default(),
        };
        let is_emergency = self.directory.dialplan.is_emergency(&number);
        if !self.accepts_calls && !is_emergency {
            let mut reply = Reply::new(Status::SERVICE_UNAVAILABLE);
            reply.headers.add(HeaderName::RetryAfter, b"10");
            return Err(reply.into());
        }
        let caller = self.signer(request, flow, is_emergency, now)?;
        // Who calls for help is never refused for what the phone says of itself; the password has told who it is.
        let may_say_so = is_emergency || is_private(request) || request.from().is_ok_and(|from| is_of(&from, &caller));
        if !may_say_so {
            return Err(self.forbid(&caller, flow, "From Is Not Your Extension").into());
        }
        if request.max_forwards() == Ok(0) {
            return Err(Reply::new(Status::TOO_MANY_HOPS).into());
        }
        let (bridge, world) = self.bridge(now);
        let (caller, number, instance) = (&caller, &number, gruu.as_ref().map(|gruu| &gruu.instance));
        let invitation = Invitation { id, request, flow, caller, number, instance, patience_until: None };
        bridge.invite(invitation, world);
        Ok(())
    }

    fn register(&mut self, request: &Message, flow: Flow, now: Instant) -> Reply {
        let extension = match self.signer(request, flow, false, now) {
            Ok(extension) => extension,
            Err(reply) => return *reply,
        };
        if !request.to().is_ok_and(|to| is_of(&to, &extension)) {
            return self.forbid(&extension, flow, "Not Your Extension");
        }
        let (limits, nat) = (&self.directory.registration, self.directory.nat_of(&extension));
        let registering = Registering { extension: &extension, request, flow, nat };
        let reply = self.registrar.register(registering, limits, now, &mut self.outputs);
        self.keep_alives.watch(self.registrar.bindings_of(&extension), &self.directory, now);
        reply
    }

    /// Who has signed in wants what is another's: that is told, and this is the answer.
    fn forbid(&mut self, extension: &Extension, flow: Flow, reason: &'static str) -> Reply {
        let username = extension.text().as_bytes().into();
        self.outputs.push_back(Output::Event(Event::Forbidden { username, source: flow, acl: Acl::Extension }));
        Reply { reason: Some(reason), ..Reply::new(Status::FORBIDDEN) }
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

/// Whether an address is that of an extension.
fn is_of(address: &NameAddr<'_>, extension: &Extension) -> bool {
    address.uri().ok().and_then(|uri| uri.dialled()).is_some_and(|number| number == extension.text().as_bytes())
}

/// What this server can do (RFC 3261 §11.2); reveals nothing that a challenge would not.
pub(crate) fn options_reply() -> Reply {
    let mut headers = Headers::new();
    CAPABILITIES.add_allow(&mut headers);
    CAPABILITIES.add_supported(&mut headers);
    add_allow_events(&mut headers);
    headers.add(HeaderName::Accept, b"application/sdp");
    Reply { headers, ..Reply::new(Status::OK) }
}
