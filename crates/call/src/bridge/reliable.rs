//! What the caller is told before the answer, and confirms (RFC 3262): one response at a time, each awaiting its PRACK.

use std::time::Duration;

use warden_media::relay::Side;
use warden_sip::endpoint::{ClientId, Reply, ServerId};
use warden_sip::header::reliable::OPTION;
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::wheel::TimerId;
use warden_sip::write::Body;

use super::call::{Call, Stage};
use super::early::{Early, Useless};
use super::leg::Sdp;
use super::refusal::Refusal;
use super::turn::{Timer, Turn};
use crate::call_event::{Cause, Ender, Ending};

/// How long a phone's answer waits for the PRACK of what the caller was told before. Then the caller is answered all the
/// same: a call is not to be lost to a PRACK.
const PATIENCE: Duration = Duration::from_secs(4);

/// Which provisional responses a caller confirms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    None,
    /// It can: those with a session description.
    Supported,
    /// It insists: all of them.
    Required,
}

/// One response that awaits its PRACK, or has got it last.
struct Sent {
    rseq: u32,
    body: Option<Body>,
    is_confirmed: bool,
}

/// What a caller confirms.
pub(super) struct Reliable {
    wish: Wish,
    invite: ServerId,
    invite_sequence: u32,
    last: Option<Sent>,
    /// There is something new to tell as soon as the last response is confirmed.
    is_behind: bool,
    /// The description that the caller is known to have.
    confirmed: Option<Body>,
}

/// A phone's answer that waits for the caller's PRACK.
pub(super) struct Held {
    client: ClientId,
    response: Box<Message>,
    timer: Option<TimerId>,
}

impl Reliable {
    /// For the caller who sent this INVITE.
    pub(super) fn asked(id: ServerId, invite: &Message) -> Self {
        let wish = if invite.requires(OPTION) {
            Wish::Required
        } else if invite.supports(OPTION) {
            Wish::Supported
        } else {
            Wish::None
        };
        let invite_sequence = invite.sequence();
        Self { wish, invite: id, invite_sequence, last: None, is_behind: false, confirmed: None }
    }

    /// Whether the caller confirms what it is told of the session, and holds us to it.
    pub(super) fn confirms(&self) -> bool {
        self.wish != Wish::None
    }

    /// Whether every provisional response must be reliable, the first of them with an offer if the caller has made none.
    pub(super) fn is_required(&self) -> bool {
        self.wish == Wish::Required
    }

    /// What of `body` is still to be told: nothing that the caller has confirmed to have.
    pub(super) fn news(&self, body: Body) -> Option<Body> {
        (self.confirmed.as_ref() != Some(&body)).then_some(body)
    }

    /// Makes a provisional response reliable if it is to be. `None` while it has to wait for the one before it.
    pub(super) fn number(&mut self, mut reply: Reply, turn: &mut Turn<'_>) -> Option<Reply> {
        let is_reliable = match self.wish {
            Wish::None => false,
            Wish::Supported => reply.body.is_some(),
            Wish::Required => true,
        };
        if !is_reliable {
            return Some(reply);
        }
        if self.is_awaited() {
            self.is_behind = true;
            return None;
        }
        // Below 2^31, so that there is room to count (RFC 3262 §3).
        let rseq = self.last.as_ref().map_or_else(|| 1 + turn.below(1 << 30), |last| last.rseq.saturating_add(1));
        self.last = Some(Sent { rseq, body: reply.body.clone(), is_confirmed: false });
        self.is_behind = false;
        reply.rseq = Some(rseq);
        Some(reply)
    }

    fn is_awaited(&self) -> bool {
        self.last.as_ref().is_some_and(|last| !last.is_confirmed)
    }

    /// Whether the caller has not confirmed a description (RFC 3262 §3: then there is no 2xx).
    pub(super) fn awaits_description(&self) -> bool {
        self.confirms() && self.last.as_ref().is_some_and(|last| !last.is_confirmed && last.body.is_some())
    }

