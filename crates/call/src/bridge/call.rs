//! One call: its legs, how far it has come, and its end.

use std::net::SocketAddr;
use std::time::Instant;

use warden_media::relay::Side;
use warden_sip::wheel::TimerId;

use super::leg::{Fork, Leg};
use super::program::Played;
use super::recording::{Recorded, Recording};
use super::reliable::Reliable;
use super::reoffer::Exchange;
use super::ring::Ringing;
use super::transfer::{Joining, Leaving, Transfer, Unsettled};
use super::turn::Turn;
use super::unanswered::Left;
use crate::call_event::{CallEvent, CallId, Ending};
use crate::directory::Extension;
use crate::media::{LegOpening, MediaCommand};

/// From dialling until nothing is left to clear up.
pub(super) struct Call {
    /// For those who look at the calls.
    pub(super) view: CallView,
    /// Who called.
    pub(super) a: Leg,
    /// Who answered.
    pub(super) b: Option<Leg>,
    pub(super) stage: Stage,
    pub(super) media: Media,
    pub(super) played: Played,
    /// What the caller confirms before the answer.
    pub(super) reliable: Reliable,
    /// Phones that were cancelled and have not said their last word.
    pub(super) cancelled: Vec<Fork>,
    /// Changes that were under way at the end, and that phones have not said their last word to.
    pub(super) left: Vec<Left>,
    /// Phones that were replaced and whose dialogs still stand.
    pub(super) leaving: Vec<Leaving>,
    /// How many transfers were asked for, those by Replaces included.
    pub(super) transfers: u32,
    pub(super) recording: Recording,
}

/// A call as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallView {
    /// Which.
    pub call: CallId,
    /// Who called.
    pub caller: Extension,
    /// Where the caller's phone was when it dialled.
    pub source: SocketAddr,
    /// What was dialled.
    pub dialled: String,
    /// Who has answered.
    pub callee: Option<Extension>,
    /// When it began.
    pub started_at: Instant,
    /// When it was answered.
    pub answered_at: Option<Instant>,
    /// A side has put the other on hold.
    pub on_hold: bool,
    /// Whether it is recorded.
    pub recorded: Recorded,
}

/// How far it has come.
pub(super) enum Stage {
    /// Phones are called.
    Ringing(Box<Ringing>),
    /// Somebody has answered.
    Up(Up),
    /// What is still to come is only cleared up.
    Over,
}

/// An answered call.
#[derive(Default)]
pub(super) struct Up {
    pub(super) exchange: Exchange,
    /// How long the phone that was asked may think.
    pub(super) limit: Option<TimerId>,
    /// Requests that were passed on: ours, and the one that it answers.
    pub(super) passed: Vec<super::pass::Passed>,
    pub(super) transfer: Option<Box<Transfer>>,
    pub(super) joining: Option<Box<Joining>>,
    pub(super) unsettled: Unsettled,
}

/// Its media session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// None yet.
    None,
    /// The ports of the legs with these tags, A and B, are in use.
    Open([u64; 2]),
    /// It has been closed; the statistics are to come.
    Closing([u64; 2]),
    /// It is gone, and the ports that it had come back by themselves.
    Closed([u64; 2]),
}

impl Call {
    /// Whether it can be forgotten.
    pub(super) fn is_done(&self) -> bool {
        let waits = |leg: &Leg| leg.bye_wanted;
        matches!(self.stage, Stage::Over)
            && self.cancelled.is_empty()
            && self.left.is_empty()
            && self.leaving.is_empty()
            && matches!(self.media, Media::None | Media::Closed(_))
            && !waits(&self.a)
            && !self.b.as_ref().is_some_and(waits)
    }

    /// Those that there are, A first.
    pub(super) fn legs(&mut self) -> impl Iterator<Item = &mut Leg> {
        [Some(&mut self.a), self.b.as_mut()].into_iter().flatten()
    }

    /// Those that leave it, too, and one that waits to come into it.
    pub(super) fn every_leg(&mut self) -> impl Iterator<Item = &mut Leg> {
        let leaving = self.leaving.iter_mut().map(|leaving| &mut leaving.leg);
        let newcomer = match &mut self.stage {
            Stage::Up(up) => up.transfer.as_mut().and_then(|transfer| transfer.newcomer_mut()),
            Stage::Ringing(_) | Stage::Over => None,
        };
        [Some(&mut self.a), self.b.as_mut()].into_iter().flatten().chain(leaving).chain(newcomer)
    }

    pub(super) fn leg(&mut self, side: Side) -> Option<&mut Leg> {
        match side {
            Side::A => Some(&mut self.a),
            Side::B => self.b.as_mut(),
        }
    }

    /// The phones that ring.
    pub(super) fn forks(&self) -> impl Iterator<Item = &Fork> {
        let hunt = match &self.stage {
            Stage::Ringing(ringing) => Some(&ringing.hunt),
            Stage::Up(up) => up.transfer.as_ref().map(|transfer| transfer.hunt()),
            Stage::Over => None,
        };
        hunt.into_iter().flat_map(|hunt| &hunt.forks)
    }

