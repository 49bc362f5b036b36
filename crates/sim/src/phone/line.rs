//! The call on a phone's line, with what is needed to go on with it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use warden_sdp::{LocalMedia, Session};
use warden_sip::dialog::Dialog;
use warden_sip::endpoint::{ClientId, Event, ServerId};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::tag::Tag;

use super::reliable::{EarlyDialog, Sent};
use super::sign_in::SignIn;
use super::timer::SessionTimer;

pub(super) enum Line {
    Free,
    /// Dialled; the tags are not agreed yet.
    Dialled(Box<Dialling>),
    /// Ringing here.
    Offered(Box<Ringing>),
    /// Answered, here or there.
    Up(Box<Call>),
}

/// A call that was made and not answered yet.
pub(super) struct Dialling {
    pub(super) invite: ClientId,
    pub(super) peer: SocketAddr,
    pub(super) uri: String,
    pub(super) from: String,
    pub(super) call_id: [u8; 16],
    pub(super) tag: Tag,
    pub(super) sequence: u32,
    pub(super) max_forwards: u8,
    pub(super) privacy: Option<String>,
    pub(super) replaces: Option<String>,
    pub(super) sign_in: Option<SignIn>,
    pub(super) session: Session,
    pub(super) local: LocalMedia,
    /// The least session interval the other side takes, in **seconds**.
    pub(super) min_s: u32,
    /// The user gave up.
    pub(super) cancelled: bool,
    /// The To tag of the last provisional response.
    pub(super) remote_tag: Option<Vec<u8>>,
    /// Once something was confirmed before the answer.
    pub(super) early: Option<EarlyDialog>,
}

/// A call that rings here.
pub(super) struct Ringing {
    pub(super) invite: ServerId,
    pub(super) request: Arc<Message>,
    pub(super) call: Call,
    pub(super) sent: Sent,
}

/// A call with both tags.
pub(super) struct Call {
    pub(super) dialog: Dialog,
    pub(super) session: Session,
    /// What this phone wants to receive and send.
    pub(super) local: LocalMedia,
    /// Whether this side made the Call-ID: it waits longer after a collision.
    pub(super) owns_call_id: bool,
    /// A 2xx of ours that no ACK has come for; until then BYE may not be sent (RFC 3261 §15).
    pub(super) unacknowledged: Option<ServerId>,
    /// BYE is to be sent as soon as it may be.
    pub(super) hang_up: bool,
    /// Our own re-INVITE or UPDATE.
    pub(super) own: Option<OwnRequest>,
    /// One that is to be sent later.
    pub(super) later: Option<Later>,
    pub(super) timer: Option<SessionTimer>,
    /// The least session interval the other side takes, in **seconds**.
    pub(super) min_s: u32,
    pub(super) sign_in: Option<SignIn>,
    /// The next request is signed: the last one was challenged.
    pub(super) must_sign: bool,
}

/// A request that changes the session.
#[derive(Clone, Copy)]
pub(super) struct Deed {
    /// INVITE or UPDATE.
    pub(super) method: Method,
    /// Whether it carries an offer.
    pub(super) offers: bool,
}

pub(super) struct OwnRequest {
    pub(super) id: ClientId,
    pub(super) deed: Deed,
    /// What holds again if it is refused.
    pub(super) before: LocalMedia,
}

pub(super) struct Later {
    pub(super) at: Instant,
    pub(super) deed: Deed,
    pub(super) before: LocalMedia,
}

impl Call {
    pub(super) fn new(dialog: Dialog, session: Session, local: LocalMedia, owns_call_id: bool) -> Self {
        Self {
            dialog,
            session,
            local,
            owns_call_id,
            unacknowledged: None,
            hang_up: false,
            own: None,
            later: None,
            timer: None,
            min_s: 0,
            sign_in: None,
            must_sign: false,
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.later.as_ref().map(|later| later.at).into_iter().chain(self.timer.map(|timer| timer.at)).min()
    }
}

impl Line {
    /// The call, once there is a dialog.
    pub(super) fn call(&self) -> Option<&Call> {
        match self {
            Self::Offered(ringing) => Some(&ringing.call),
            Self::Up(call) => Some(call),
            Self::Free | Self::Dialled(_) => None,
        }
    }

    pub(super) fn call_mut(&mut self) -> Option<&mut Call> {
        match self {
            Self::Offered(ringing) => Some(&mut ringing.call),
            Self::Up(call) => Some(call),
            Self::Free | Self::Dialled(_) => None,
        }
    }

    pub(super) fn is_dialling(&self, id: ClientId) -> bool {
        matches!(self, Self::Dialled(dialling) if dialling.invite == id)
    }

    pub(super) fn is_own(&self, id: ClientId) -> bool {
        self.call().and_then(|call| call.own.as_ref()).is_some_and(|own| own.id == id)
    }

    /// Whether an event is about the call on this line.
    pub(super) fn is_meant(&self, event: &Event) -> bool {
        let has_unacknowledged = |id: ServerId| self.call().is_some_and(|call| call.unacknowledged == Some(id));
        match event {
            Event::Request { request, .. } => self.call().is_some_and(|call| call.dialog.is_of(request)),
            Event::Response { id, .. } | Event::Failed { id, .. } => self.is_dialling(*id) || self.is_own(*id),
            Event::Cancelled { id, .. } | Event::Unconfirmed { id } => {
                matches!(self, Self::Offered(ringing) if ringing.invite == *id)
            }
            Event::Acknowledged { id, .. } | Event::Unacknowledged { id } => has_unacknowledged(*id),
            Event::Malformed { .. } => false,
        }
    }

    /// Call-ID, the other end's tag and ours, as soon as they are known.
    pub(super) fn named(&self) -> Option<(Vec<u8>, Vec<u8>, Vec<u8>)> {
        if let Self::Dialled(dialling) = self {
            let remote_tag = dialling.remote_tag.clone()?;
            return Some((dialling.call_id.to_vec(), remote_tag, dialling.tag.text().to_vec()));
        }
        let dialog = &self.call()?.dialog;
        Some((dialog.call_id().to_vec(), dialog.remote_tag().to_vec(), dialog.local_tag().to_vec()))
    }

    pub(super) fn session(&self) -> Option<&Session> {
        match self {
            Self::Dialled(dialling) => Some(&dialling.session),
            Self::Offered(_) | Self::Up(_) => self.call().map(|call| &call.session),
            Self::Free => None,
        }
    }
}
