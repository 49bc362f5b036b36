//! A leg whose partner has changed: its phone is told by a re-INVITE what is new, if anything is.
//!
//! One leg after the other, since what the first agrees to is what the second is offered: first one that has moved to
//! other ports, so that it is heard again soon.

use std::time::Duration;

use warden_media::relay::Side;
use warden_sdp::{Direction, LocalMedia};
use warden_sip::endpoint::ClientId;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::wheel::TimerId;

use super::super::call::{Call, Stage};
use super::super::fax::sound_for;
use super::super::hold::with_music;
use super::super::leg::{Leg, Sdp, body};
use super::super::reoffer::{Exchange, is_fatal};
use super::super::setup::{can_join, is_joined};
use super::super::turn::{Timer, Turn};
use crate::call_event::Cause;
use crate::directory::Directory;

/// How often a phone is asked again that has something of its own under way, or no connection.
const TRIES: u32 = 8;

/// The legs whose phones have to be told something.
#[derive(Default)]
pub(in super::super) struct Unsettled {
    sides: [bool; 2],
    /// While it runs, nobody is asked.
    pause: Option<TimerId>,
    tries: u32,
}

impl Unsettled {
    fn place(&mut self, side: Side) -> &mut bool {
        let [a, b] = &mut self.sides;
        match side {
            Side::A => a,
            Side::B => b,
        }
    }

    fn has(&self, side: Side) -> bool {
        let [a, b] = self.sides;
        match side {
            Side::A => a,
            Side::B => b,
        }
    }

    /// The call is over.
    pub(in super::super) fn stop(&mut self, turn: &mut Turn<'_>) {
        self.sides = [false; 2];
        turn.stop_waiting(&mut self.pause);
    }
}

impl Call {
    /// These legs have to be looked at, as soon as no offer is under way.
    pub(in super::super) fn unsettle<const N: usize>(&mut self, sides: [Side; N], turn: &mut Turn<'_>) {
        let Stage::Up(up) = &mut self.stage else { return };
        up.unsettled.tries = 0;
        turn.stop_waiting(&mut up.unsettled.pause);
        for side in sides {
            *up.unsettled.place(side) = true;
        }
    }

    /// The pause is over.
    pub(in super::super) fn settle_again(&mut self) {
        if let Stage::Up(up) = &mut self.stage {
            up.unsettled.pause = None;
        }
    }

    /// Tells the next phone what is new.
    pub(super) fn settle(&mut self, turn: &mut Turn<'_>) {
        while let Some(side) = self.next_unsettled() {
            let Some(local) = self.news_for(side, turn.directory) else {
                self.note_settled(side);
                if self.introduce_partner(side, turn) {
                    return;
                }
                continue;
            };
            let Some(leg) = self.leg(side) else { return };
            if leg.unacknowledged.is_some() {
                // Its ACK comes first (RFC 3261 §14.1).
                return;
            }
            if leg.is_cut_off() {
                return self.pause(side, turn);
            }
            let Ok(offer) = leg.session.offer(&local) else { return self.pause(side, turn) };
            let mut request = leg.request(Method::Invite, turn.directory);
            request.body = Some(body(&offer));
            let flow = leg.flow;
            self.introduce(side, &mut request.headers, turn.directory);
            let asked = turn.send(request, flow);
            if let Stage::Up(up) = &mut self.stage {
                up.begin(Exchange::Settling { side, asked }, turn);
            }
            return;
        }
    }

    fn next_unsettled(&self) -> Option<Side> {
        let Stage::Up(up) = &self.stage else { return None };
        if up.unsettled.pause.is_some() || !matches!(up.exchange, Exchange::Idle) {
            return None;
        }
        let has_moved = |side: &Side| match side {
            Side::A => self.a.has_moved,
            Side::B => self.b.as_ref().is_some_and(|b| b.has_moved),
        };
        let waiting = || [Side::A, Side::B].into_iter().filter(|side| up.unsettled.has(*side));
        waiting().find(has_moved).or_else(|| waiting().next())
    }