    /// Takes a PRACK; whether it is for what was told last.
    fn confirm(&mut self, prack: &Message) -> bool {
        let Some(last) = self.last.as_mut().filter(|last| !last.is_confirmed) else { return false };
        last.is_confirmed = prack.rack().is_some_and(|rack| rack.is_for(last.rseq, self.invite_sequence));
        if last.is_confirmed && last.body.is_some() {
            self.confirmed = last.body.take();
        }
        last.is_confirmed
    }
}

impl Call {
    /// PRACK from the caller.
    pub(super) fn handle_prack(&mut self, side: Side, id: ServerId, prack: &Message, turn: &mut Turn<'_>) {
        if side != Side::A || !self.reliable.confirm(prack) {
            return turn.answer(id, Reply::new(Status::CALL_DOES_NOT_EXIST));
        }
        turn.confirm(self.reliable.invite);
        let reply = self.take_confirmation(prack, turn);
        turn.answer(id, reply);
        self.hear_early(turn);
        if !self.answer_held(turn) && self.reliable.is_behind {
            self.tell_progress(turn);
        }
    }

    /// What a PRACK brings besides: the answer to our offer, or an offer.
    fn take_confirmation(&mut self, prack: &Message, turn: &Turn<'_>) -> Reply {
        let Stage::Ringing(ringing) = &mut self.stage else { return refusal_of(prack) };
        let Some(early) = &mut ringing.early else { return refusal_of(prack) };
        let heard = self.media.heard().and_then(|tag| ringing.hunt.forks.iter().find(|fork| fork.tag == tag));
        let agreed = heard.and_then(|fork| fork.session.negotiated());
        let taken = match Sdp::of(prack) {
            Sdp::None => early.session.negotiated().map(|_| None).ok_or(Useless),
            Sdp::Some(description) => early.take(description, &mut self.a, agreed, turn),
            Sdp::Malformed => Err(Useless),
        };
        let Ok(answer) = taken else {
            if early.session.negotiated().is_none() {
                // Our offer has no answer; another one is made in the 2xx.
                ringing.early = None;
                (self.reliable.wish, self.reliable.confirmed) = (Wish::None, None);
            }
            return refusal_of(prack);
        };
        if let Some(answer) = &answer {
            self.reliable.confirmed = Some(answer.clone());
        }
        Reply { body: answer, ..Reply::new(Status::OK) }
    }

    /// Joins the caller with a phone that sends sound before it answers, now that the caller has agreed on something.
    fn hear_early(&mut self, turn: &mut Turn<'_>) {
        let Stage::Ringing(ringing) = &mut self.stage else { return };
        let Some(early) = &ringing.early else { return };
        let heard = self.media.heard();
        let is_next = |tag: u64| heard.is_none_or(|heard| heard == tag);
        let suits = |early: &Early, fork: &super::leg::Fork| fork.session.negotiated().is_some_and(|b| early.suits(b));
        let Some(fork) = ringing.hunt.forks.iter().find(|fork| is_next(fork.tag) && suits(early, fork)) else { return };
        if let Some(legs) = early.join(&self.a, fork, turn.directory) {
            self.media.connect(legs, [self.a.tag, fork.tag], turn);
        }
    }

    /// Keeps a phone's answer until the caller has confirmed what it was told before; whether it must wait. Meanwhile others
    /// come too late.
    pub(super) fn hold_answer(&mut self, client: ClientId, response: &Message, turn: &mut Turn<'_>) -> bool {
        let Stage::Ringing(ringing) = &mut self.stage else { return false };
        if let Some(held) = &ringing.held {
            let is_same_phone = held.client == client;
            if !is_same_phone {
                self.turn_away(client, response, turn);
            } else if held.response.to_tag() != response.to_tag()
                && let Some(fork) = ringing.hunt.forks.iter().find(|fork| fork.client == client)
            {
                // Another phone behind the same Contact.
                fork.hang_up(response, turn);
            }
            return true;
        }
        let must_wait = self.reliable.awaits_description();
        if must_wait {
            let timer = Some(turn.wait(PATIENCE, Timer::Confirmation));
            ringing.held = Some(Held { client, response: Box::new(response.clone()), timer });
        }
        must_wait
    }

