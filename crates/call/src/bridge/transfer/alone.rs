//! New offers while phones ring for a transfer: each leg is answered alone, since its partner is about to change.

use warden_sdp::{Direction, Negotiated, Order, relayed_answer};
use warden_sip::endpoint::Reply;
use warden_sip::message::Message;

use super::super::call::{Call, Stage};
use super::super::leg::{Sdp, body};
use super::super::refusal::Refusal;
use super::super::reoffer::{Exchange, Wish, grant, not_now};
use super::super::turn::Turn;

impl Call {
    /// Answers INVITE or UPDATE of one leg with what it has agreed on already.
    pub(in super::super) fn answer_alone(
        &mut self,
        wish: Wish,
        request: &Message,
        turn: &mut Turn<'_>,
    ) -> Result<(), Box<Reply>> {
        let side = wish.from;
        let Some(leg) = self.leg(side) else { return Ok(()) };
        match Sdp::of(request) {
            Sdp::Malformed => return Err(Refusal::BAD_OFFER.reply().into()),
            Sdp::None => {
                let offer = leg.session.repeat_offer().map_err(|_| Box::new(not_now(turn)))?;
                grant(leg, wish, body(&offer), turn);
                if let Stage::Up(up) = &mut self.stage {
                    up.exchange = Exchange::Answering { from: side, request: wish.request, waiting: None };
                }
                return Ok(());
            }
            Sdp::Some(offer) => {
                leg.session.receive_offer(offer).map_err(|_| Box::new(not_now(turn)))?;
            }
        }
        let answered = leg.session.negotiated().cloned().and_then(|agreed| {
            let ring_back = Negotiated { direction: Direction::SendRecv, ..agreed };
            let (offer, endpoint) = (leg.session.open_offer()?, leg.endpoint(turn.directory));
            let codecs = leg.codecs(turn.directory);
            let local = relayed_answer(offer, leg.session.encryption(), &ring_back, codecs, endpoint)?;
            leg.session.answer(&local, Order::Ours).ok()
        });
        let Some(answer) = answered else {
            leg.session.reject();
            return Err(Refusal::NO_CODEC.reply().into());
        };
        grant(leg, wish, body(&answer), turn);
        self.connect(turn);
        self.note_hold(side, turn);
        Ok(())
    }
}
