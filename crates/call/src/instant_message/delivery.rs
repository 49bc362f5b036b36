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
use crate::registrar::{Binding, BindingId, Instance};
use crate::to_phone::ToPhone;

/// How long phones have before the sender is answered without them; the sender waits 32 s at most.
const PATIENCE: Duration = Duration::from_secs(5);

/// A phone that has not said whether it takes a message.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) client: ClientId,
    /// Which phone it is, if it says so: then it may have other ways.
    instance: Option<Instance>,
}

/// A message under way.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) message: InstantMessage,
    /// The sender's request, while that is not answered.
    pub(super) request: Option<ServerId>,
    pub(super) asked: Vec<Asked>,
    /// Every way that was tried: each is tried once.
    tried: Vec<BindingId>,
    max_forwards: u8,
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
        let timer = request.map(|_| self.wheel.insert(scene.now + PATIENCE, Timer::Patience(message.id)));
        let (asked, tried, refusal) = (Vec::new(), Vec::new(), None);
        let mut delivery = Delivery { message, request, asked, tried, max_forwards, refusal, is_kept, timer };
        for binding in one_way_each(scene.registrar.bindings_of(&delivery.message.to)) {
            self.send(&mut delivery, binding, scene);
        }
        self.deliveries.insert(delivery.message.id, delivery);
    }

    fn send(&mut self, delivery: &mut Delivery, binding: &Binding, scene: &mut Scene<'_>) {
        let client = self.numbers.next();
        let request = Box::new(self.request(&delivery.message, binding, delivery.max_forwards, scene));
        scene.outputs.push_back(Output::Send { id: client, request, flow: binding.flow });
        self.by_client.insert(client, delivery.message.id);
        delivery.tried.push(binding.id());
        delivery.asked.push(Asked { client, instance: binding.instance.clone() });
    }

    /// Sends a message to the phone that was asked by another of its ways that has not been tried (RFC 5626 §5.3); whether
    /// there is one.
    pub(super) fn try_other_way(&mut self, id: u64, asked: &Asked, scene: &mut Scene<'_>) -> bool {
        let Some(instance) = &asked.instance else { return false };
        let Some(mut delivery) = self.deliveries.remove(&id) else { return false };
        let registrar = scene.registrar;
        let is_other =
            |binding: &&Binding| binding.instance.as_ref() == Some(instance) && !delivery.tried.contains(&binding.id());
        let other = registrar.bindings_of(&delivery.message.to).rev().find(is_other);
        if let Some(binding) = other {
            self.send(&mut delivery, binding, scene);
        }
        self.deliveries.insert(id, delivery);
        other.is_some()
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

    /// A phone that was asked has said its last word, or there will be none; which message that was.
    pub(super) fn forget_asked(&mut self, client: ClientId) -> Option<(u64, Asked)> {
        let id = self.by_client.remove(&client)?;
        let delivery = self.deliveries.get_mut(&id)?;
        let place = delivery.asked.iter().position(|asked| asked.client == client)?;
        Some((id, delivery.asked.remove(place)))
    }

    /// Nothing more is expected of it.
    pub(super) fn finish(&mut self, id: u64) -> Option<Delivery> {
        let delivery = self.deliveries.remove(&id)?;
        for asked in &delivery.asked {
            self.by_client.remove(&asked.client);
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