    /// The answer has waited long enough, or need not wait any more. Whether there was one.
    pub(super) fn answer_held(&mut self, turn: &mut Turn<'_>) -> bool {
        let Stage::Ringing(ringing) = &mut self.stage else { return false };
        let Some(mut held) = ringing.held.take() else { return false };
        turn.stop_waiting(&mut held.timer);
        self.handle_answer(held.client, &held.response, turn);
        true
    }

    /// The call comes to nothing while an answer waits: its phone may not repeat it, and is hung up on at once.
    pub(super) fn turn_away_held(&mut self, turn: &mut Turn<'_>) {
        let Stage::Ringing(ringing) = &mut self.stage else { return };
        let Some(mut held) = ringing.held.take() else { return };
        turn.stop_waiting(&mut held.timer);
        self.turn_away(held.client, &held.response, turn);
    }

    /// Hangs up on a phone that has answered and is not needed.
    fn turn_away(&mut self, client: ClientId, response: &Message, turn: &mut Turn<'_>) {
        let Stage::Ringing(ringing) = &mut self.stage else { return };
        let Some(index) = ringing.hunt.fork(client) else { return };
        let fork = ringing.hunt.forks.remove(index);
        fork.hang_up(response, turn);
        self.put_away(&fork, turn);
    }

    /// The caller has confirmed nothing for 32 s (RFC 3262 §3). Who calls for help is called back by nobody: that call
    /// goes on, as does one that a phone has taken.
    pub(super) fn handle_unconfirmed(&mut self, turn: &mut Turn<'_>) {
        if self.answer_held(turn) {
            return;
        }
        if turn.directory.dialplan.is_emergency(&self.view.dialled) {
            self.reliable.wish = Wish::None;
            if let Stage::Ringing(ringing) = &mut self.stage {
                // An offer of ours that has no answer; another one is made in the 2xx.
                ringing.early.take_if(|early| early.session.negotiated().is_none());
            }
            return self.tell_progress(turn);
        }
        let status = Status::SERVER_TIME_OUT;
        let ending = Ending { by: Ender::Caller, cause: Cause::NotAcknowledged, status: Some(status.code()) };
        self.give_up(Reply { reason: Some("No PRACK"), ..Reply::new(status) }, ending, turn);
    }
}

/// What a PRACK gets where its description, if it has one, is of no use. The response counts as confirmed all the same.
fn refusal_of(prack: &Message) -> Reply {
    match Sdp::of(prack) {
        Sdp::None => Reply::new(Status::OK),
        Sdp::Malformed => Refusal::BAD_OFFER.reply(),
        Sdp::Some(_) => Reply { reason: Some("No Offer Possible Now"), ..Reply::new(Status::NOT_ACCEPTABLE_HERE) },
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn message(method: &str, extra: &str) -> Message {
        let text = format!(
            "{method} sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n\
             Call-ID: 1\r\nCSeq: 7 {method}\r\n{extra}\r\n"
        );
        Message::parse(Bytes::from(text)).expect("parses")
    }

    #[test]
    fn a_prack_is_for_the_last_response_only_and_once() {
        let mut reliable = Reliable::asked(ServerId::default(), &message("INVITE", "Supported: 100rel\r\n"));
        let mut confirm = |rack: &str| reliable.confirm(&message("PRACK", &format!("RAck: {rack}\r\n")));
        assert!(!confirm("5 7 INVITE"), "nothing was told");
        reliable.last = Some(Sent { rseq: 5, body: None, is_confirmed: false });
        let mut confirm = |rack: &str| reliable.confirm(&message("PRACK", &format!("RAck: {rack}\r\n")));
        for wrong in ["6 7 INVITE", "4 7 INVITE", "5 8 INVITE", "5 7 UPDATE", "5"] {
            assert!(!confirm(wrong), "{wrong}");
        }
        assert!(confirm("5 7 INVITE"));
        assert!(!confirm("5 7 INVITE"), "again");
        assert!(!reliable.confirm(&message("PRACK", "")), "no RAck");
    }
}
