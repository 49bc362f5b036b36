//! New offers within a call: hold, resume, another address or codec, and offers that we are asked for.
//!
//! What concerns only the one leg is answered at once. What changes the sound of the other leg is offered to its phone,
//! and answered with what that phone agrees to; so both always know what holds.

use warden_media::relay::Side;
use warden_sdp::description::Description;
use warden_sdp::{LocalMedia, Order, relayed_answer, relayed_offer};
use warden_sip::endpoint::{ClientId, Reply, ServerId};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::write::Body;

use super::call::{Call, Stage};
use super::fax::refused_within;
use super::hold::add_music;
use super::keys::check_offer;
use super::leg::{Leg, Sdp, body};
use super::refresh::Terms;
use super::refusal::Refusal;
use super::turn::Turn;
use crate::call_event::Cause;
use crate::directory::Directory;

/// Whose offer is under way. There is one at a time in a call; another gets 491 or 500 (RFC 3261 §14.2).
#[derive(Default)]
pub(super) enum Exchange {
    /// Nobody's.
    #[default]
    Idle,
    /// This side has offered. The other phone is offered the same and owes an answer.
    Offered { wish: Wish, asked: ClientId },
    /// This side wants an offer. The other phone is asked for one.
    Asked { wish: Wish, asked: ClientId },
    /// This side has an offer and owes the answer in its ACK; if that is the other phone's, its own ACK waits for it.
    Answering { from: Side, request: ServerId, waiting: Option<Waiting> },
    /// We refresh this leg's session, by INVITE with the same offer as before, or by UPDATE with none.
    Refreshing { side: Side, method: Method, asked: ClientId },
    /// We tell this leg's phone by INVITE that it talks to somebody else now.
    Settling { side: Side, asked: ClientId },
}

/// An INVITE or UPDATE that wants a change and is not answered.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    pub(super) from: Side,
    pub(super) request: ServerId,
    method: Method,
    /// What the session timer is to be when it is granted.
    terms: Terms,
}

impl Exchange {
    /// The request of ours whose answer is awaited.
    pub(super) fn asked(&self) -> Option<ClientId> {
        match self {
            Self::Offered { asked, .. }
            | Self::Asked { asked, .. }
            | Self::Refreshing { asked, .. }
            | Self::Settling { asked, .. } => Some(*asked),
            Self::Idle | Self::Answering { .. } => None,
        }
    }
}

/// A 2xx with an offer that is acknowledged with the answer.
pub(super) struct Waiting {
    client: ClientId,
    sequence: u32,
    to_tag: Box<[u8]>,
}

impl Waiting {
    /// Acknowledges it to the phone of `leg`; without an answer, where there is none.
    pub(super) fn acknowledge(self, leg: &Leg, answer: Option<Body>, turn: &mut Turn<'_>) {
        let mut ack = leg.dialog.ack(self.sequence);
        ack.body = answer;
        turn.acknowledge(self.client, &self.to_tag, ack, leg.flow);
    }
}

impl Call {
    /// INVITE, or UPDATE with an offer, within the call.
    pub(super) fn handle_reoffer(&mut self, side: Side, id: ServerId, request: &Message, turn: &mut Turn<'_>) {
        let taken = self.take_reoffer(side, id, request, turn);
        turn.answer_failure(id, taken);
    }

