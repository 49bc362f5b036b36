//! SUBSCRIBE: the one that begins a subscription, and those that go on with it or end it.

use warden_sip::dialog::Dialog;
use warden_sip::endpoint::{Flow, Reply, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::tag::Tag;

use super::one::{Ending, Parts, Subscription, left_s};
use super::package::event_of;
use super::request::{Target, Wish, expires, host_of, refuse};
use super::resource::Resource;
use super::{Package, Scene, Subscriptions, Timer, sources};
use crate::bridge::add_contact;
use crate::directory::{Directory, Extension};
use crate::output::Output;

impl Subscriptions {
    /// A known device subscribes.
    pub(crate) fn subscribe(
        &mut self,
        id: ServerId,
        request: &Message,
        flow: Flow,
        watcher: &Extension,
        scene: &mut Scene<'_>,
    ) {
        let tag = u64::from(scene.directory.calls.node) << 48 | self.random.next_u64() >> 16;
        let begun = read(request, flow, tag, watcher, scene.directory).and_then(|parts| {
            self.make_room(&parts)?;
            Ok(parts)
        });
        match begun {
            Err(reply) => scene.outputs.push_back(Output::Answer { id, reply }),
            Ok(parts) => {
                let is_fetch = parts.wish.expires.is_zero();
                self.enter(tag, parts, scene);
                self.grant(id, tag, scene);
                if is_fetch {
                    self.end(tag, Ending::Timeout, scene);
                } else {
                    self.tell_at_once(tag, scene);
                }
            }
        }
    }

    /// Whose signature a request within a subscription needs; `None` while its phone stays at its address.
    pub(crate) fn moved(&self, request: &Message, flow: Flow) -> Option<&Extension> {
        let subscription = self.all.get(&self.tag_of(request)?)?;
        let has_moved = subscription.flow.remote.ip().to_canonical() != flow.remote.ip().to_canonical();
        has_moved.then_some(&subscription.watcher)
    }

    /// Whether a request is within one of the subscriptions.
    pub(crate) fn has(&self, request: &Message) -> bool {
        self.tag_of(request).is_some()
    }

    /// A SUBSCRIBE within a subscription.
    pub(crate) fn resubscribe(&mut self, id: ServerId, request: &Message, flow: Flow, scene: &mut Scene<'_>) {
        let Some(tag) = self.tag_of(request) else { return };
        match self.renew(tag, request, flow, scene) {
            Err(reply) => scene.outputs.push_back(Output::Answer { id, reply }),
            Ok(is_over) => {
                self.grant(id, tag, scene);
                if is_over {
                    self.end(tag, Ending::Timeout, scene);
                } else {
                    self.tell_at_once(tag, scene);
                }
            }
        }
    }

    /// Takes over what the SUBSCRIBE changes; whether it ends the subscription.
    fn renew(&mut self, tag: u64, request: &Message, flow: Flow, scene: &Scene<'_>) -> Result<bool, Box<Reply>> {
        let gone = || Box::new(Reply::new(Status::CALL_DOES_NOT_EXIST));
        let subscription = self.all.get_mut(&tag).filter(|it| it.ending.is_none()).ok_or_else(gone)?;
        if subscription.dialog.accept(request).is_err() {
            return Err(refuse(Status::SERVER_INTERNAL_ERROR, "Out of Order").into());
        }
        let own = Some((subscription.package.name().as_bytes(), subscription.id.as_deref()));
        if event_of(request) != own {
            return Err(refuse(Status::BAD_EVENT, "Another Subscription Needs Another Dialog").into());
        }
        let expires = expires(request)?;
        subscription.dialog.refresh_target(request);
        subscription.flow = flow;
        subscription.renew();
        subscription.expires_at = scene.now + expires;
        self.wheel.cancel(subscription.timer);
        subscription.timer = self.wheel.insert(subscription.expires_at, Timer::Expiry(tag));
        Ok(expires.is_zero())
    }

    /// Makes sure that there is room for one more. At the bound the oldest one for the same phone and the same matter makes
    /// room: a phone that was switched off without a word has come back.
    fn make_room(&mut self, parts: &Parts) -> Result<(), Box<Reply>> {
        let source = parts.flow.remote.ip();
        if parts.wish.expires.is_zero() || self.crowd.refusal(&parts.watcher, source).is_none() {
            return Ok(());
        }
        let own = self.crowd.of(&parts.watcher).filter_map(|tag| Some((tag, self.all.get(&tag)?)));
        let oldest = own.filter(|(_, it)| it.is_like(parts)).min_by_key(|(_, it)| it.age).map(|(tag, _)| tag);
        if let Some(oldest) = oldest {
            self.remove(oldest);
        }
        self.crowd.refusal(&parts.watcher, source).map_or(Ok(()), |reply| Err(reply.into()))
    }

    fn enter(&mut self, tag: u64, parts: Parts, scene: &mut Scene<'_>) {
        let expires_at = scene.now + parts.wish.expires;
        let timer = self.wheel.insert(expires_at, Timer::Expiry(tag));
        self.count += 1;
        let subscription = Subscription::new(parts, expires_at, timer, self.count);
        self.crowd.enter(tag, &subscription.watcher, subscription.source);
        for member in &subscription.members {
            self.watch(tag, subscription.package, &member.extension, scene);
        }
        self.all.insert(tag, Box::new(subscription));
    }

    /// One more subscription is told of this.
    pub(super) fn watch(&mut self, tag: u64, package: Package, extension: &Extension, scene: &Scene<'_>) {
        if matches!(package, Package::Dialog | Package::Presence) {
            self.lines.watch(extension, scene.bridge);
        }
        let Self { resources, lines, mailboxes, publications, .. } = self;
        let new = || Resource::new(package, extension, sources(scene, lines, mailboxes, publications));
        resources.entry((package, extension.clone())).or_insert_with(new).watchers.insert(tag);
    }

    fn grant(&self, id: ServerId, tag: u64, scene: &mut Scene<'_>) {
        let Some(subscription) = self.all.get(&tag) else { return };
        let mut reply = Reply { tag: Some(Tag::from_bits(tag)), ..Reply::new(Status::OK) };
        reply.headers.add_value(HeaderName::Expires, &left_s(subscription.expires_at, scene.now));
        add_contact(&mut reply.headers, &subscription.flow, scene.directory);
        if subscription.list.is_some() {
            reply.headers.add(HeaderName::Require, b"eventlist");
        }
        scene.outputs.push_back(Output::Answer { id, reply: reply.into() });
    }

    fn tag_of(&self, request: &Message) -> Option<u64> {
        let tag = request.to_tag().and_then(Tag::parse)?;
        self.all.get(&tag).is_some_and(|subscription| subscription.dialog.is_of(request)).then_some(tag)
    }
}

/// What a SUBSCRIBE without To tag makes.
fn read(
    request: &Message,
    flow: Flow,
    tag: u64,
    watcher: &Extension,
    directory: &Directory,
) -> Result<Parts, Box<Reply>> {
    let wish = Wish::read(request)?;
    let target = Target::find(request, wish.package, watcher, directory)?;
    let host = host_of(request)?;
    let dialog = Dialog::from_request(request, Tag::from_bits(tag))
        .map_err(|_| Box::new(refuse(Status::BAD_REQUEST, "Missing Contact")))?;
    Ok(Parts { wish, target, host, dialog, flow, watcher: watcher.clone() })
}
