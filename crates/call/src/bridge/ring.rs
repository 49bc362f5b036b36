//! Phones ring: what they say until one answers or all have refused.

use std::time::Duration;

use warden_sip::endpoint::{ClientId, Reply, ServerId};
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::wheel::TimerId;

use super::call::{Call, Stage};
use super::dial::Invitation;
use super::early::{Early, early_media};
use super::hunt::Hunt;
use super::leg::{Fork, Sdp};
use super::privacy::is_private;
use super::reason::Reason;
use super::refusal::Refusal;
use super::reliable::Held;
use super::turn::{Timer, Turn};
use crate::call_event::{CallEvent, Ending};

/// Who is between the caller and us may end a call of which nothing is heard for 3 minutes (RFC 3261 §13.3.1.1).
const REPEAT_PROGRESS: Duration = Duration::from_mins(1);

/// A call that nobody has answered yet.
pub(super) struct Ringing {
    /// The caller's INVITE.
    pub(super) invite: ServerId,
    pub(super) hunt: Hunt,
    pub(super) ring_limit: Option<TimerId>,
    /// The last status that the caller was told.
    told: Option<Status>,
    /// When the caller is told the same again.
    repeat: Option<TimerId>,
    /// What the caller was told to listen to before the answer.
    pub(super) early: Option<Early>,
    /// A phone has answered, and the caller must confirm something first.
    pub(super) held: Option<Held>,
}

impl Ringing {
    pub(super) fn new(invitation: &Invitation<'_>, max_forwards: u8) -> Self {
        Self {
            invite: invitation.id,
            hunt: Hunt::new(invitation.caller.clone(), is_private(invitation.request), max_forwards),
            ring_limit: None,
            told: None,
            repeat: None,
            early: None,
            held: None,
        }
    }

    pub(super) fn stop_timers(&mut self, turn: &mut Turn<'_>) {
        turn.stop_waiting(&mut self.ring_limit);
        turn.stop_waiting(&mut self.repeat);
        turn.stop_waiting(&mut self.hunt.next);
    }
}

impl Call {
    /// A phone that is called has answered in some way.
    pub(super) fn handle_ringing(&mut self, client: ClientId, response: &Message, turn: &mut Turn<'_>) {
        let Some(status) = response.status() else { return };
        if status == Status::TRYING {
            return;
        }
        if let Some(rseq) = response.rseq() {
            self.handle_reliable(client, rseq, response, turn);
        } else if status.is_provisional() {
            self.handle_provisional(client, response, turn);
        } else if status.is_success() {
            self.hear_held(client, turn);
            if !self.hold_answer(client, response, turn) {
                self.handle_answer(client, response, turn);
            }
        } else {
            self.handle_refusal(client, status, Some(response), turn);
        }
    }

    /// It rings, or sends sound before it answers.
    pub(super) fn handle_progress(&mut self, client: ClientId, response: &Message, turn: &mut Turn<'_>) {
        let Some(status) = response.status() else { return };
        let Stage::Ringing(ringing) = &mut self.stage else { return };
        // What a phone sends that has refused meanwhile is not missed.
        let is_heard = |tag: u64| ringing.hunt.forks.iter().any(|fork| fork.tag == tag);
        let heard = self.media.heard().filter(|tag| is_heard(*tag));
        let Some(fork) = ringing.hunt.forks.iter_mut().find(|fork| fork.client == client) else { return };
        let before = fork.progress.replace(status);
        if let Some(tag) = response.to_tag().filter(|tag| **tag != *fork.phone_tag) {
            fork.phone_tag = tag.into();
        }
        if before.is_none() {
            turn.tell(CallEvent::Ringing { extension: fork.extension.clone() });
        }
        let is_described = Sdp::of(response).some().is_some_and(|answer| fork.session.accept(answer).is_ok());
        let is_next = is_described && heard.is_none_or(|tag| tag == fork.tag);
        let told = ringing.early.as_ref();
        let confirms = self.reliable.confirms();
        if let Some(early) = is_next.then(|| early_media(&mut self.a, told, fork, confirms, turn)).flatten() {
            if let Some(legs) = early.join(&self.a, fork, turn.directory) {
                self.media.connect(legs, [self.a.tag, fork.tag], turn);
            }
            ringing.early = Some(early);
        } else if ringing.told == Some(status) && before != Some(status) {
            // Another phone says the same. What one phone repeats is passed on: the first may have been lost.
            return;
        }
        ringing.told = Some(status);
        self.tell_progress(turn);
    }