    fn take_reoffer(
        &mut self,
        side: Side,
        id: ServerId,
        request: &Message,
        turn: &mut Turn<'_>,
    ) -> Result<(), Box<Reply>> {
        let method = request.method();
        let Stage::Up(up) = &self.stage else { return Err(not_now(turn).into()) };
        match up.exchange {
            Exchange::Idle => {}
            Exchange::Offered { wish, .. } | Exchange::Asked { wish, .. } if wish.from == side => {
                return Err(not_now(turn).into());
            }
            Exchange::Offered { .. }
            | Exchange::Asked { .. }
            | Exchange::Answering { .. }
            | Exchange::Refreshing { .. }
            | Exchange::Settling { .. } => return Err(Reply::new(Status::REQUEST_PENDING).into()),
        }
        let is_transferring = up.transfer.is_some();
        let wish = Wish { from: side, request: id, method, terms: Terms::asked(request, turn.directory)? };
        if is_transferring {
            return self.answer_alone(wish, request, turn);
        }
        let (own, other) = self.pair(side).ok_or_else(|| Box::new(Reply::new(Status::CALL_DOES_NOT_EXIST)))?;
        let exchange = match Sdp::of(request) {
            Sdp::Malformed => return Err(Refusal::BAD_OFFER.reply().into()),
            Sdp::None if other.is_cut_off() => return Err(not_now(turn).into()),
            Sdp::None => {
                let invite = other.request(Method::Invite, turn.directory);
                Exchange::Asked { wish, asked: turn.send(invite, other.flow) }
            }
            Sdp::Some(offer) => {
                if own.session.receive_offer(offer).is_err() {
                    return Err(Reply::new(Status::REQUEST_PENDING).into());
                }
                match pass_on(own, other, turn) {
                    // Nothing changes for the other phone: a refresh, or another address.
                    Ok(None) => {
                        self.conclude(wish, turn);
                        return Ok(());
                    }
                    Ok(Some(offer)) => {
                        let mut invite = other.request(Method::Invite, turn.directory);
                        invite.body = Some(offer);
                        Exchange::Offered { wish, asked: turn.send(invite, other.flow) }
                    }
                    Err(reply) => {
                        own.session.reject();
                        return Err(reply);
                    }
                }
            }
        };
        if method == Method::Invite {
            turn.desk.by_server.insert(id, turn.call);
        }
        if let Stage::Up(up) = &mut self.stage {
            up.begin(exchange, turn);
        }
        Ok(())
    }

    /// Answers the open offer of a side with what the other has agreed to, and joins their sound anew.
    fn conclude(&mut self, wish: Wish, turn: &mut Turn<'_>) {
        let Some((own, other)) = self.pair(wish.from) else { return };
        if let Some(answer) = answer_own(own, other, turn.directory) {
            grant(own, wish, answer, turn);
        } else {
            own.session.reject();
            turn.desk.by_server.remove(&wish.request);
            turn.answer(wish.request, Refusal::NO_CODEC.reply());
        }
        self.note_hold(wish.from, turn);
        self.connect(turn);
    }

    /// The other phone's answer to what was passed on to it. `None` when none came.
    pub(super) fn handle_reoffer_response(&mut self, status: Status, response: Option<&Message>, turn: &mut Turn<'_>) {
        let Stage::Up(up) = &mut self.stage else { return };
        match up.finish(turn) {
            Exchange::Offered { wish, asked } => {
                turn.desk.by_client.remove(&asked);
                match response.filter(|_| status.is_success()) {
                    Some(response) => self.finish_offered(wish, asked, response, turn),
                    None => self.fail_reoffer(wish, status, turn),
                }
            }
            Exchange::Asked { wish, asked } => {
                turn.desk.by_client.remove(&asked);
                match response.filter(|_| status.is_success()) {
                    Some(response) => self.offer_asked(wish, asked, response, turn),
                    None => self.fail_reoffer(wish, status, turn),
                }
            }
            Exchange::Refreshing { side, asked, .. } => {
                turn.desk.by_client.remove(&asked);
                self.handle_refreshed(side, asked, status, response, turn);
            }
            Exchange::Settling { side, asked } => {
                turn.desk.by_client.remove(&asked);
                self.handle_settled(side, asked, status, response, turn);
            }
            other @ (Exchange::Idle | Exchange::Answering { .. }) => up.exchange = other,
        }
    }

    fn finish_offered(&mut self, wish: Wish, asked: ClientId, response: &Message, turn: &mut Turn<'_>) {
        let Some((_, other)) = self.pair(wish.from) else { return };
        other.dialog.refresh_target(response);
        other.refresh.answered(other.side, response, turn);
        let ack = other.dialog.ack(response.sequence());
        turn.acknowledge(asked, response.to_tag().unwrap_or_default(), ack, other.flow);
        let accepted = Sdp::of(response).some().is_some_and(|answer| other.session.accept(answer).is_ok());
        if !accepted && other.session.offers_fax() {
            return self.refuse_fax(&wish, turn);
        }
        if !accepted {
            return self.lose_reoffer(wish, turn);
        }
        self.conclude(wish, turn);
    }

