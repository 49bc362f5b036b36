//! A phone answers: it is acknowledged, the caller is told, the others are silenced.

use warden_sip::dialog::Dialog;
use warden_sip::endpoint::ClientId;
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::write::Body;

use super::call::{Call, Stage, Up};
use super::digits::LegDigits;
use super::early::{Early, answer_with, offer_with};
use super::leg::{Fork, Leg, Sdp, allows_update};
use super::party::{self, Role};
use super::privacy::asks_privacy;
use super::reason::Reason;
use super::refresh::Refresh;
use super::refusal::Refusal;
use super::reoffer::Exchange;
use super::ring::Ringing;
use super::turn::Turn;
use super::{CAPABILITIES, Side};
use crate::call_event::{Answered, CallEvent};
use crate::directory::Directory;
use crate::media::LegOpening;

impl Call {
    /// A 2xx to an INVITE of ours, the first of its call.
    pub(super) fn handle_answer(&mut self, client: ClientId, response: &Message, turn: &mut Turn<'_>) {
        let Stage::Ringing(ringing) = &mut self.stage else { return };
        let Some(index) = ringing.hunt.fork(client) else { return };
        let mut fork = ringing.hunt.forks.remove(index);
        let early = ringing.early.clone();
        let Ok(dialog) = fork.dialog(response) else {
            fork.hang_up(response, turn);
            return self.drop_answer(&fork, Refusal::BAD_ANSWER, turn);
        };
        turn.acknowledge(client, dialog.remote_tag(), dialog.ack(response.sequence()), fork.flow);
        let described = match Sdp::of(response) {
            Sdp::Some(answer) => fork.session.accept(answer).is_ok(),
            Sdp::None => fork.session.negotiated().is_some(),
            Sdp::Malformed => false,
        };
        let mut b = callee_leg(&fork, dialog, response);
        let told =
            if described { answer_caller(&mut self.a, &b, early, turn.directory) } else { Err(Refusal::BAD_ANSWER) };
        let is_fax = fork.session.offers_fax();
        match told {
            Ok(description) => {
                turn.desk.by_client.remove(&client);
                b.refresh.take_terms(response, turn.directory);
                self.go_up(b, fork.party(turn.directory), description, turn);
            }
            Err(refusal) => {
                b.say_bye(turn);
                self.drop_answer(&fork, refusal.of_fax(is_fax), turn);
            }
        }
    }

    /// An answer that cannot be used counts as a refusal.
    fn drop_answer(&mut self, fork: &Fork, refusal: Refusal, turn: &mut Turn<'_>) {
        self.put_away(fork, turn);
        self.note_refusal(refusal, turn);
    }

    /// The call is answered, by who is at `b`; the caller is told.
    pub(super) fn go_up(&mut self, b: Leg, party: Answered, description: Body, turn: &mut Turn<'_>) {
        let Stage::Ringing(mut ringing) = std::mem::replace(&mut self.stage, Stage::Up(Up::default())) else { return };
        ringing.stop_timers(turn);
        let Ringing { invite, hunt, .. } = *ringing;
        self.cancel(hunt.forks, Some(Reason::ANSWERED), turn);
        let mut reply = self.a.reply_with_contact(Status::OK, turn.directory);
        CAPABILITIES.add_allow(&mut reply.headers);
        CAPABILITIES.add_supported(&mut reply.headers);
        self.a.refresh.add_agreed(&mut reply.headers);
        if !b.is_private {
            let address = party::address(&party.extension, &self.a.flow, turn.directory);
            party::tell(&mut reply.headers, &address, Role::Called, turn.directory);
        }
        reply.body = self.reliable.news(description);
        turn.answer(invite, reply);
        self.a.unacknowledged = Some(invite);
        (self.view.callee, self.view.answered_at) = (Some(party.extension.clone()), Some(turn.now));
        turn.tell(CallEvent::Answered(Box::new(party)));
        turn.desk.crowd.leave(&self.view);
        self.b.insert(b).refresh.start(Side::B, turn);
        self.a.refresh.start(Side::A, turn);
        if self.a.session.negotiated().is_some() {
            self.connect(turn);
        } else if let Stage::Up(up) = &mut self.stage {
            // The caller left the offer to us; its answer comes with the ACK.
            up.exchange = Exchange::Answering { from: Side::A, request: invite, waiting: None };
        }
    }

    /// Lets the media threads join the two legs as they are agreed on now.
    pub(super) fn connect(&mut self, turn: &mut Turn<'_>) {
        if !self.connect_heard(turn) {
            self.connect_legs(turn);
        }
    }

    fn connect_legs(&mut self, turn: &mut Turn<'_>) {
        let Some(b) = &mut self.b else { return };
        let (Some(of_a), Some(of_b)) = (self.a.session.negotiated().cloned(), b.session.negotiated().cloned()) else {
            return;
        };
        let directory = turn.directory;
        let (terms_a, terms_b) = (self.a.digit_terms(directory), b.digit_terms(directory));
        let setups = (self.a.setup((&of_b, terms_b), directory, true), b.setup((&of_a, terms_a), directory, true));
        let (Some(for_a), Some(for_b)) = setups else { return };
        let legs = [LegOpening { ports: self.a.ports, setup: for_a }, LegOpening { ports: b.ports, setup: for_b }];
        self.media.connect(Box::new(legs), [self.a.tag, b.tag], turn);
    }
}

impl Fork {
    /// Who has answered.
    pub(super) fn party(&self, directory: &Directory) -> Answered {
        let person = directory.people.get(&self.extension);
        Answered {
            extension: self.extension.clone(),
            name: person.map(|person| person.name.clone()).unwrap_or_default(),
            source: self.flow.remote,
            user_agent: self.user_agent.clone(),
        }
    }
}

/// The leg with a phone that has answered.
pub(super) fn callee_leg(fork: &Fork, dialog: Dialog, response: &Message) -> Leg {
    Leg {
        side: Side::B,
        owner: fork.extension.clone(),
        tag: fork.tag,
        dialog,
        flow: fork.flow,
        session: fork.session.clone(),
        ports: fork.ports,
        remote: None,
        allows_update: allows_update(response),
        refresh: Refresh::default(),
        holds: false,
        unacknowledged: None,
        bye_wanted: false,
        is_private: asks_privacy(response),
        is_gone: false,
        has_moved: fork.has_moved,
        referrals: 0,
        notifier: None,
        partner_is_new: fork.partner_is_new,
        digits: LegDigits::default(),
        bye_reason: None,
    }
}

/// What the caller is answered, or offered when it left the offer to us.
pub(super) fn answer_caller(
    a: &mut Leg,
    b: &Leg,
    early: Option<Early>,
    directory: &Directory,
) -> Result<Body, Refusal> {
    let agreed = b.session.negotiated().ok_or(Refusal::BAD_ANSWER)?;
    if let Some(Early { told, session }) = early.filter(|early| early.suits(agreed)) {
        a.session = session;
        return Ok(told);
    }
    let told = if a.session.open_offer().is_some() {
        let endpoint = a.endpoint(directory);
        answer_with(&mut a.session, agreed, endpoint, directory.codecs_of(&a.owner))
    } else {
        let endpoint = a.offered_endpoint(directory);
        offer_with(&mut a.session, Some(agreed), endpoint, directory.codecs_of(&a.owner))
    };
    told.ok_or(Refusal::NO_CODEC)
}
