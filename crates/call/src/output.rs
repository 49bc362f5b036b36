//! What the call core wants done, and what it wants known.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use warden_sip::endpoint::{ClientId, ConnectionId, Flow, NextHop, Reply, Request, ServerId};
use warden_sip::resolve::Question;
use warden_sip::write::Headers;

use crate::access::{Ban, BanReason, Banned};
use crate::call_event::{CallEvent, CallId};
use crate::digits::{Digit, DigitBy};
use crate::directory::{Extension, Side};
use crate::instant_message::MessageChange;
use crate::media::MediaCommand;
use crate::registrant::AccountNews;
use crate::registrar::Binding;

/// One thing to do.
#[derive(Debug)]
pub enum Output {
    /// Give this to [`Endpoint::answer`](warden_sip::endpoint::Endpoint::answer).
    Answer {
        /// The request.
        id: ServerId,
        /// The answer.
        reply: Box<Reply>,
    },
    /// Give this to [`Endpoint::send`](warden_sip::endpoint::Endpoint::send).
    Send {
        /// Numbers the request.
        id: ClientId,
        /// The request.
        request: Box<Request>,
        /// Where to.
        flow: Flow,
    },
    /// Who sends on this connection has shown who it is.
    SignedIn(ConnectionId),
    /// Ask DNS, and answer some time by [`Input::Answered`](crate::Input::Answered).
    Ask(Question),
    /// Find the way to there, or begin to make it, and answer in the same turn by
    /// [`Input::Opened`](crate::Input::Opened).
    Open {
        /// The request that is to go there.
        id: ClientId,
        /// Where to.
        hop: NextHop,
        /// The server may be anybody: its certificate is not verified.
        any_certificate: bool,
    },
    /// Send the two line ends that keep a path open (RFC 5626 §4.4.1); nothing comes of it.
    KeepAlive {
        /// The path.
        flow: Flow,
    },
    /// Give this to [`Endpoint::acknowledge`](warden_sip::endpoint::Endpoint::acknowledge).
    Acknowledge {
        /// The INVITE.
        id: ClientId,
        /// The To tag of the 2xx.
        to_tag: Box<[u8]>,
        /// The ACK.
        ack: Box<Request>,
        /// Where to.
        flow: Flow,
    },
    /// Give this to [`Endpoint::confirm`](warden_sip::endpoint::Endpoint::confirm).
    Confirm {
        /// The INVITE.
        id: ServerId,
    },
    /// Give this to [`Endpoint::cancel`](warden_sip::endpoint::Endpoint::cancel).
    Cancel {
        /// The INVITE.
        id: ClientId,
        /// What the CANCEL says besides: Reason.
        headers: Headers,
    },
    /// Messages with this Call-ID are of this call: for whoever keeps them. Told before the first of them is sent.
    Leg {
        /// The call.
        call: CallId,
        /// The Call-ID.
        sip_call_id: Box<[u8]>,
    },
    /// Give this to the media threads.
    Media(MediaCommand),
    /// Keep this for the next start; nothing waits for it.
    Save(BindingChange),
    /// Keep this for the next start too.
    SaveBan(BanChange),
    /// Keep this for the next start. The sender of a message waits for [`Input::MessagesSaved`](crate::Input::MessagesSaved).
    SaveMessage(MessageChange),
    /// Tell whoever listens: log, live view, webhooks.
    Event(Event),
}

/// What to change in the saved bindings.
#[derive(Clone, Debug)]
pub enum BindingChange {
    /// New or refreshed; found again by extension and [`Binding::key`].
    Put(Arc<Binding>),
    /// Gone.
    Remove {
        /// Whose.
        extension: Extension,
        /// What it was known by.
        key: Box<[u8]>,
    },
}

/// What to change in the saved bans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BanChange {
    /// New, or in the place of the one of the same source.
    Put(Ban),
    /// Ended before its time.
    Remove(Banned),
}

/// What somebody who has signed in ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acl {
    /// Wanted what only another extension may have.
    Extension,
    /// Signed in from elsewhere than this extension may.
    Networks,
}

/// Why a registration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unregistered {
    /// The phone said so.
    ByPhone,
    /// It was not refreshed in time.
    Expired,
    /// The extension was removed.
    Removed,
    /// The connection that it registered over has ended.
    Disconnected,
    /// The same phone has come back at another address.
    Replaced,
}

/// What happened, for people and programs that watch.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Something happened to a call.
    Call {
        /// Which.
        call: CallId,
        /// What.
        event: CallEvent,
    },
    /// A call has failed at once and has no record, as too many of this extension do.
    Unrecorded {
        /// Who called.
        extension: Extension,
        /// Where the phone is.
        source: SocketAddr,
        /// How many there are within one minute, with this one.
        count: u32,
    },
    /// A phone can be reached.
    Registered {
        /// Whose.
        extension: Extension,
        /// Its Contact URI.
        contact: Box<[u8]>,
        /// Where it was seen.
        source: SocketAddr,
        /// What it calls itself; empty when it does not say.
        user_agent: String,
        /// Until it must refresh.
        expires: Duration,
        /// Whether it was known before.
        refreshed: bool,
    },
    /// A phone can no longer be reached.
    Unregistered {
        /// Whose.
        extension: Extension,
        /// Its Contact URI.
        contact: Box<[u8]>,
        /// Why.
        reason: Unregistered,
    },
    /// A password or user name was wrong: a strike.
    SignInFailed {
        /// As claimed.
        username: Box<[u8]>,
        /// Who claimed it.
        source: Flow,
        /// Whether there is no such user.
        unknown: bool,
    },
    /// Somebody is not heard for a while.
    Banned {
        /// Who is refused from now on.
        who: Banned,
        /// Why.
        reason: BanReason,
        /// For how long.
        duration: Duration,
    },
    /// Something has become of a registration of our own.
    Account {
        /// The account's name.
        account: Box<str>,
        /// What.
        news: AccountNews,
    },
    /// The name of the external address stands for another address.
    ExternalAddress {
        /// The name.
        name: Box<str>,
        /// The address from now on; `None` when it cannot be looked up, and the one before holds. That is told once.
        address: Option<IpAddr>,
    },
    /// Somebody signed in and may not do what was asked.
    Forbidden {
        /// Who signed in.
        username: Box<[u8]>,
        /// Who it was.
        source: Flow,
        /// What stood in the way.
        acl: Acl,
    },
    /// A scanner came by. Of a flood of them not each is told.
    Scanner {
        /// By which of the configured names it is known.
        name: Box<str>,
        /// Where it is, or says to be.
        source: Flow,
    },
    /// Somebody has pressed a key in a call. For programs that act on it: digits are in no log and in no record.
    Digit {
        /// The call.
        call: CallId,
        /// Whose.
        side: Side,
        /// Which; it does not print itself.
        digit: Digit,
        /// For how long.
        duration: Duration,
        /// How it came, if it came by more than one way the first one.
        by: DigitBy,
    },
    /// A message that was kept has been given up: it is too old, or its recipient is gone.
    MessageLost {
        /// Who sent it.
        from: Extension,
        /// Whom it was for.
        to: Extension,
    },
}
