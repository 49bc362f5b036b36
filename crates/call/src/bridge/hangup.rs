//! The end of a call, by whoever brings it about.

use warden_media::relay::Side;
use warden_sip::endpoint::{Reply, ServerId};
use warden_sip::status::Status;

use super::call::{Call, Stage};
use super::turn::Turn;
use crate::call_event::{Cause, Ender, Ending};

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
    pub(super) fn handle_bye(&mut self, side: Side, id: ServerId, turn: &mut Turn<'_>) {
        if let Some(leg) = self.leg(side) {
            let reply = leg.reply(Status::OK);
            leg.bye_wanted = false;
            turn.answer(id, reply);
        }
        match &self.stage {
            Stage::Ringing(_) => self.handle_cancel(turn),
            Stage::Up(_) => {
                let ending = Ending { by: Ender::of(side), cause: Cause::HungUp, status: None };
                self.tear_down(Some(side), ending, turn);
            }
            Stage::Over => {}
        }
    }

    /// The caller gives up before an answer.
    pub(super) fn handle_cancel(&mut self, turn: &mut Turn<'_>) {
        let status = Status::REQUEST_TERMINATED;
        let ending = Ending { by: Ender::Caller, cause: Cause::GaveUp, status: Some(status.code()) };
        self.give_up(Reply::new(status), ending, turn);
    }

    /// Ends an answered call: BYE to both phones, but not to the one that has said it.
    pub(super) fn tear_down(&mut self, said_bye: Option<Side>, ending: Ending, turn: &mut Turn<'_>) {
        let Stage::Up(up) = &mut self.stage else { return };
        // Who still waits for an answer to something gets one before the end.
        let exchange = up.finish(turn);
        let passed = std::mem::take(&mut up.passed);
        self.break_off(exchange, turn);
        for passed in passed {
            turn.desk.by_client.remove(&passed.client);
            turn.answer(passed.request, Reply::new(Status::CALL_DOES_NOT_EXIST));
        }
        for side in [Side::A, Side::B].into_iter().filter(|side| Some(*side) != said_bye) {
            if let Some(leg) = self.leg(side) {
                leg.say_bye(turn);
            }
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
        let Some(leg) = self.legs().find(|leg| leg.unacknowledged == Some(id)) else { return };
        leg.settle_invite(turn);
        let side = leg.side;
        let ending = Ending { by: Ender::of(side), cause: Cause::NotAcknowledged, status: None };
        self.tear_down(None, ending, turn);
    }

    /// A phone is gone: it answers nothing, is not heard, or has lost the dialog.
    pub(super) fn lose(&mut self, side: Side, cause: Cause, turn: &mut Turn<'_>) {
        self.tear_down(None, Ending { by: Ender::of(side), cause, status: None }, turn);
    }
}
