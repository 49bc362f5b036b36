//! PUBLISH (RFC 3903): what people say of themselves. Each program of a person has a publication of its own, found by the
//! tag that it was given; what was published last counts.

use std::collections::HashMap;

use warden_sip::endpoint::{Reply, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::wheel::TimerId;

use super::one::left_s;
use super::package::{Package, add_allow_events, event_of};
use super::pidf;
use super::presence::Published;
use super::request::{expires, refuse};
use super::{Scene, Subscriptions, Timer};
use crate::directory::Extension;
use crate::output::Output;

/// The most of one extension: more programs than a person runs.
const MAX_OF_PERSON: usize = 10;
/// The most in all.
const MAX: usize = 20_000;

/// What one program has published.
#[derive(Debug)]
struct Publication {
    /// The entity tag, another after each PUBLISH.
    tag: u64,
    published: Published,
    timer: TimerId,
}

/// By whose it is, the newest last.
#[derive(Debug, Default)]
pub(super) struct Publications {
    by_person: HashMap<Extension, Vec<Publication>>,
    by_tag: HashMap<u64, Extension>,
}

impl Publications {
    /// What somebody has said last.
    pub(super) fn of(&self, extension: &Extension) -> Option<&Published> {
        self.by_person.get(extension)?.last().map(|publication| &publication.published)
    }

    pub(super) fn len(&self) -> usize {
        self.by_tag.len()
    }

    fn take(&mut self, tag: u64) -> Option<(Extension, Publication)> {
        let person = self.by_tag.remove(&tag)?;
        let own = self.by_person.get_mut(&person)?;
        let place = own.iter().position(|publication| publication.tag == tag)?;
        let publication = own.remove(place);
        if own.is_empty() {
            self.by_person.remove(&person);
        }
        Some((person, publication))
    }

    fn put(&mut self, person: &Extension, publication: Publication) {
        self.by_tag.insert(publication.tag, person.clone());
        self.by_person.entry(person.clone()).or_default().push(publication);
    }

    fn is_full(&self, person: &Extension) -> bool {
        self.by_tag.len() >= MAX || self.by_person.get(person).is_some_and(|own| own.len() >= MAX_OF_PERSON)
    }
}

impl Subscriptions {
    /// Somebody publishes; the signature is theirs.
    pub(crate) fn publish(&mut self, id: ServerId, request: &Message, person: &Extension, scene: &mut Scene<'_>) {
        let reply = self.take_publication(request, person, scene).unwrap_or_else(|reply| *reply);
        scene.outputs.push_back(Output::Answer { id, reply: reply.into() });
    }

    fn take_publication(
        &mut self,
        request: &Message,
        person: &Extension,
        scene: &Scene<'_>,
    ) -> Result<Reply, Box<Reply>> {
        check(request, person)?;
        let lasting = expires(request)?;
        let before = self.former(request, person)?;
        let published = read(request)?;
        if before.is_none() && self.publications.is_full(person) {
            return Err(refuse(Status::FORBIDDEN, "Too Many Publications").into());
        }
        let former = before.and_then(|tag| self.publications.take(tag)).map(|(_, former)| former);
        if let Some(former) = &former {
            self.wheel.cancel(former.timer);
        }
        let published = match (published, former) {
            (Some(published), _) => published,
            (None, Some(former)) => former.published,
            (None, None) => return Err(refuse(Status::BAD_REQUEST, "Nothing to Publish").into()),
        };
        self.note(Package::Presence, person);
        let tag = self.random.next_u64();
        let expires_at = scene.now + lasting;
        if !lasting.is_zero() {
            let timer = self.wheel.insert(expires_at, Timer::Publication(tag));
            self.publications.put(person, Publication { tag, published, timer });
        }
        let mut reply = Reply::new(Status::OK);
        reply.headers.add(HeaderName::SipEtag, warden_sip::tag::Tag::from_bits(tag).text());
        reply.headers.add_value(HeaderName::Expires, &left_s(expires_at, scene.now));
        Ok(reply)
    }

    /// The publication that a PUBLISH goes on with; `None` for a new one.
    fn former(&self, request: &Message, person: &Extension) -> Result<Option<u64>, Box<Reply>> {
        let Some(wanted) = request.header(HeaderName::SipIfMatch) else { return Ok(None) };
        let tag = warden_sip::tag::Tag::parse(wanted);
        let own = tag.filter(|tag| self.publications.by_tag.get(tag) == Some(person));
        own.map(Some).ok_or_else(|| Reply::new(Status::CONDITIONAL_REQUEST_FAILED).into())
    }

    /// It has not been refreshed.
    pub(super) fn end_publication(&mut self, tag: u64) {
        if let Some((person, _)) = self.publications.take(tag) {
            self.note(Package::Presence, &person);
        }
    }

    /// What people said who are gone is forgotten.
    pub(super) fn retain_publications(&mut self, is_there: impl Fn(&Extension) -> bool) {
        let gone: Vec<_> = self.publications.by_tag.iter().filter(|(_, person)| !is_there(person)).collect();
        for tag in gone.into_iter().map(|(tag, _)| *tag).collect::<Vec<_>>() {
            if let Some((_, publication)) = self.publications.take(tag) {
                self.wheel.cancel(publication.timer);
            }
        }
    }
}

/// Whether it is for the own presence.
fn check(request: &Message, person: &Extension) -> Result<(), Box<Reply>> {
    if event_of(request).map(|(name, _)| name) != Some(Package::Presence.name().as_bytes()) {
        let mut reply = Reply::new(Status::BAD_EVENT);
        add_allow_events(&mut reply.headers);
        return Err(reply.into());
    }
    let dialled = request.request_uri().ok().and_then(|uri| uri.dialled());
    if dialled.as_deref() == Some(person.text().as_bytes()) {
        return Ok(());
    }
    Err(refuse(Status::FORBIDDEN, "Not Your Extension").into())
}

/// What is published; `None` when there is no body, which refreshes or removes.
fn read(request: &Message) -> Result<Option<Published>, Box<Reply>> {
    if request.body().is_empty() {
        return Ok(None);
    }
    if request.body().len() > pidf::MAX_DOCUMENT {
        return Err(Reply::new(Status::REQUEST_ENTITY_TOO_LARGE).into());
    }
    let kind = Package::Presence.content_type();
    if !request.has_content_type(kind) {
        let mut reply = Reply::new(Status::UNSUPPORTED_MEDIA_TYPE);
        reply.headers.add(HeaderName::Accept, kind.as_bytes());
        return Err(reply.into());
    }
    pidf::read(request.body()).map(Some).ok_or_else(|| refuse(Status::BAD_REQUEST, "Malformed Presence").into())
}
