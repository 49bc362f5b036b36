//! Who was in a call, one after the other, and the transfers that brought them there.

use std::fmt::Write as _;
use std::time::Duration;

use super::Cdr;
use crate::call_event::{Answered, CallEvent, CallId, Ender, Started, TransferKind};
use crate::directory::{Extension, Side};

/// Somebody who was in the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Who.
    pub extension: Extension,
    /// The person's name.
    pub name: String,
    /// In whose place, if not the first there: the one before at the same side.
    pub side: Side,
    /// Since when, from the Unix epoch on.
    pub at: Duration,
    /// The call that it was in before.
    pub from: Option<CallId>,
}

/// A transfer that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRecord {
    /// When, since the Unix epoch.
    pub at: Duration,
    /// Who asked.
    pub referrer: Extension,
    /// To whom.
    pub to: String,
    /// How.
    pub kind: TransferKind,
    /// What came of it, as a SIP status; `None` when the call was cut off before.
    pub status: Option<u16>,
}

impl Party {
    pub(super) fn caller(started: &Started, at: Duration) -> Self {
        let (extension, name) = (started.caller.clone(), started.caller_name.clone());
        Self { extension, name, side: Side::A, at, from: None }
    }

    pub(super) fn at(side: Side, party: &Answered, at: Duration, from: Option<CallId>) -> Self {
        Self { extension: party.extension.clone(), name: party.name.clone(), side, at, from }
    }
}

impl Cdr {
    /// Takes in what transfers have changed.
    pub(super) fn note_transfer(&mut self, event: &CallEvent, at: Duration) {
        match event {
            CallEvent::Answered(answered) => self.parties.push(Party::at(Side::B, answered, at, None)),
            CallEvent::Joined(joined) => self.parties.push(Party::at(joined.side, &joined.party, at, joined.from)),
            CallEvent::Transfer(asked) => self.transfers.push(TransferRecord {
                at,
                referrer: asked.referrer.clone(),
                to: asked.to.clone(),
                kind: asked.kind,
                status: None,
            }),
            CallEvent::TransferOver { status } => {
                if let Some(transfer) = self.transfers.last_mut() {
                    transfer.status = Some(*status);
                }
            }
            CallEvent::Started(_)
            | CallEvent::Routed { .. }
            | CallEvent::Ringing { .. }
            | CallEvent::Declined { .. }
            | CallEvent::Held { .. }
            | CallEvent::Resumed { .. }
            | CallEvent::Silent { .. }
            | CallEvent::WrongKey { .. }
            | CallEvent::AudioBack { .. }
            | CallEvent::Recording(_)
            | CallEvent::Left { .. }
            | CallEvent::CalledBack { .. }
            | CallEvent::Ended(_)
            | CallEvent::Measured(_) => {}
        }
    }

    /// Who was at a side last.
    #[must_use]
    pub fn last_at(&self, side: Side) -> Option<&Party> {
        self.parties.iter().rfind(|party| party.side == side)
    }

    /// How the call went, as a sentence without full stop: `hung up by the caller`, and with transfers
    /// `1001 transferred it to 1003, hung up by 1003`.
    #[must_use]
    pub fn story(&self) -> String {
        let mut story = String::new();
        for transfer in self.transfers.iter().filter(|transfer| transfer.status == Some(200)) {
            // Writing to a text cannot fail.
            let _ = write!(story, "{} transferred it to {}, ", transfer.referrer, transfer.to);
        }
        let side = match self.ending.by {
            Ender::Caller => Some(Side::A),
            Ender::Callee => Some(Side::B),
            Ender::System => None,
        };
        // After a transfer it is not clear any more who the caller is.
        let has_changed = self.parties.len() > 2;
        match side.and_then(|side| self.last_at(side)).filter(|_| has_changed) {
            Some(party) => story.push_str(&self.ending.told(party.extension.text())),
            None => story.push_str(&self.ending.to_string()),
        }
        story
    }
}
