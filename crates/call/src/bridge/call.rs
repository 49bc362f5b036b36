//! One call: its legs, how far it has come, and its end.

use std::time::Instant;

use warden_media::relay::Side;
use warden_sip::wheel::TimerId;

use super::leg::{Fork, Leg};
use super::reoffer::Exchange;
use super::ring::Ringing;
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
    /// Phones that were cancelled and have not said their last word.
    pub(super) cancelled: Vec<Fork>,
    /// Changes that were under way at the end, and that phones have not said their last word to.
    pub(super) left: Vec<Left>,
}

/// A call as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallView {
    /// Which.
    pub call: CallId,
    /// Who called.
    pub caller: Extension,
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
}

/// Its media session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// None yet.
    None,
    /// A's ports and those of the leg with this tag are in use.
    Open(u64),
    /// It has been closed; the statistics are to come.
    Closing(u64),
    /// It is gone, and the ports that it had come back by themselves.
    Closed(u64),
}

impl Call {
    /// Whether it can be forgotten.
    pub(super) fn is_done(&self) -> bool {
        let waits = |leg: &Leg| leg.bye_wanted;
        matches!(self.stage, Stage::Over)
            && self.cancelled.is_empty()
            && self.left.is_empty()
            && matches!(self.media, Media::None | Media::Closed(_))
            && !waits(&self.a)
            && !self.b.as_ref().is_some_and(waits)
    }

    /// Those that there are, A first.
    pub(super) fn legs(&mut self) -> impl Iterator<Item = &mut Leg> {
        [Some(&mut self.a), self.b.as_mut()].into_iter().flatten()
    }

    pub(super) fn leg(&mut self, side: Side) -> Option<&mut Leg> {
        match side {
            Side::A => Some(&mut self.a),
            Side::B => self.b.as_mut(),
        }
    }

    /// Itself as others see it; `None` once it is over.
    pub(super) fn view(&self) -> Option<CallView> {
        let holds = |leg: &Leg| leg.holds;
        let on_hold = holds(&self.a) || self.b.as_ref().is_some_and(holds);
        (!matches!(self.stage, Stage::Over)).then(|| CallView { on_hold, ..self.view.clone() })
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
        }
        match self.media {
            Media::Open(tag) => {
                turn.media(MediaCommand::Close { call: turn.call });
                self.media = Media::Closing(tag);
            }
            Media::Closing(_) | Media::Closed(_) => {}
            Media::None => {
                for leg in self.legs() {
                    turn.put_back(leg.ports);
                }
            }
        }
        self.stage = Stage::Over;
    }

    /// Gives back the ports of a phone that is not called any more, unless the media session has or had them.
    pub(super) fn release(media: Media, fork: &Fork, turn: &mut Turn<'_>) {
        if media.tag() != Some(fork.tag) {
            turn.put_back(fork.ports);
        }
    }
}

impl Media {
    /// Our tag of the leg that A was joined with last.
    pub(super) fn tag(self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Open(tag) | Self::Closing(tag) | Self::Closed(tag) => Some(tag),
        }
    }

    /// Joins A with the leg that has this tag: anew, in place of another, or as before with other agreements.
    pub(super) fn connect(&mut self, legs: Box<[LegOpening; 2]>, tag: u64, turn: &mut Turn<'_>) {
        let call = turn.call;
        match *self {
            Self::Closing(_) | Self::Closed(_) => {}
            Self::None => {
                *self = Self::Open(tag);
                turn.media(MediaCommand::Open { call, legs });
            }
            Self::Open(joined) => {
                let [a, b] = *legs;
                turn.media(MediaCommand::SetUp { call, side: Side::A, setup: Box::new(a.setup) });
                if joined == tag {
                    turn.media(MediaCommand::SetUp { call, side: Side::B, setup: Box::new(b.setup) });
                } else {
                    *self = Self::Open(tag);
                    turn.media(MediaCommand::Replace { call, side: Side::B, leg: Box::new(b) });
                }
            }
        }
    }
}
