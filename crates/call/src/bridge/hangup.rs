//! The end of a call, by whoever brings it about.

use warden_media::relay::Side;
use warden_sip::endpoint::{Reply, ServerId};
use warden_sip::message::Message;
use warden_sip::status::Status;

use super::call::{Call, Stage};
use super::leg::Leg;
use super::reason::Reason;
use super::turn::Turn;
use crate::call_event::{CallEvent, Cause, Ender, Ending};

impl Ender {
    /// Who is at this end.
    pub(super) fn of(side: Side) -> Self {
        match side {
            Side::A => Self::Caller,
            Side::B => Self::Callee,
        }
    }
}

impl Call {
    /// BYE from a phone; from the caller also before the answer (RFC 3261 §15).
    pub(super) fn handle_bye(&mut self, side: Side, id: ServerId, bye: &Message, turn: &mut Turn<'_>) {
        let reason = Reason::told(bye);
        if let Some(leg) = self.leg(side) {
            let reply = leg.reply(Status::OK);
            leg.bye_wanted = false;
            turn.answer(id, reply);
        }
        if self.go_without(side, turn) {
            return;
        }
        match &self.stage {
            Stage::Ringing(_) => self.handle_cancel(reason, turn),
            Stage::Up(_) => {
                if let Some(other) = self.leg(side.other()) {
                    other.bye_reason = reason;
                }
                let ending = Ending { by: Ender::of(side), cause: Cause::HungUp, status: None };
                self.tear_down(Some(side), ending, turn);
            }
            Stage::Over => {}
        }
    }

    /// The caller gives up before an answer, for this reason if it tells one.
    pub(super) fn handle_cancel(&mut self, reason: Option<Reason>, turn: &mut Turn<'_>) {
        let status = Status::REQUEST_TERMINATED;
        let ending = Ending { by: Ender::Caller, cause: Cause::GaveUp, status: Some(status.code()) };
        self.give_up_for(reason, Reply::new(status), ending, turn);
    }

    /// Ends an answered call: BYE to both phones, but not to the one that has said it.
    pub(super) fn tear_down(&mut self, said_bye: Option<Side>, ending: Ending, turn: &mut Turn<'_>) {
        let Stage::Up(up) = &mut self.stage else { return };
        // Who still waits for an answer to something gets one before the end.
        let exchange = up.finish(turn);
        let (passed, transfer) = (std::mem::take(&mut up.passed), up.transfer.take());
        up.unsettled.stop(turn);
        if let Some(mut joining) = up.joining.take() {
            joining.stop(turn);
            if joining.is_on_record() {
                turn.tell(CallEvent::TransferOver { status: Status::REQUEST_TERMINATED.code() });
            }
        }
        self.break_off(exchange, turn);
        for mut passed in passed {
            passed.forget(turn);
            turn.answer(passed.request, Reply::new(Status::CALL_DOES_NOT_EXIST));
        }
        self.break_off_transfer(transfer, turn);
        for leg in self.legs().filter(|leg| Some(leg.side) != said_bye && !leg.is_gone) {
            leg.say_bye(turn);
        }
        self.end(ending, turn);
    }

    /// Warden is being stopped and waits no longer.
    pub(super) fn shut_down(&mut self, turn: &mut Turn<'_>) {
        let status = Status::SERVICE_UNAVAILABLE;
        let ending = |status| Ending { by: Ender::System, cause: Cause::Stopped, status };
        match self.stage {
            Stage::Ringing(_) => self.give_up(Reply::new(status), ending(Some(status.code())), turn),
            Stage::Up(_) => self.tear_down(None, ending(None), turn),
            Stage::Over => {}
        }
    }

    /// A phone did not acknowledge an answer of ours in 32 s.
    pub(super) fn handle_unacknowledged(&mut self, id: ServerId, turn: &mut Turn<'_>) {
        let is_its = |leg: &&mut Leg| leg.unacknowledged == Some(id);
        let Some(leg) = self.legs().find(is_its) else {
            self.every_leg().filter(is_its).for_each(|leg| leg.settle_invite(turn));
            return self.forget_left(turn);
        };
        leg.settle_invite(turn);
        if leg.is_gone {
            return;
        }
        let side = leg.side;
        self.lose(side, Cause::NotAcknowledged, turn);
    }

    /// A phone is gone: it answers nothing, is not heard, or has lost the dialog.
    pub(super) fn lose(&mut self, side: Side, cause: Cause, turn: &mut Turn<'_>) {
        if self.is_referrer(side) {
            return self.lose_referrer(side, turn);
        }
        self.tear_down(None, Ending { by: Ender::of(side), cause, status: None }, turn);
    }
}
