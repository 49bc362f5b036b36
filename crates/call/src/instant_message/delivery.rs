//! One message on its way to all phones of its recipient. The first phone that takes it has it.

use std::time::{Duration, Instant};

use warden_sip::endpoint::{ClientId, Request, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::tag::Tag;
use warden_sip::wheel::TimerId;
use warden_sip::write::Body;

use super::content::InstantMessage;
use super::date::date;
use super::{InstantMessages, Scene, Timer};
use crate::bridge::{NOBODY, address_for, name_addr, one_way_each};
use crate::directory::Extension;
use crate::output::Output;
use crate::registrar::Binding;
use crate::to_phone::ToPhone;

/// How long phones have before the sender is answered without them; the sender waits 32 s at most.
const PATIENCE: Duration = Duration::from_secs(5);

/// A message under way.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) message: InstantMessage,
    /// The sender's request, while that is not answered.
    pub(super) request: Option<ServerId>,
    /// Phones that have not said whether they take it.
    pub(super) asked: Vec<ClientId>,
    /// The refusal that says most so far.
    pub(super) refusal: Option<Status>,
    /// The sender has been told that it is kept, and it is.
    pub(super) is_kept: bool,
    pub(super) timer: Option<TimerId>,
}

impl Delivery {
    /// Notes that a phone does not take it. A phone that cannot be reached says less than one that will not.
    pub(super) fn note_refusal(&mut self, status: Status) {
        if self.refusal.is_none_or(is_for_now) {
            self.refusal = Some(status);
        }
    }
}

/// Whether a phone that refuses so may take the message later.
pub(super) fn is_for_now(status: Status) -> bool {
    matches!(
        status,
        Status::REQUEST_TIMEOUT | Status::FLOW_FAILED | Status::TEMPORARILY_UNAVAILABLE | Status::SERVICE_UNAVAILABLE
    )
}

impl InstantMessages {
    /// Sends a message to every phone of its recipient, by one way each; there is one.
    pub(super) fn start(
        &mut self,
        message: InstantMessage,
        request: Option<ServerId>,
        max_forwards: u8,
        scene: &mut Scene<'_>,
    ) {
        let is_kept = request.is_none();
        let mut asked = Vec::new();
        for binding in one_way_each(scene.registrar.bindings_of(&message.to)) {
            let client = self.numbers.next();
            let sent = self.request(&message, binding, max_forwards, scene);
            scene.outputs.push_back(Output::Send { id: client, request: Box::new(sent), flow: binding.flow });
            self.by_client.insert(client, message.id);
            asked.push(client);
        }
        let timer = request.map(|_| self.wheel.insert(scene.now + PATIENCE, Timer::Patience(message.id)));
        let id = message.id;
        self.deliveries.insert(id, Delivery { message, request, asked, refusal: None, is_kept, timer });
    }

    /// Sends the oldest message that waits for an extension, unless one is on its way.
    pub(super) fn send_kept(&mut self, recipient: &Extension, after: u64, scene: &mut Scene<'_>) {
        let is_busy = self.deliveries.values().any(|delivery| delivery.is_kept && delivery.message.to == *recipient);
        if is_busy || scene.registrar.bindings_of(recipient).next().is_none() {
            return;
        }
        let is_next = |message: &&InstantMessage| {
            message.id > after && message.expires_at > scene.now && !self.deliveries.contains_key(&message.id)
        };
        if let Some(message) = self.kept.of(recipient).iter().find(is_next).cloned() {
            self.start(message, None, MAX_FORWARDS, scene);
        }
    }

    fn request(&mut self, message: &InstantMessage, binding: &Binding, max_forwards: u8, scene: &Scene<'_>) -> Request {
        let host = address_for(&binding.flow, scene.directory);
        let name = scene.directory.people.get(&message.from).map_or("", |person| &person.name);
        let from = if message.is_private { NOBODY.to_vec() } else { name_addr(name, message.from.text(), host) };
        let mut request = ToPhone {
            method: Method::Message,
            binding,
            from: &from,
            tag: Tag::random(&mut self.random),
            call_id: &self.random.hex::<32>(),
            max_forwards,
        }
        .request(scene.directory);
        if let Some(sent_at) = message.sent_at {
            request.headers.add(HeaderName::Date, date(sent_at).as_bytes());
        }
        request.body = Some(Body { content_type: message.content_type, content: message.content.clone() });
        request
    }

    /// Whether somebody is still asked.
    pub(super) fn forget_asked(&mut self, client: ClientId) -> Option<u64> {
        let id = self.by_client.remove(&client)?;
        let delivery = self.deliveries.get_mut(&id)?;
        delivery.asked.retain(|other| *other != client);
        Some(id)
    }

    /// Nothing more is expected of it.
    pub(super) fn finish(&mut self, id: u64) -> Option<Delivery> {
        let delivery = self.deliveries.remove(&id)?;
        for client in &delivery.asked {
            self.by_client.remove(client);
        }
        if let Some(timer) = delivery.timer {
            self.wheel.cancel(timer);
        }
        Some(delivery)
    }
}

/// For messages that have waited: their first hop begins anew.
pub(super) const MAX_FORWARDS: u8 = 70;

/// Since the Unix epoch, as far as it is known.
pub(super) fn wall(now: Instant, known: Option<(Instant, Duration)>) -> Option<Duration> {
    known.map(|(at, since_epoch)| since_epoch + now.saturating_duration_since(at))
}
