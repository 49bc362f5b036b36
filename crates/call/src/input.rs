//! What the call core is told.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use warden_sip::endpoint::{self, ClientId, Flow};
use warden_sip::resolve::{Answer, Question};

use crate::access::{Ban, WrongGuess};
use crate::directory::{Directory, Extension};
use crate::instant_message::InstantMessage;
use crate::media::MediaEvent;
use crate::registrar::Binding;
use crate::subscription::MessageCounts;

/// One thing that happened; after it, drain [`Pbx::poll`](crate::Pbx::poll).
#[derive(Debug)]
pub enum Input {
    /// The configuration has changed. Calls go on; registrations of people who are gone end.
    Directory(Arc<Directory>),
    /// The transaction layer tells.
    Sip(endpoint::Event),
    /// A connection has ended: who registered over it cannot be reached until it connects again. Calls go on meanwhile.
    FlowEnded(Flow),
    /// DNS has answered, or has not in time.
    Answered {
        /// As it was asked.
        question: Question,
        /// What it says.
        answer: Answer,
    },
    /// The answer to [`Output::Open`](crate::Output::Open).
    Opened {
        /// As it was asked.
        id: ClientId,
        /// The way, which can be sent on from now on, though its connection may not stand yet; `None` when there is none.
        flow: Option<Flow>,
    },
    /// The connection of a flow cannot be made. What was sent on it fails after this.
    Unreached {
        /// Which.
        flow: Flow,
        /// Why, in words for people.
        reason: String,
    },
    /// The media threads tell.
    Media(MediaEvent),
    /// New calls are refused with 503 from now on, or taken again; those to emergency numbers are always taken.
    AcceptCalls(bool),
    /// Every call is ended.
    EndCalls,
    /// What waits in the mailbox of an extension has changed, or is known for the first time.
    Mailbox {
        /// Whose.
        extension: Extension,
        /// What there is now.
        counts: MessageCounts,
    },
    /// Warden's own registrations at other servers are given up, for good.
    Leave,
    /// What time it is, since the Unix epoch; to be told at the start, and again when it may have been set.
    Time(Duration),
    /// Messages that an earlier run has kept.
    RestoreMessages(Vec<InstantMessage>),
    /// Messages with these numbers have been written down.
    MessagesSaved(Vec<u64>),
    /// Bindings that an earlier run has saved. Those of unknown people are dropped.
    Restore(Vec<Binding>),
    /// Bans that an earlier run has saved; those that have ended are dropped.
    RestoreBans(Vec<Ban>),
    /// An administrator bans somebody.
    Ban(Ban),
    /// An administrator lifts every ban of this address, and forgives what was held against it.
    LiftBans(IpAddr),
    /// A wrong guess at another door than SIP's.
    WrongGuess(WrongGuess),
}