    /// The other phone has made the offer that was asked for: it goes on to who asked.
    fn offer_asked(&mut self, wish: Wish, asked: ClientId, response: &Message, turn: &mut Turn<'_>) {
        let Some((own, other)) = self.pair(wish.from) else { return };
        other.dialog.refresh_target(response);
        other.refresh.answered(other.side, response, turn);
        let offered = Sdp::of(response).some().and_then(|offer| {
            other.session.receive_offer(offer).ok()?;
            let codecs = own.codecs(turn.directory);
            let (offer, endpoint) = (other.session.open_offer()?, own.offered_endpoint(turn.directory));
            let mut local =
                relayed_offer(offer, other.session.encryption(), codecs, endpoint, Some(other.codecs(turn.directory)))?;
            add_music(&mut local, other, turn.directory);
            own.session.offer(&local).ok()
        });
        let to_tag = response.to_tag().unwrap_or_default();
        let Some(offer) = offered else {
            turn.acknowledge(asked, to_tag, other.dialog.ack(response.sequence()), other.flow);
            return self.lose_reoffer(wish, turn);
        };
        grant(own, wish, body(&offer), turn);
        let waiting = Some(Waiting { client: asked, sequence: response.sequence(), to_tag: to_tag.into() });
        if let Stage::Up(up) = &mut self.stage {
            up.exchange = Exchange::Answering { from: wish.from, request: wish.request, waiting };
        }
    }

    /// ACK for a 2xx of ours, with the answer to our offer if it is owed.
    pub(super) fn handle_ack(&mut self, id: ServerId, ack: &Message, turn: &mut Turn<'_>) {
        self.every_leg().filter(|leg| leg.unacknowledged == Some(id)).for_each(|leg| leg.settle_invite(turn));
        self.forget_left(turn);
        let Stage::Up(up) = &mut self.stage else { return };
        let from = match &up.exchange {
            Exchange::Answering { from, request, .. } if *request == id => *from,
            Exchange::Idle
            | Exchange::Offered { .. }
            | Exchange::Asked { .. }
            | Exchange::Answering { .. }
            | Exchange::Refreshing { .. }
            | Exchange::Settling { .. } => return,
        };
        let Exchange::Answering { waiting, .. } = std::mem::take(&mut up.exchange) else { return };
        let Some((own, _)) = self.pair(from) else { return };
        let accepted = Sdp::of(ack).some().is_some_and(|answer| own.session.accept(answer).is_ok());
        if accepted {
            self.note_hold(from, turn);
        }
        let Some((own, other)) = self.pair(from) else { return };
        let answer = waiting.as_ref().filter(|_| accepted).and_then(|_| answer_own(other, own, turn.directory));
        let is_complete = accepted && (waiting.is_none() || answer.is_some());
        if let Some(waiting) = waiting {
            waiting.acknowledge(other, answer, turn);
        }
        if !is_complete {
            // The call may go on without `from`: what was offered holds for nobody.
            own.session.reject();
            other.session.reject();
            return self.lose(from, Cause::BadAnswer, turn);
        }
        self.connect(turn);
    }

    /// The other phone refuses: so does who asked get refused, and what held before holds on.
    fn fail_reoffer(&mut self, wish: Wish, status: Status, turn: &mut Turn<'_>) {
        let Wish { from, request, .. } = wish;
        let Some((own, other)) = self.pair(from) else { return };
        let is_fax = other.session.offers_fax();
        other.session.reject();
        own.session.reject();
        turn.desk.by_server.remove(&request);
        let side = other.side;
        if is_fatal(status) {
            turn.answer(request, own.reply(Status::SERVER_INTERNAL_ERROR));
            return self.lose(side, Cause::Unreachable, turn);
        }
        let reply = Reply { tag: own.reply(status).tag, ..refused_within(status, is_fax) };
        turn.answer(request, reply);
    }

    /// What came in place of an answer leaves both phones with different ideas of the call.
    fn lose_reoffer(&mut self, wish: Wish, turn: &mut Turn<'_>) {
        let Wish { from, request, .. } = wish;
        turn.desk.by_server.remove(&request);
        turn.answer(request, Reply::new(Status::SERVER_INTERNAL_ERROR));
        let other = from.other();
        self.lose(other, Cause::BadAnswer, turn);
    }

