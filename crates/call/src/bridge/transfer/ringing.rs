//! What the phones say that ring for a transfer.

use warden_sdp::Session;
use warden_sip::endpoint::ClientId;
use warden_sip::message::Message;
use warden_sip::status::Status;

use super::super::answer::callee_leg;
use super::super::call::Call;
use super::super::leg::{Fork, Sdp};
use super::super::reason::Reason;
use super::super::refusal::Refusal;
use super::super::turn::Turn;
use super::newcomer::Newcomer;
use crate::call_event::CallEvent;

impl Call {
    /// Whether the answer to this INVITE is for the transfer under way.
    pub(in super::super) fn is_hunting(&mut self, client: ClientId) -> bool {
        self.transfer().is_some_and(|transfer| transfer.hunt.fork(client).is_some())
    }

    /// A phone that rings for a transfer has answered in some way; `None` when it never will.
    pub(in super::super) fn handle_target(
        &mut self,
        client: ClientId,
        status: Status,
        response: Option<&Message>,
        turn: &mut Turn<'_>,
    ) {
        match response {
            Some(_) if status == Status::TRYING => {}
            Some(response) if status.is_provisional() => self.note_progress(client, status, response, turn),
            Some(response) if status.is_success() => self.take_answer(client, response, turn),
            Some(_) | None => self.drop_target(client, status, response, turn),
        }
    }

    fn note_progress(&mut self, client: ClientId, status: Status, response: &Message, turn: &mut Turn<'_>) {
        let Some(transfer) = self.transfer() else { return };
        let Some(fork) = transfer.hunt.forks.iter_mut().find(|fork| fork.client == client) else { return };
        if let Some(rseq) = response.rseq()
            && !fork.confirm(response, rseq, turn)
        {
            return;
        }
        if let Some(tag) = response.to_tag().filter(|tag| **tag != *fork.phone_tag) {
            fork.phone_tag = tag.into();
        }
        if fork.progress.replace(status).is_none() {
            turn.tell(CallEvent::Ringing { extension: fork.extension.clone() });
        }
        // The answer may come here only, and not again with the 2xx.
        if let Some(answer) = Sdp::of(response).some() {
            let _ = fork.session.accept(answer).is_ok();
        }
        let side = transfer.side;
        self.hear_target(client, status, turn);
        // Four at most: those that RFC 3261 knows.
        if (Status::RINGING..=Status::SESSION_PROGRESS).contains(&status)
            && let Some(leg) = self.leg(side)
        {
            leg.notify(status, turn);
        }
    }

    fn take_answer(&mut self, client: ClientId, response: &Message, turn: &mut Turn<'_>) {
        let Some(transfer) = self.transfer() else { return };
        let Some(index) = transfer.hunt.fork(client) else { return };
        let mut fork = transfer.hunt.forks.remove(index);
        let Ok(dialog) = fork.dialog(response) else {
            fork.hang_up(response, turn);
            self.put_away(&fork, turn);
            return self.forget_target(Refusal::BAD_ANSWER, turn);
        };
        turn.acknowledge(client, dialog.remote_tag(), dialog.ack(response.sequence()), fork.flow);
        let is_described = describes(&mut fork.session, response);
        let mut leg = callee_leg(&fork, dialog, response);
        if !is_described {
            leg.say_bye(turn);
            self.put_away(&fork, turn);
            return self.forget_target(Refusal::BAD_ANSWER, turn);
        }
        turn.desk.by_client.remove(&client);
        leg.refresh.take_terms(response, turn.directory);
        self.welcome(Newcomer { party: fork.party(turn.directory), leg }, turn);
    }

    /// Somebody has answered: the other phones are silenced.
    pub(super) fn welcome(&mut self, newcomer: Newcomer, turn: &mut Turn<'_>) {
        let Some(transfer) = self.transfer() else { return };
        transfer.stop_timers(turn);
        transfer.newcomer = Some(Box::new(newcomer));
        let forks = std::mem::take(&mut transfer.hunt.forks);
        self.cancel(forks, Some(Reason::ANSWERED), turn);
    }

    /// A phone will not take it.
    fn drop_target(&mut self, client: ClientId, status: Status, response: Option<&Message>, turn: &mut Turn<'_>) {
        let Some(transfer) = self.transfer() else { return };
        let (side, Some(index)) = (transfer.side, transfer.hunt.fork(client)) else { return };
        let fork = transfer.hunt.forks.remove(index);
        self.put_away(&fork, turn);
        if self.call_another(side, &fork, status, response, turn) {
            return;
        }
        turn.tell(CallEvent::Declined { extension: fork.extension.clone(), status: status.code() });
        self.forget_target(Refusal::by_phone(status, response, fork.progress.is_some()), turn);
    }

    /// Follows a redirection, or calls the phone again: with the session interval that it demands, or by another of its
    /// ways. True for the latter two.
    fn call_another(
        &mut self,
        side: warden_media::relay::Side,
        fork: &Fork,
        status: Status,
        response: Option<&Message>,
        turn: &mut Turn<'_>,
    ) -> bool {
        let Some(mut transfer) = self.take_transfer() else { return false };
        let mut is_called_again = false;
        if let Some(other) = self.leg(side.other()) {
            let hunt = &mut transfer.hunt;
            let again = hunt.call_again(other, fork, status, response, turn);
            is_called_again = again.is_some();
            hunt.forks.extend(again);
            if let Some(response) = response.filter(|_| (300..400).contains(&status.code())) {
                hunt.follow(other, response, fork, turn);
            }
        }
        self.put_transfer(transfer);
        is_called_again
    }

    /// A phone is out of it; when it was the last one, the transfer has failed.
    fn forget_target(&mut self, refusal: Refusal, turn: &mut Turn<'_>) {
        let Some(mut transfer) = self.take_transfer() else { return };
        let other = self.leg(transfer.side.other());
        let failure = other.and_then(|other| transfer.hunt.note(refusal, other, turn));
        self.put_transfer(transfer);
        if let Some(refusal) = failure {
            self.fail_transfer(refusal, turn);
        }
    }

    /// The first phones have rung for a while: the next ones do too.
    ///
    /// # Errors
    /// Why none of them does.
    pub(in super::super) fn ring_next_of_transfer(&mut self, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        let Some(mut transfer) = self.take_transfer() else { return Ok(()) };
        let outcome = self.leg(transfer.side.other()).map_or(Ok(()), |other| transfer.hunt.ring_next(other, turn));
        self.put_transfer(transfer);
        outcome
    }
}

/// Whether there is an agreement with a phone that has answered.
fn describes(session: &mut Session, response: &Message) -> bool {
    match Sdp::of(response) {
        Sdp::Some(answer) => session.accept(answer).is_ok(),
        Sdp::None => session.negotiated().is_some(),
        Sdp::Malformed => false,
    }
}