    /// Itself as others see it; `None` once it is over.
    pub(super) fn view(&self) -> Option<CallView> {
        let holds = |leg: &Leg| leg.holds;
        let on_hold = holds(&self.a) || self.b.as_ref().is_some_and(holds);
        if matches!(self.stage, Stage::Over) {
            return None;
        }
        let mut view = CallView { on_hold, recorded: self.recording.state, ..self.view.clone() };
        if let Some(expected) = self.expected(&self.a) {
            view.caller = expected.clone();
        } else if let Some(expected) = self.b.as_ref().and_then(|b| self.expected(b)) {
            view.callee = Some(expected.clone());
        }
        Some(view)
    }

    /// Who is called for the place of a leg whose phone has hung up already.
    pub(super) fn expected(&self, leg: &Leg) -> Option<&Extension> {
        match &self.stage {
            Stage::Up(up) => up.transfer.as_ref().filter(|_| leg.is_gone)?.expected_at(leg.side),
            Stage::Ringing(_) | Stage::Over => None,
        }
    }

    /// Both legs of an answered call, that of `side` first.
    pub(super) fn pair(&mut self, side: Side) -> Option<(&mut Leg, &mut Leg)> {
        let b = self.b.as_mut()?;
        Some(match side {
            Side::A => (&mut self.a, b),
            Side::B => (b, &mut self.a),
        })
    }

    /// Ends it: once, whatever comes after. Dialogs are ended by who knows which stand.
    pub(super) fn end(&mut self, ending: Ending, turn: &mut Turn<'_>) {
        if matches!(self.stage, Stage::Over) {
            return;
        }
        turn.tell(CallEvent::Ended(ending));
        for leg in self.legs() {
            leg.refresh.stop(turn);
            leg.forget_digits(turn);
        }
        let media = self.media;
        // One that came in and has not agreed on anything yet, and one in whose place another was heard.
        for leg in self.legs().filter(|leg| !leg.is_shell() && !media.has(leg.tag)) {
            turn.put_back(leg.ports);
        }
        if let Media::Open(tags) = media {
            turn.media(MediaCommand::Close { call: turn.call });
            self.media = Media::Closing(tags);
        }
        self.stage = Stage::Over;
    }

    /// A phone is not called any more: nothing is found by it.
    pub(super) fn put_away(&self, fork: &Fork, turn: &mut Turn<'_>) {
        turn.desk.by_client.remove(&fork.client);
        turn.desk.by_tag.remove(&fork.tag);
        Self::release(self.media, fork, turn);
    }

    /// Gives back the ports of a phone that is not called any more, unless the media session has or had them.
    pub(super) fn release(media: Media, fork: &Fork, turn: &mut Turn<'_>) {
        if !media.has(fork.tag) {
            turn.put_back(fork.ports);
        }
    }
}

impl Media {
    /// Whether there is a session.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// Our tags of the legs that it joined last, A and B.
    pub(super) fn tags(self) -> Option<[u64; 2]> {
        match self {
            Self::None => None,
            Self::Open(tags) | Self::Closing(tags) | Self::Closed(tags) => Some(tags),
        }
    }

    /// Our tag of the leg that it joined last at this side.
    pub(super) fn tag(self, side: Side) -> Option<u64> {
        self.tags().map(|[a, b]| match side {
            Side::A => a,
            Side::B => b,
        })
    }

    /// Our tag of the leg that A hears.
    pub(super) fn heard(self) -> Option<u64> {
        self.tag(Side::B)
    }

    /// Whether it has or had the ports of the leg with this tag, which come back by themselves.
    pub(super) fn has(self, tag: u64) -> bool {
        self.tags().is_some_and(|tags| tags.contains(&tag))
    }

    /// Joins the legs that have these tags: anew, in place of others, or as before with other agreements.
    pub(super) fn connect(&mut self, legs: Box<[LegOpening; 2]>, tags: [u64; 2], turn: &mut Turn<'_>) {
        let call = turn.call;
        match *self {
            Self::Closing(_) | Self::Closed(_) => {}
            Self::None => {
                *self = Self::Open(tags);
                turn.media(MediaCommand::Open { call, legs });
            }
            Self::Open(joined) => {
                *self = Self::Open(tags);
                let are_known = joined.into_iter().zip(tags).map(|(joined, tag)| joined == tag);
                for ((leg, is_known), side) in legs.into_iter().zip(are_known).zip([Side::A, Side::B]) {
                    turn.media(if is_known {
                        MediaCommand::SetUp { call, side, setup: Box::new(leg.setup) }
                    } else {
                        MediaCommand::Replace { call, side, leg: Box::new(leg) }
                    });
                }
            }
        }
    }
}
