//! What those who watch an extension may see of its calls: read, never changed.

use warden_media::relay::Side;
use warden_sip::dialog::Dialog;
use warden_sip::tag::Tag;

use super::Bridge;
use super::call::{Call, Stage};
use super::hunt::Hunt;
use super::leg::{Fork, Leg};
use crate::call_event::CallId;
use crate::directory::{Directory, Extension};

/// One dialog between a watched phone and us, as the phone sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WatchedDialog {
    /// Our tag, which nobody else has; the phone's remote tag.
    pub(crate) tag: Tag,
    pub(crate) call_id: Box<[u8]>,
    /// The phone's own tag; empty until it has said one.
    pub(crate) phone_tag: Box<[u8]>,
    /// The phone has dialled, or is called.
    pub(crate) has_dialled: bool,
    pub(crate) progress: Progress,
    /// Who is at the other end; `None` when it is not to be known.
    pub(crate) peer: Option<Peer>,
    /// The phone has put the other side on hold.
    pub(crate) holds: bool,
}

/// How far a dialog has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing has come back yet.
    Trying,
    /// It rings.
    Early,
    /// It is answered.
    Confirmed,
}

/// Who a phone talks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) number: String,
    /// Empty when nobody knows it.
    pub(crate) name: String,
}

impl Bridge {
    /// The calls that this extension takes part in.
    ///
    /// Costs a walk over all calls; for the first who watches an extension.
    pub(crate) fn calls_of(&self, extension: &Extension) -> Vec<CallId> {
        let has_part = |call: &Call| call.has_part(extension);
        let mut calls: Vec<_> = self.calls.iter().filter(|(_, call)| has_part(call)).map(|(id, _)| *id).collect();
        calls.sort_unstable();
        calls
    }

    /// Adds the dialogs that phones of this extension have in a call; none once it is over.
    pub(crate) fn add_dialogs(
        &self,
        call: CallId,
        extension: &Extension,
        directory: &Directory,
        found: &mut Vec<WatchedDialog>,
    ) {
        let Some(call) = self.calls.get(&call) else { return };
        if matches!(call.stage, Stage::Over) {
            return;
        }
        let known = |extension: &Extension| Peer {
            number: extension.text().to_owned(),
            name: directory.people.get(extension).map(|person| person.name.clone()).unwrap_or_default(),
        };
        let of_call = [Some(&call.a), call.b.as_ref()];
        for (leg, other) in of_call.into_iter().zip(of_call.into_iter().rev()) {
            let Some(leg) = leg.filter(|leg| leg.owner == *extension && !leg.is_gone) else { continue };
            let dialled = || Peer { number: call.view.dialled.clone(), name: String::new() };
            let peer = other.map_or_else(dialled, |other| known(call.expected(other).unwrap_or(&other.owner)));
            let is_private = leg.is_private || other.is_some_and(|other| other.is_private);
            found.push(of_leg(leg, call.progress(), (!is_private).then_some(peer)));
        }
        if let Some(hunt) = call.hunt() {
            let peer = (!hunt.is_private).then(|| known(&hunt.caller));
            let own = hunt.forks.iter().filter(|fork| fork.extension == *extension);
            found.extend(own.map(|fork| of_fork(fork, peer.clone())));
        }
    }
}

impl Call {
    fn has_part(&self, extension: &Extension) -> bool {
        let is_called = self.hunt().is_some_and(|hunt| hunt.forks.iter().any(|fork| fork.extension == *extension));
        let has_leg = |leg: &Leg| leg.owner == *extension;
        let is_in = has_leg(&self.a) || self.b.as_ref().is_some_and(has_leg);
        !matches!(self.stage, Stage::Over) && (is_called || is_in)
    }

    /// The phones that ring.
    fn hunt(&self) -> Option<&Hunt> {
        match &self.stage {
            Stage::Ringing(ringing) => Some(&ringing.hunt),
            Stage::Up(up) => up.transfer.as_ref().map(|transfer| transfer.hunt()),
            Stage::Over => None,
        }
    }

    /// How far it is for who is in it.
    fn progress(&self) -> Progress {
        match &self.stage {
            Stage::Ringing(ringing) if ringing.hunt.forks.iter().all(|fork| fork.progress.is_none()) => {
                Progress::Trying
            }
            Stage::Ringing(_) => Progress::Early,
            Stage::Up(_) | Stage::Over => Progress::Confirmed,
        }
    }
}

fn of_leg(leg: &Leg, progress: Progress, peer: Option<Peer>) -> WatchedDialog {
    let Leg { dialog, tag, holds, .. } = leg;
    let (call_id, phone_tag) = (Dialog::call_id(dialog).into(), Dialog::remote_tag(dialog).into());
    WatchedDialog {
        tag: Tag::from_bits(*tag),
        call_id,
        phone_tag,
        has_dialled: leg.side == Side::A,
        progress,
        peer,
        holds: *holds,
    }
}

fn of_fork(fork: &Fork, peer: Option<Peer>) -> WatchedDialog {
    WatchedDialog {
        tag: Tag::from_bits(fork.tag),
        call_id: fork.call_id.into(),
        phone_tag: fork.phone_tag.clone(),
        has_dialled: false,
        progress: if fork.progress.is_some() { Progress::Early } else { Progress::Trying },
        peer,
        holds: false,
    }
}
