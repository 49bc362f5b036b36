//! One subscription: its dialog, and how far its watcher has been told.

use std::time::Instant;

use warden_sip::dialog::Dialog;
use warden_sip::endpoint::{ClientId, Flow, Request};
use warden_sip::header::HeaderName;
use warden_sip::method::Method;
use warden_sip::print::Print;
use warden_sip::uri::OwnedUri;
use warden_sip::wheel::TimerId;

use super::package::Package;
use super::request::{Target, Wish};
use crate::bridge::add_contact;
use crate::directory::{Directory, Extension};

/// From the SUBSCRIBE that begins it to the last NOTIFY.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) dialog: Dialog,
    /// The way to the phone; without connection while that of a stream has ended.
    pub(super) flow: Flow,
    /// The address that it was made from, wherever its phone is now.
    pub(super) source: std::net::IpAddr,
    pub(super) watcher: Extension,
    pub(super) package: Package,
    /// The `id` of the Event header.
    pub(super) id: Option<Box<[u8]>>,
    /// What the subscriber calls us.
    pub(super) host: Box<str>,
    /// The list that it is for.
    pub(super) list: Option<Extension>,
    pub(super) members: Vec<Member>,
    /// Of the list.
    pub(super) version: u32,
    pub(super) expires_at: Instant,
    pub(super) timer: TimerId,
    /// Counts up over all subscriptions: tells which is older.
    pub(super) age: u64,
    pub(super) sending: Sending,
    /// It ends with the next NOTIFY.
    pub(super) ending: Option<Ending>,
}

/// One extension that is watched.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) extension: Extension,
    /// Of the next body.
    pub(super) version: u32,
    /// There is something that its watcher has not been told.
    pub(super) is_new: bool,
}

/// Where its NOTIFY is. There is one at a time; what comes meanwhile is told together in the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// All has been told.
    Idle,
    /// Its turn comes.
    Queued,
    /// One is not answered yet.
    Sent {
        client: ClientId,
        /// The way that it went.
        sent_by: Flow,
        /// There is more to tell.
        again: bool,
    },
    /// There is something to tell as soon as the phone can take it: when it is back, or wants to hear again.
    Paused(Option<TimerId>),
}

/// Why a subscription ends (RFC 6665 §4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was not refreshed, or given up.
    Timeout,
    /// What was watched is no longer there.
    NoResource,
    /// It is another list now: to be subscribed to anew.
    Deactivated,
    /// The watcher is no longer allowed to.
    Rejected,
}

impl Ending {
    fn text(self) -> &'static [u8] {
        match self {
            Self::Timeout => b"terminated;reason=timeout",
            Self::NoResource => b"terminated;reason=noresource",
            Self::Deactivated => b"terminated;reason=deactivated",
            Self::Rejected => b"terminated;reason=rejected",
        }
    }
}

/// What a subscription is made of.
pub(super) struct Parts {
    pub(super) wish: Wish,
    pub(super) target: Target,
    pub(super) host: Box<str>,
    pub(super) dialog: Dialog,
    pub(super) flow: Flow,
    pub(super) watcher: Extension,
}

impl Subscription {
    pub(super) fn new(parts: Parts, expires_at: Instant, timer: TimerId, age: u64) -> Self {
        let Parts { wish: Wish { package, id, .. }, target, host, dialog, flow, watcher } = parts;
        let (list, members) = match target {
            Target::One(extension) => (None, vec![Member::new(extension)]),
            Target::List { list, members } => (Some(list), members.into_iter().map(Member::new).collect()),
        };
        let source = flow.remote.ip();
        let (version, sending, ending) = (0, Sending::Idle, None);
        Self {
            dialog,
            flow,
            source,
            watcher,
            package,
            id,
            host,
            list,
            members,
            version,
            expires_at,
            timer,
            age,
            sending,
            ending,
        }
    }

    /// Whether the same phone wants the same.
    pub(super) fn is_like(&self, parts: &Parts) -> bool {
        let is_same_list = match &parts.target {
            Target::One(extension) => self.list.is_none() && self.members.iter().any(|it| it.extension == *extension),
            Target::List { list, .. } => self.list.as_ref() == Some(list),
        };
        is_same_list
            && (self.package, &self.id, &self.watcher) == (parts.wish.package, &parts.wish.id, &parts.watcher)
            && self.is_at(parts.dialog.remote_target())
    }

    /// Whether its phone has this Contact.
    pub(super) fn is_at(&self, contact: &OwnedUri) -> bool {
        let own = self.dialog.remote_target();
        own.text() == contact.text() || own.view().is_equivalent(&contact.view())
    }

    /// Whether its connection has ended: nothing can be sent to its phone.
    pub(super) fn is_cut_off(&self) -> bool {
        self.flow.transport.is_reliable() && self.flow.connection.is_none()
    }

    /// The next NOTIFY, without its body.
    pub(super) fn notify(&mut self, directory: &Directory, now: Instant) -> Request {
        let mut request = self.dialog.request(Method::Notify);
        let headers = &mut request.headers;
        add_contact(headers, &self.flow, directory);
        headers.add_with(HeaderName::Event, |out| {
            out.extend_from_slice(self.package.name().as_bytes());
            if let Some(id) = &self.id {
                out.extend_from_slice(b";id=");
                out.extend_from_slice(id);
            }
        });
        headers.add_with(HeaderName::SubscriptionState, |out| {
            out.extend_from_slice(self.ending.map_or(b"active;expires=", Ending::text));
            if self.ending.is_none() {
                left_s(self.expires_at, now).print(out);
            }
        });
        if self.list.is_some() {
            headers.add(HeaderName::Require, b"eventlist");
        }
        request
    }

    /// Everything is to be told again.
    pub(super) fn renew(&mut self) {
        for member in &mut self.members {
            member.is_new = true;
        }
    }
}

impl Member {
    fn new(extension: Extension) -> Self {
        Self { extension, version: 0, is_new: true }
    }
}

/// In **seconds**, rounded up: a phone never finds less than it was granted.
pub(super) fn left_s(until: Instant, now: Instant) -> u32 {
    let left = until.saturating_duration_since(now) + std::time::Duration::from_millis(999);
    u32::try_from(left.as_secs()).unwrap_or(u32::MAX)
}