    /// The call ends in the middle of an exchange.
    pub(super) fn break_off(&mut self, exchange: Exchange, turn: &mut Turn<'_>) {
        match exchange {
            Exchange::Offered { wish: Wish { from, request, .. }, asked }
            | Exchange::Asked { wish: Wish { from, request, .. }, asked } => {
                turn.desk.by_server.remove(&request);
                turn.answer(request, Reply::new(Status::REQUEST_TERMINATED));
                self.leave(asked, from.other(), turn);
            }
            Exchange::Refreshing { side, method: Method::Invite, asked } | Exchange::Settling { side, asked } => {
                self.leave(asked, side, turn);
            }
            Exchange::Refreshing { asked, .. } => drop(turn.desk.by_client.remove(&asked)),
            Exchange::Answering { from, waiting: Some(waiting), .. } => {
                if let Some(other) = self.leg(from.other()) {
                    waiting.acknowledge(other, None, turn);
                }
            }
            Exchange::Idle | Exchange::Answering { waiting: None, .. } => {}
        }
    }

    /// A phone gives up its own INVITE within the call.
    pub(super) fn cancel_reoffer(&mut self, id: ServerId, turn: &mut Turn<'_>) {
        let Stage::Up(up) = &mut self.stage else { return };
        if let Exchange::Offered { wish, asked } | Exchange::Asked { wish, asked } = up.exchange
            && wish.request == id
        {
            // Its 487 comes back as the answer to the INVITE that was passed on.
            turn.cancel(asked, None);
        }
    }
}

/// After these the dialog is gone at the other end (RFC 3261 §12.2.1.2).
pub(super) fn is_fatal(status: Status) -> bool {
    matches!(status, Status::CALL_DOES_NOT_EXIST | Status::REQUEST_TIMEOUT)
}

/// 500 with Retry-After: the earlier one must be answered first, or the other phone be there.
pub(super) fn not_now(turn: &mut Turn<'_>) -> Reply {
    let mut reply = Reply::new(Status::SERVER_INTERNAL_ERROR);
    turn.add_retry_after(&mut reply);
    reply
}

/// What the other phone must be offered for the open offer of `own`; `None` when nothing changes for it.
fn pass_on(own: &Leg, other: &mut Leg, turn: &mut Turn<'_>) -> Result<Option<Body>, Box<Reply>> {
    let no_codec = || Box::new(Refusal::NO_CODEC.reply());
    let offer = own.session.open_offer().ok_or_else(no_codec)?;
    check_offer(offer, own.session.encryption(), &own.owner, &own.flow, turn.directory)
        .map_err(|refusal| Box::new(refusal.reply()))?;
    let endpoint = other.offered_endpoint(turn.directory);
    let codecs = other.codecs(turn.directory);
    let mut local = relayed_offer(offer, own.session.encryption(), codecs, endpoint, Some(own.codecs(turn.directory)))
        .ok_or_else(no_codec)?;
    add_music(&mut local, own, turn.directory);
    if is_known(&local, other) {
        return Ok(None);
    }
    if other.is_cut_off() {
        return Err(not_now(turn).into());
    }
    let offer = other.session.offer(&local).map_err(|error| Box::new(Refusal::unoffered(error).reply()))?;
    Ok(Some(body(&offer)))
}

/// Whether the phone of `leg` has been told just this.
fn is_known(local: &LocalMedia, leg: &Leg) -> bool {
    let mut session = leg.session.clone();
    let offered = session.offer(local).ok();
    let known: Option<&Description> = leg.session.local();
    offered.zip(known).is_some_and(|(offered, known)| offered.is_same_session(known))
}

/// Answers the open offer of `own` with what `other` has agreed to.
pub(super) fn answer_own(own: &mut Leg, other: &Leg, directory: &Directory) -> Option<Body> {
    let agreed = other.session.negotiated()?;
    let (offer, encryption) = (own.session.open_offer()?, own.session.encryption());
    let mut local = relayed_answer(offer, encryption, agreed, own.codecs(directory), own.endpoint(directory))?;
    if other.holds {
        add_music(&mut local, other, directory);
    }
    own.session.answer(&local, Order::Ours).ok().map(|answer| body(&answer))
}

/// 200 to an INVITE or UPDATE within the call.
pub(super) fn grant(leg: &mut Leg, wish: Wish, description: Body, turn: &mut Turn<'_>) {
    let Wish { request, method, terms, .. } = wish;
    let mut reply = leg.reply_with_contact(Status::OK, turn.directory);
    leg.refresh.agree(terms, &mut reply.headers, leg.side, turn);
    reply.body = Some(description);
    turn.answer(request, reply);
    if method == Method::Invite {
        turn.desk.by_server.insert(request, turn.call);
        leg.unacknowledged = Some(request);
    }
}
