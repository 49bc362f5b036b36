//! A leg takes the place of another one in an answered call.

use warden_media::relay::Side;
use warden_sip::endpoint::Reply;
use warden_sip::status::Status;

use super::super::call::{Call, Stage};
use super::super::leg::Leg;
use super::super::reoffer::Exchange;
use super::super::turn::Turn;
use super::Transfer;
use super::newcomer::Newcomer;
use crate::call_event::{CallEvent, CallId, Joined};

impl Call {
    /// Who has answered takes the referrer's place.
    pub(super) fn join_newcomer(&mut self, turn: &mut Turn<'_>) {
        let Some(transfer) = self.take_transfer() else { return };
        let Transfer { side, newcomer, is_calling_back, .. } = *transfer;
        let Some(newcomer) = newcomer else { return };
        self.take_place(side, *newcomer, None, turn);
        if !is_calling_back {
            self.tell_transferred(turn);
        }
    }

    /// The transfer is made; who has asked for it is the last who left.
    pub(super) fn tell_transferred(&mut self, turn: &mut Turn<'_>) {
        turn.tell(CallEvent::TransferOver { status: Status::OK.code() });
        if let Some(leaving) = self.leaving.last_mut() {
            leaving.leg.notify(Status::OK, turn);
        }
    }

    /// Puts a leg in the place of that of `side`, which leaves the call.
    pub(super) fn take_place(&mut self, side: Side, newcomer: Newcomer, from: Option<CallId>, turn: &mut Turn<'_>) {
        let Newcomer { mut leg, party } = newcomer;
        leg.side = side;
        leg.refresh.start(side, turn);
        let Some(mut old) = self.exchange_leg(side, leg) else { return };
        old.refresh.stop(turn);
        old.forget_digits(turn);
        if old.holds {
            turn.tell(CallEvent::Resumed { by: side });
        }
        let is_from_another_call = from.is_some();
        if let Some((newcomer, partner)) = self.pair(side) {
            // Who was called for the transfer was told whom it is for.
            newcomer.partner_is_new |= is_from_another_call;
            partner.partner_is_new = true;
        }
        self.drop_passed(turn);
        match side {
            Side::A => self.view.caller = party.extension.clone(),
            Side::B => self.view.callee = Some(party.extension.clone()),
        }
        turn.tell(CallEvent::Joined(Box::new(Joined { side, party, from })));
        self.await_answer(side);
        if !self.media.has(old.tag) {
            // Another one was heard in its place.
            turn.put_back(old.ports);
        }
        self.connect(turn);
        self.unsettle([Side::A, Side::B], turn);
        self.let_go(old, turn);
    }

    /// A phone that has come in by an INVITE without an offer has got one in the 2xx: its ACK brings the answer.
    fn await_answer(&mut self, from: Side) {
        let Some(leg) = self.leg(from).filter(|leg| leg.session.negotiated().is_none()) else { return };
        let request = leg.unacknowledged;
        if let (Stage::Up(up), Some(request)) = (&mut self.stage, request) {
            up.exchange = Exchange::Answering { from, request, waiting: None };
        }
    }

    fn exchange_leg(&mut self, side: Side, leg: Leg) -> Option<Leg> {
        Some(std::mem::replace(self.leg(side)?, leg))
    }

    /// Requests that were passed on between two legs of which one leaves: their answers find nobody.
    pub(super) fn drop_passed(&mut self, turn: &mut Turn<'_>) {
        let Stage::Up(up) = &mut self.stage else { return };
        for mut passed in std::mem::take(&mut up.passed) {
            passed.forget(turn);
            turn.answer(passed.request, Reply::new(Status::SERVER_INTERNAL_ERROR));
        }
    }
}
