//! What a SUBSCRIBE asks for.

use std::time::Duration;

use warden_sip::endpoint::Reply;
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::print::Print;
use warden_sip::status::Status;

use super::package::{Package, add_allow_events, event_of};
use crate::directory::{Directory, Extension};

/// A shorter subscription would be a load.
const MIN_EXPIRES: Duration = Duration::from_mins(1);
/// For who names no time, and the longest: a phone that is gone is told of nothing for no longer than this.
const MAX_EXPIRES: Duration = Duration::from_hours(1);
/// A longer `id`, or a longer name for us, is not kept.
const MAX_TEXT: usize = 128;

/// What is asked for, but of whom.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) package: Package,
    /// The `id` of the Event header.
    pub(super) id: Option<Box<[u8]>>,
    /// Zero for who wants to be told once, or no more.
    pub(super) expires: Duration,
}

impl Wish {
    /// # Errors
    /// The answer: 489 with `Allow-Events`, 423 with `Min-Expires`, 400, or 406.
    pub(super) fn read(request: &Message) -> Result<Self, Box<Reply>> {
        let Some((name, id)) = event_of(request) else { return Err(bad_event().into()) };
        let package = Package::from_name(name).ok_or_else(|| Box::new(bad_event()))?;
        if id.is_some_and(|id| id.len() > MAX_TEXT) {
            return Err(refuse(Status::BAD_REQUEST, "Event id Too Long").into());
        }
        if !Package::is_accepted(request, package.content_type()) {
            let mut reply = refuse(Status::NOT_ACCEPTABLE, "Not Among What You Accept");
            reply.headers.add(HeaderName::Accept, package.content_type().as_bytes());
            return Err(reply.into());
        }
        Ok(Self { package, id: id.map(Into::into), expires: expires(request)? })
    }
}

/// How long something that is refreshed may last, by its `Expires`.
///
/// # Errors
/// 423 with `Min-Expires`.
pub(super) fn expires(request: &Message) -> Result<Duration, Box<Reply>> {
    let wanted = request.expires_s().map_or(MAX_EXPIRES, |s| Duration::from_secs(s.into()));
    if !wanted.is_zero() && wanted < MIN_EXPIRES {
        let mut reply = Reply::new(Status::INTERVAL_TOO_BRIEF);
        reply.headers.add_value(HeaderName::MinExpires, &u32::try_from(MIN_EXPIRES.as_secs()).unwrap_or(u32::MAX));
        return Err(reply.into());
    }
    Ok(wanted.min(MAX_EXPIRES))
}

/// Who is watched.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    One(Extension),
    /// A list (RFC 4662) with its members.
    List {
        list: Extension,
        members: Vec<Extension>,
    },
}

impl Target {
    /// Who a request is about. Own matters are also found at the server, without a number. Messages also at a number that is
    /// nobody's of ours: phones ask for them at the number of the mailbox.
    ///
    /// # Errors
    /// The answer: 403, 404, or 421 when the subscriber knows nothing of lists.
    pub(super) fn find(
        request: &Message,
        package: Package,
        watcher: &Extension,
        directory: &Directory,
    ) -> Result<Self, Box<Reply>> {
        let dialled = request.request_uri().ok().and_then(|uri| uri.dialled());
        let is_numbered = dialled.is_some();
        let extension = dialled.and_then(|number| Extension::parse(&number).ok());
        let known = extension.filter(|it| directory.people.contains_key(it) || directory.lists.contains_key(it));
        if let Some(reason) = package.refusal_to_others() {
            return match known {
                Some(other) if other != *watcher => Err(refuse(Status::FORBIDDEN, reason).into()),
                None if is_numbered && package == Package::Reg => Err(unknown().into()),
                Some(_) | None => Ok(Self::One(watcher.clone())),
            };
        }
        let Some(known) = known else { return Err(unknown().into()) };
        let Some(list) = directory.lists.get(&known) else { return Ok(Self::One(known)) };
        if !request.supports("eventlist") {
            let mut reply = refuse(Status::EXTENSION_REQUIRED, "This Is a List");
            reply.headers.add(HeaderName::Require, b"eventlist");
            return Err(reply.into());
        }
        Ok(Self::List { list: known, members: list.members.clone() })
    }
}

fn unknown() -> Reply {
    refuse(Status::NOT_FOUND, "No Such Extension")
}

/// What the subscriber calls us: host and port of its Request-URI, so that the URIs it is told are those it knows.
///
/// # Errors
/// 400 when that is too long to be kept.
pub(super) fn host_of(request: &Message) -> Result<Box<str>, Box<Reply>> {
    let uri = request.request_uri().ok();
    let host = uri.and_then(|uri| uri.as_sip().map(|uri| uri.host.printed())).unwrap_or_default();
    let host = String::from_utf8(host).ok().filter(|host| (1..=MAX_TEXT).contains(&host.len()));
    host.map(Into::into).ok_or_else(|| refuse(Status::BAD_REQUEST, "Request-URI Too Long").into())
}

fn bad_event() -> Reply {
    let mut reply = Reply::new(Status::BAD_EVENT);
    add_allow_events(&mut reply.headers);
    reply
}

pub(super) fn refuse(status: Status, reason: &'static str) -> Reply {
    Reply { reason: Some(reason), ..Reply::new(status) }
}
