//! MESSAGE (RFC 3428): passed to all phones of an extension, and kept for it while none takes it. What the sender has been
//! told is kept (202) has been written down; it is given up only when it is too old, and that is told.

mod content;
mod date;
mod delivery;
mod kept;
mod rate;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use warden_sip::endpoint::{ClientId, Failure, Reply, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::print::Print;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::wheel::{TimerId, Wheel};

use self::delivery::{Delivery, MAX_FORWARDS, is_for_now, wall};
use self::kept::Kept;
use self::rate::Rates;
use crate::bridge::is_private;
use crate::directory::{Directory, Extension};
use crate::numbers::{Numbers, Part};
use crate::output::{Event, Output};
use crate::registrar::Registrar;

pub(crate) use self::content::read;
pub use self::content::{InstantMessage, MAX_AGE, MAX_BODY, known_type};

/// The most that are under way at a time.
const MAX_DELIVERIES: usize = 2_000;
/// How long a message may take to be written down, before its sender is told that it was not.
const WRITING: Duration = Duration::from_secs(4);
/// How often it is looked for messages that are too old.
const LOOK_EVERY: Duration = Duration::from_mins(10);

/// What to change in the saved messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageChange {
    /// It waits; once that is written down, [`Input::MessagesSaved`](crate::Input::MessagesSaved) is to tell.
    Put(InstantMessage),
    /// It waits no longer: its number.
    Remove(u64),
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    /// The phones have not said whether they take a message.
    Patience(u64),
    /// A message has not been written down.
    Writing(u64),
    /// Some may be too old.
    Look,
}

/// What decisions are made from, and where they go.
pub(crate) struct Scene<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) registrar: &'a Registrar,
    pub(crate) outputs: &'a mut VecDeque<Output>,
    pub(crate) now: Instant,
}

/// A sender who waits for a message to be written down.
#[derive(Debug)]
struct Writing {
    to: Extension,
    request: ServerId,
    timer: TimerId,
}

/// All messages of this node.
pub(crate) struct InstantMessages {
    /// Under way, by number.
    deliveries: BTreeMap<u64, Delivery>,
    by_client: HashMap<ClientId, u64>,
    kept: Kept,
    writing: HashMap<u64, Writing>,
    /// Whose phones have registered in this turn.
    back: BTreeSet<Extension>,
    rates: Rates,
    wheel: Wheel<Timer>,
    /// A timer runs for [`Timer::Look`].
    is_looking: bool,
    /// A moment, and when it was since the Unix epoch.
    clock: Option<(Instant, Duration)>,
    last: u64,
    random: Random,
    numbers: Numbers,
}