    /// Tells the caller how far the call is: once it has changed, and then each minute.
    pub(super) fn tell_progress(&mut self, turn: &mut Turn<'_>) {
        let Stage::Ringing(ringing) = &mut self.stage else { return };
        turn.stop_waiting(&mut ringing.repeat);
        let Some(status) = ringing.told else { return };
        if ringing.early.is_none() && self.reliable.is_required() && self.a.session.open_offer().is_none() {
            ringing.early = Early::offer(&mut self.a, None, turn.directory);
        }
        let mut reply = self.a.reply_with_contact(status, turn.directory);
        reply.body = ringing.early.as_ref().and_then(|early| self.reliable.news(early.told.clone()));
        if let Some(reply) = self.reliable.number(reply, turn) {
            turn.answer(ringing.invite, reply);
        }
        ringing.repeat = Some(turn.wait(REPEAT_PROGRESS, Timer::StillRinging));
    }

    /// A phone will not take the call; `None` stands for one that has not answered at all.
    pub(super) fn handle_refusal(
        &mut self,
        client: ClientId,
        status: Status,
        response: Option<&Message>,
        turn: &mut Turn<'_>,
    ) {
        let Stage::Ringing(ringing) = &mut self.stage else { return };
        let Some(index) = ringing.hunt.fork(client) else { return };
        let fork = ringing.hunt.forks.remove(index);
        self.put_away(&fork, turn);
        let Stage::Ringing(ringing) = &mut self.stage else { return };
        // Nobody begins to ring for a call that is taken.
        let may_call = ringing.held.is_none();
        if may_call && let Some(again) = ringing.hunt.call_again(&self.a, &fork, status, response, turn) {
            return ringing.hunt.forks.push(again);
        }
        turn.tell(CallEvent::Declined { extension: fork.extension.clone(), status: status.code() });
        if let Some(response) = response.filter(|_| may_call && (300..400).contains(&status.code())) {
            ringing.hunt.follow(&self.a, response, &fork, turn);
        }
        let refusal = Refusal::by_phone(status, response, fork.progress.is_some());
        self.note_refusal(refusal.of_fax(fork.session.offers_fax()), turn);
    }

    /// The call ends when that was the last phone and no others are to ring, or when it speaks for all (6xx).
    pub(super) fn note_refusal(&mut self, refusal: Refusal, turn: &mut Turn<'_>) {
        let Stage::Ringing(ringing) = &mut self.stage else { return };
        let Some(refusal) = ringing.hunt.note(refusal, &self.a, turn) else { return };
        // It comes too late when somebody has taken the call.
        if !self.answer_held(turn) {
            self.give_up(refusal.reply(), refusal.ending(), turn);
        }
    }

    /// The call comes to nothing: the caller is told, and phones that still ring are silenced.
    pub(super) fn give_up(&mut self, reply: Reply, ending: Ending, turn: &mut Turn<'_>) {
        let reason = Reason::of(reply.status);
        self.give_up_for(reason, reply, ending, turn);
    }

    /// The same; phones that still ring are told this reason.
    pub(super) fn give_up_for(&mut self, reason: Option<Reason>, reply: Reply, ending: Ending, turn: &mut Turn<'_>) {
        self.turn_away_held(turn);
        let Stage::Ringing(ringing) = &mut self.stage else { return };
        ringing.stop_timers(turn);
        turn.desk.by_server.remove(&ringing.invite);
        let status = reply.status;
        turn.answer(ringing.invite, Reply { tag: self.a.reply(status).tag, ..reply });
        let forks = std::mem::take(&mut ringing.hunt.forks);
        self.cancel(forks, reason, turn);
        self.end(ending, turn);
    }

    /// Silences phones. One that answers in the same moment is hung up on.
    pub(super) fn cancel(&mut self, forks: Vec<Fork>, reason: Option<Reason>, turn: &mut Turn<'_>) {
        for fork in forks {
            turn.cancel(fork.client, reason);
            Self::release(self.media, &fork, turn);
            self.cancelled.push(fork);
        }
    }

    /// The last word of a phone that was cancelled.
    pub(super) fn handle_cancelled(&mut self, client: ClientId, response: Option<&Message>, turn: &mut Turn<'_>) {
        let is_provisional = response.and_then(Message::status).is_some_and(Status::is_provisional);
        let Some(index) = self.cancelled.iter().position(|fork| fork.client == client) else { return };
        if is_provisional {
            return;
        }
        let fork = self.cancelled.remove(index);
        turn.desk.by_client.remove(&client);
        turn.desk.by_tag.remove(&fork.tag);
        if let Some(response) = response.filter(|response| response.status().is_some_and(Status::is_success)) {
            fork.hang_up(response, turn);
        }
    }
}