    /// What the phone of `side` has to be offered; `None` when it knows all.
    fn news_for(&mut self, side: Side, directory: &Directory) -> Option<LocalMedia> {
        let is_ringing = self.transfer().is_some();
        let Stage::Up(up) = &self.stage else { return None };
        let is_partner_settled = !up.unsettled.has(side.other());
        let (leg, partner) = self.pair(side)?;
        let (own, other) = (leg.session.negotiated()?, partner.session.negotiated()?);
        if leg.is_gone {
            return None;
        }
        // While phones ring, the partner is the ring-back, which is sent to everybody who listens.
        let (agreed, wanted) = if is_ringing {
            (own, Direction::SendRecv)
        } else if partner.holds {
            (other, with_music(other.direction.reversed(), partner, directory))
        } else if is_partner_settled {
            (other, other.direction.reversed())
        } else {
            (other, Direction::SendRecv)
        };
        let is_turned = !leg.holds && own.direction != wanted;
        // Where only the partner has a fax, it is the partner who is told of sound.
        let is_apart = !is_ringing && !is_joined(own, other) && other.fax.is_none();
        (leg.has_moved || is_turned || is_apart).then(|| LocalMedia {
            endpoint: leg.offered_endpoint(directory),
            direction: wanted,
            ptime_ms: Some(own.ptime_ms),
            codecs: sound_for(agreed, leg.codecs(directory), partner.codecs(directory)),
            fax: None,
        })
    }

    fn note_settled(&mut self, side: Side) {
        if let Stage::Up(up) = &mut self.stage {
            *up.unsettled.place(side) = false;
        }
    }

    /// Asks again later; a phone that can never be asked stays as it is, if that is of any use.
    fn pause(&mut self, side: Side, turn: &mut Turn<'_>) {
        let wait_ms = 2_100 + 10 * turn.below(190);
        let Stage::Up(up) = &mut self.stage else { return };
        up.unsettled.tries += 1;
        if up.unsettled.tries > TRIES {
            return self.leave_unsettled(side, turn);
        }
        up.unsettled.pause = Some(turn.wait(Duration::from_millis(wait_ms.into()), Timer::Settle));
    }

    fn leave_unsettled(&mut self, side: Side, turn: &mut Turn<'_>) {
        self.note_settled(side);
        let Some((leg, partner)) = self.pair(side) else { return };
        let agreements = leg.session.negotiated().zip(partner.session.negotiated());
        let is_heard = !leg.has_moved && agreements.is_some_and(|(own, other)| can_join(own, other));
        if !is_heard {
            self.lose(side, Cause::NoCommonCodec, turn);
        }
    }

    /// The phone's answer; `None` when none came.
    pub(in super::super) fn handle_settled(
        &mut self,
        side: Side,
        asked: ClientId,
        status: Status,
        response: Option<&Message>,
        turn: &mut Turn<'_>,
    ) {
        let Some(leg) = self.leg(side) else { return };
        if let Some(response) = response.filter(|_| status.is_success()) {
            if !agree(leg, asked, response, turn) {
                return self.lose(side, Cause::BadAnswer, turn);
            }
            self.note_settled(side);
            return self.connect(turn);
        }
        leg.session.reject();
        if is_fatal(status) {
            self.lose(side, Cause::Unreachable, turn);
        } else if response.is_none() || matches!(status, Status::REQUEST_PENDING | Status::SERVER_INTERNAL_ERROR) {
            // 500: a later request of ours was there first, or the phone has something under way (RFC 3261 §12.2.2, §14.2).
            self.pause(side, turn);
        } else {
            self.leave_unsettled(side, turn);
        }
    }
}

/// Takes the 2xx to our re-INVITE; whether both know now what holds.
fn agree(leg: &mut Leg, asked: ClientId, response: &Message, turn: &mut Turn<'_>) -> bool {
    leg.dialog.refresh_target(response);
    leg.refresh.answered(leg.side, response, turn);
    let ack = leg.dialog.ack(response.sequence());
    turn.acknowledge(asked, response.to_tag().unwrap_or_default(), ack, leg.flow);
    let is_agreed = Sdp::of(response).some().is_some_and(|answer| leg.session.accept(answer).is_ok());
    leg.has_moved &= !is_agreed;
    is_agreed
}