impl InstantMessages {
    pub(crate) fn new(random: Random, now: Instant) -> Self {
        Self {
            deliveries: BTreeMap::new(),
            by_client: HashMap::new(),
            kept: Kept::default(),
            writing: HashMap::new(),
            back: BTreeSet::new(),
            rates: Rates::default(),
            wheel: Wheel::new(now),
            is_looking: false,
            clock: None,
            last: 0,
            random,
            numbers: Numbers::new(Part::InstantMessages),
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.wheel.next_wake()
    }

    /// The time since the Unix epoch.
    pub(crate) fn set_clock(&mut self, since_epoch: Duration, now: Instant) {
        self.clock = Some((now, since_epoch));
    }

    /// Takes over what an earlier run has kept.
    pub(crate) fn restore(&mut self, messages: Vec<InstantMessage>, now: Instant) {
        for message in messages {
            self.last = self.last.max(message.id);
            self.put(message, now);
        }
    }

    fn put(&mut self, message: InstantMessage, now: Instant) {
        self.kept.put(message);
        if !std::mem::replace(&mut self.is_looking, true) {
            self.wheel.insert_loose(now + LOOK_EVERY, Timer::Look);
        }
    }

    /// A known device sends a message.
    pub(crate) fn receive(
        &mut self,
        id: ServerId,
        request: &Message,
        sender: &Extension,
        scene: &mut Scene<'_>,
    ) -> Result<(), Box<Reply>> {
        if let Err(wait) = self.rates.take(sender, scene.now) {
            return Err(too_many("Too Many Messages", wait).into());
        }
        if self.deliveries.len() >= MAX_DELIVERIES {
            return Err(too_many("Too Many Messages Under Way", Duration::from_secs(5)).into());
        }
        let max_forwards = request.max_forwards().unwrap_or(MAX_FORWARDS);
        if max_forwards == 0 {
            return Err(Reply::new(Status::TOO_MANY_HOPS).into());
        }
        let message = self.read(request, sender, scene)?;
        if scene.registrar.bindings_of(&message.to).next().is_some() {
            self.start(message, Some(id), max_forwards - 1, scene);
            Ok(())
        } else {
            self.keep(message, Some(id), scene)
        }
    }

    fn read(&mut self, request: &Message, sender: &Extension, scene: &Scene<'_>) -> Result<InstantMessage, Box<Reply>> {
        let dialled = request.request_uri().ok().and_then(|uri| uri.dialled());
        let to = dialled.and_then(|number| Extension::parse(&number).ok());
        let Some(to) = to.filter(|to| scene.directory.people.contains_key(to)) else {
            return Err(Reply { reason: Some("No Such Extension"), ..Reply::new(Status::NOT_FOUND) }.into());
        };
        let (content_type, content) = read(request)?;
        let age = request.expires_s().map_or(MAX_AGE, |s| Duration::from_secs(s.into()).min(MAX_AGE));
        self.last += 1;
        Ok(InstantMessage {
            id: self.last,
            from: sender.clone(),
            is_private: is_private(request),
            to,
            content_type,
            content: bytes::Bytes::copy_from_slice(&content),
            sent_at: wall(scene.now, self.clock),
            expires_at: scene.now + age,
        })
    }

    /// A phone has answered.
    pub(crate) fn handle_response(&mut self, client: ClientId, response: &Message, scene: &mut Scene<'_>) {
        let Some(status) = response.status().filter(|status| !status.is_provisional()) else { return };
        self.settle(client, status, status == Status::FLOW_FAILED, scene);
    }

    /// A phone has not answered.
    pub(crate) fn handle_failed(&mut self, client: ClientId, failure: Failure, scene: &mut Scene<'_>) {
        let status = match failure {
            Failure::TimedOut => Status::REQUEST_TIMEOUT,
            Failure::Transport => Status::SERVICE_UNAVAILABLE,
        };
        self.settle(client, status, true, scene);
    }

    /// That is what comes of it by one way, which may lead nowhere.
    fn settle(&mut self, client: ClientId, status: Status, leads_nowhere: bool, scene: &mut Scene<'_>) {
        let Some((id, asked)) = self.forget_asked(client) else { return };
        if status.is_success() {
            return self.taken(id, scene);
        }
        if leads_nowhere && self.try_other_way(id, &asked, scene) {
            return;
        }
        let Some(delivery) = self.deliveries.get_mut(&id) else { return };
        delivery.note_refusal(status);
        if delivery.asked.is_empty() {
            self.refused(id, scene);
        }
    }

    /// A phone has it.
    fn taken(&mut self, id: u64, scene: &mut Scene<'_>) {
        let Some(Delivery { message, request, .. }) = self.finish(id) else { return };
        if let Some(request) = request {
            answer(request, Reply::new(Status::OK), scene);
        }
        if let Some(Writing { request, timer, .. }) = self.writing.remove(&id) {
            self.wheel.cancel(timer);
            answer(request, Reply::new(Status::OK), scene);
        }
        if self.kept.take(&message.to, id).is_some() {
            scene.outputs.push_back(Output::SaveMessage(MessageChange::Remove(id)));
        }
        self.send_kept(&message.to, 0, scene);
    }

    /// No phone takes it.
    fn refused(&mut self, id: u64, scene: &mut Scene<'_>) {
        let Some(Delivery { message, request, refusal, is_kept, .. }) = self.finish(id) else { return };
        let status = refusal.unwrap_or(Status::TEMPORARILY_UNAVAILABLE);
        if is_kept {
            // The phones are there and will not have this one; the next may be another matter.
            if !is_for_now(status) {
                self.send_kept(&message.to, id, scene);
            }
            return;
        }
        let Some(request) = request else { return };
        if !is_for_now(status) {
            return answer(request, Reply::new(passed_on(status)), scene);
        }
        if let Err(reply) = self.keep(message, Some(request), scene) {
            scene.outputs.push_back(Output::Answer { id: request, reply });
        }
    }

    /// Keeps a message; its sender is told once it has been written down.
    fn keep(
        &mut self,
        message: InstantMessage,
        request: Option<ServerId>,
        scene: &mut Scene<'_>,
    ) -> Result<(), Box<Reply>> {
        if !message.can_wait(scene.now) {
            return Err(Reply::new(Status::TEMPORARILY_UNAVAILABLE).into());
        }
        if let Some(refusal) = self.kept.refusal(&message.to) {
            return Err(refusal.into());
        }
        if let Some(request) = request {
            let timer = self.wheel.insert(scene.now + WRITING, Timer::Writing(message.id));
            self.writing.insert(message.id, Writing { to: message.to.clone(), request, timer });
        }
        scene.outputs.push_back(Output::SaveMessage(MessageChange::Put(message.clone())));
        self.put(message, scene.now);
        Ok(())
    }

    /// Messages have been written down.
    pub(crate) fn saved(&mut self, ids: &[u64], scene: &mut Scene<'_>) {
        for id in ids {
            let Some(Writing { request, timer, .. }) = self.writing.remove(id) else { continue };
            self.wheel.cancel(timer);
            answer(request, Reply::new(Status::ACCEPTED), scene);
        }
    }

    pub(crate) fn handle_timeout(&mut self, scene: &mut Scene<'_>) {
        while let Some(timer) = self.wheel.pop_expired(scene.now) {
            match timer {
                Timer::Patience(id) => self.keep_meanwhile(id, scene),
                Timer::Writing(id) => self.give_up_writing(id, scene),
                Timer::Look => {
                    self.drop_stale(scene);
                    self.is_looking = self.kept.len() > 0;
                    if self.is_looking {
                        self.wheel.insert_loose(scene.now + LOOK_EVERY, Timer::Look);
                    }
                }
            }
        }
    }

    /// The phones take long: the message is kept until one has taken it.
    fn keep_meanwhile(&mut self, id: u64, scene: &mut Scene<'_>) {
        let Some(delivery) = self.deliveries.get_mut(&id) else { return };
        delivery.timer = None;
        let Some(request) = delivery.request.take() else { return };
        delivery.is_kept = true;
        let message = delivery.message.clone();
        if let Err(reply) = self.keep(message, Some(request), scene) {
            self.finish(id);
            scene.outputs.push_back(Output::Answer { id: request, reply });
        }
    }

    fn give_up_writing(&mut self, id: u64, scene: &mut Scene<'_>) {
        let Some(Writing { to, request, .. }) = self.writing.remove(&id) else { return };
        self.kept.take(&to, id);
        self.finish(id);
        scene.outputs.push_back(Output::SaveMessage(MessageChange::Remove(id)));
        answer(request, too_many("Cannot Keep Messages Now", Duration::from_mins(1)), scene);
    }

    /// The configuration has changed.
    pub(crate) fn drop_stale(&mut self, scene: &mut Scene<'_>) {
        for InstantMessage { id, from, to, .. } in self.kept.take_stale(scene.directory, scene.now) {
            scene.outputs.push_back(Output::SaveMessage(MessageChange::Remove(id)));
            scene.outputs.push_back(Output::Event(Event::MessageLost { from, to }));
        }
    }

    /// Something was told to everybody.
    pub(crate) fn observe(&mut self, event: &Event) {
        if let Event::Registered { extension, .. } = event
            && !self.kept.of(extension).is_empty()
        {
            self.back.insert(extension.clone());
        }
    }

    /// The end of a turn: who has come back gets what waits.
    pub(crate) fn work_off(&mut self, scene: &mut Scene<'_>) {
        for extension in std::mem::take(&mut self.back) {
            self.send_kept(&extension, 0, scene);
        }
    }

    /// How many wait, and how many are under way. For tests.
    pub(crate) fn counts(&self) -> [usize; 3] {
        [self.kept.len(), self.deliveries.len(), self.by_client.len() + self.writing.len()]
    }
}

fn answer(id: ServerId, reply: Reply, scene: &mut Scene<'_>) {
    scene.outputs.push_back(Output::Answer { id, reply: reply.into() });
}

/// What the sender is told that a phone has said; a challenge or a redirection is not for the sender.
fn passed_on(status: Status) -> Status {
    if status.code() < 400 || matches!(status, Status::UNAUTHORIZED | Status::PROXY_AUTHENTICATION_REQUIRED) {
        return Status::TEMPORARILY_UNAVAILABLE;
    }
    status
}

/// 503: SIP has no word for too much from one sender.
fn too_many(reason: &'static str, wait: Duration) -> Reply {
    let mut reply = Reply { reason: Some(reason), ..Reply::new(Status::SERVICE_UNAVAILABLE) };
    let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1);
    reply.headers.add_with(HeaderName::RetryAfter, |out| seconds.print(out));
    reply
}
