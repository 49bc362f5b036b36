//! Transfers (RFC 3515, RFC 3891, RFC 5589): a phone in a call gives the other party to somebody else.
//!
//! The call goes on under its number: the referrer's leg is replaced by another one, which has answered an INVITE of ours
//! or comes from another call. Both legs are decoupled while phones ring: each is answered alone, and the other party
//! hears ring-back. What a leg has to be told of its new partner is told by a re-INVITE of ours (`settle`).

mod alone;
mod attended;
mod blind;
mod far_end;
mod heard;
mod introduce;
mod join;
mod leaving;
mod newcomer;
mod notify;
mod outcome;
mod refer;
mod refer_to;
mod replaces;
mod ringing;
mod settle;

use warden_media::relay::Side;
use warden_sip::wheel::TimerId;

use self::heard::Heard;
use self::newcomer::Newcomer;
use super::call::{Call, Stage};
use super::hunt::Hunt;
use super::leg::Leg;
use super::reoffer::Exchange;
use super::turn::Turn;
use crate::directory::Extension;

pub(super) use self::attended::Joining;
pub(super) use self::leaving::Leaving;
pub(super) use self::notify::Notifier;
pub(super) use self::settle::Unsettled;

/// A transfer under way: phones ring in place of the referrer's.
pub(super) struct Transfer {
    /// The referrer's side, to be replaced.
    side: Side,
    hunt: Hunt,
    /// How long they ring.
    limit: Option<TimerId>,
    /// Who has answered, as soon as the call is ready for it.
    newcomer: Option<Box<Newcomer>>,
    /// Who is heard in place of ring-back.
    heard: Option<Box<Heard>>,
    /// It has failed, and the referrer who had hung up is called back.
    is_calling_back: bool,
}

impl Transfer {
    pub(super) fn hunt(&self) -> &Hunt {
        &self.hunt
    }

    /// Who is about to be at this side, where the referrer has gone.
    pub(super) fn expected_at(&self, side: Side) -> Option<&Extension> {
        self.hunt.callee().filter(|_| self.side == side)
    }

    /// The leg of who has answered and waits.
    pub(super) fn newcomer(&self) -> Option<&Leg> {
        self.newcomer.as_ref().map(|newcomer| &newcomer.leg)
    }

    /// The same, to be changed.
    pub(super) fn newcomer_mut(&mut self) -> Option<&mut Leg> {
        self.newcomer.as_mut().map(|newcomer| &mut newcomer.leg)
    }

    /// Whether it is who is at this side that the phones ring for.
    pub(super) fn waits_at(&self, side: Side) -> bool {
        self.side != side
    }

    /// Whether who waits hears one of the phones that ring, and is heard by it, and no ring-back.
    pub(super) fn is_heard(&self) -> bool {
        self.heard.is_some()
    }

    /// Nothing more is waited for, and no other phones begin to ring.
    fn stop_timers(&mut self, turn: &mut Turn<'_>) {
        turn.stop_waiting(&mut self.limit);
        turn.stop_waiting(&mut self.hunt.next);
    }
}

impl Call {
    /// Goes on with what had to wait until no offer is under way.
    pub(super) fn advance(&mut self, turn: &mut Turn<'_>) {
        let Stage::Up(up) = &self.stage else { return };
        if !matches!(up.exchange, Exchange::Idle) {
            return;
        }
        if up.transfer.as_ref().is_some_and(|transfer| transfer.newcomer.is_some()) {
            self.join_newcomer(turn);
        }
        self.settle(turn);
    }

    /// The transfer whose phones ring for the place at this side.
    pub(super) fn ringing_for(&self, side: Side) -> Option<&Transfer> {
        match &self.stage {
            Stage::Up(up) => up.transfer.as_deref().filter(|transfer| !transfer.waits_at(side)),
            Stage::Ringing(_) | Stage::Over => None,
        }
    }

    fn transfer(&mut self) -> Option<&mut Transfer> {
        match &mut self.stage {
            Stage::Up(up) => up.transfer.as_deref_mut(),
            Stage::Ringing(_) | Stage::Over => None,
        }
    }

    /// Whether the phone at this side has asked for the transfer that is under way.
    pub(super) fn is_referrer(&self, side: Side) -> bool {
        match &self.stage {
            Stage::Up(up) => {
                let ringing = up.transfer.as_ref().map(|transfer| transfer.side);
                ringing.or(up.joining.as_ref().map(|joining| joining.side())) == Some(side)
            }
            Stage::Ringing(_) | Stage::Over => false,
        }
    }
}
