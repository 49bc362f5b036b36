//! What comes of a transfer that is not made: the referrer is told, and has the call still, or gets it back.

use warden_media::relay::Side;
use warden_sip::status::Status;

use super::super::call::{Call, Stage};
use super::super::hunt::Hunt;
use super::super::reason::Reason;
use super::super::refusal::Refusal;
use super::super::reoffer::{Exchange, answer_own};
use super::super::turn::Turn;
use super::Transfer;
use super::notify::Word;
use crate::call_event::{CallEvent, Cause, Ender, Ending};

/// How far the INVITEs of a call-back may go.
const MAX_FORWARDS: u8 = 69;

impl Call {
    pub(super) fn take_transfer(&mut self) -> Option<Box<Transfer>> {
        match &mut self.stage {
            Stage::Up(up) => up.transfer.take(),
            Stage::Ringing(_) | Stage::Over => None,
        }
    }

    pub(super) fn put_transfer(&mut self, transfer: Box<Transfer>) {
        if let Stage::Up(up) = &mut self.stage {
            up.transfer = Some(transfer);
        }
    }

    /// Nobody has answered in time.
    pub(in super::super) fn give_up_transfer(&mut self, turn: &mut Turn<'_>) {
        self.fail_transfer(Refusal::NO_ANSWER, turn);
    }

    /// Nobody takes it.
    pub(super) fn fail_transfer(&mut self, refusal: Refusal, turn: &mut Turn<'_>) {
        let Some(mut transfer) = self.take_transfer() else { return };
        transfer.stop_timers(turn);
        let Transfer { side, hunt, heard, is_calling_back, .. } = *transfer;
        self.cancel(hunt.forks, Reason::of(refusal.status), turn);
        if is_calling_back {
            return self.end_unanswered(refusal.cause, turn);
        }
        if heard.is_some() && !self.hear_referrer(side, turn) {
            turn.tell(CallEvent::TransferOver { status: Status::REQUEST_TERMINATED.code() });
            return self.end_unanswered(Cause::NoPorts, turn);
        }
        self.refuse_transfer(side, refusal, turn);
    }

    /// The referrer is told that nothing comes of it.
    pub(super) fn refuse_transfer(&mut self, side: Side, refusal: Refusal, turn: &mut Turn<'_>) {
        let Refusal { status, reason, .. } = refusal;
        turn.tell(CallEvent::TransferOver { status: status.code() });
        let Some(leg) = self.leg(side) else { return };
        leg.notify(Word { status, reason }, turn);
        if leg.is_gone {
            return self.call_back(side, turn);
        }
        self.unsettle([Side::A, Side::B], turn);
    }

    /// The referrer has hung up and does not know that nobody is there: its phones ring, and show the other party.
    fn call_back(&mut self, side: Side, turn: &mut Turn<'_>) {
        let Some((own, other)) = self.pair(side) else { return };
        let extension = own.owner.clone();
        turn.tell(CallEvent::CalledBack { extension: extension.clone() });
        let mut hunt = Hunt::new(other.owner.clone(), other.is_private, MAX_FORWARDS);
        match hunt.call_all(other, &extension, turn) {
            Ok(()) => self.begin_ringing(side, hunt, true, turn),
            Err(refusal) => self.end_unanswered(refusal.cause, turn),
        }
    }

    fn end_unanswered(&mut self, cause: Cause, turn: &mut Turn<'_>) {
        self.tear_down(None, Ending { by: Ender::System, cause, status: None }, turn);
    }

    /// The referrer hangs up. True when the call goes on without it.
    pub(in super::super) fn go_without(&mut self, side: Side, turn: &mut Turn<'_>) -> bool {
        let is_referrer = self.is_referrer(side);
        let is_free = matches!(&self.stage, Stage::Up(up) if up.transfer.is_none() && up.joining.is_none());
        let Some(leg) = self.leg(side) else { return false };
        // Who has not heard yet that it came to nothing believes that the other party is in good hands; not so while that
        // party itself gives the call to somebody else.
        let believes_so = is_free && leg.notifier.is_some();
        if !is_referrer && !believes_so {
            return false;
        }
        self.do_without(side, turn);
        if !is_referrer {
            self.call_back(side, turn);
        }
        true
    }

    /// The referrer's phone answers nothing any more; what it has asked for goes on.
    pub(in super::super) fn lose_referrer(&mut self, side: Side, turn: &mut Turn<'_>) {
        if let Some(leg) = self.leg(side).filter(|leg| !leg.is_gone) {
            leg.say_bye(turn);
            self.do_without(side, turn);
        }
    }

    fn do_without(&mut self, side: Side, turn: &mut Turn<'_>) {
        self.forgo_answer(side, turn);
        if let Some(leg) = self.leg(side) {
            leg.is_gone = true;
            leg.refresh.stop(turn);
            leg.forget_digits(turn);
            turn.tell(CallEvent::Left { side });
            self.connect(turn);
        }
    }

    /// The phone at `from` leaves a call that goes on without it. When it owes an answer, the other phone gets one from us,
    /// by what held before.
    fn forgo_answer(&mut self, from: Side, turn: &mut Turn<'_>) {
        let Stage::Up(up) = &mut self.stage else { return };
        if !matches!(up.exchange, Exchange::Answering { from: owing, .. } if owing == from) {
            return;
        }
        let Exchange::Answering { waiting, .. } = up.finish(turn) else { return };
        let Some((own, other)) = self.pair(from) else { return };
        own.session.reject();
        if let Some(waiting) = waiting {
            let answer = answer_own(other, own, turn.directory);
            if answer.is_none() {
                other.session.reject();
            }
            waiting.acknowledge(other, answer, turn);
        }
    }

    /// The call ends in the middle of it.
    pub(in super::super) fn break_off_transfer(&mut self, transfer: Option<Box<Transfer>>, turn: &mut Turn<'_>) {
        if let Some(mut transfer) = transfer {
            transfer.stop_timers(turn);
            let Transfer { hunt, newcomer, is_calling_back, .. } = *transfer;
            self.cancel(hunt.forks, None, turn);
            if let Some(mut newcomer) = newcomer {
                newcomer.leg.say_bye(turn);
                newcomer.put_away(self.media, turn);
            }
            if !is_calling_back {
                turn.tell(CallEvent::TransferOver { status: Status::REQUEST_TERMINATED.code() });
            }
        }
        for leg in self.legs() {
            leg.stop_notifying(turn);
        }
        self.stop_leaving(turn);
    }
}
