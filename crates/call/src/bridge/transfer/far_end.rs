//! The call whose far end goes over into another one: what it gives away, and its end.

use warden_media::relay::Side;
use warden_sip::endpoint::Reply;
use warden_sip::status::Status;

use super::super::call::{Call, Stage};
use super::super::digits::LegDigits;
use super::super::hunt::Hunt;
use super::super::leg::{Fork, Leg};
use super::super::refresh::Refresh;
use super::super::refusal::Refusal;
use super::super::reoffer::Exchange;
use super::super::turn::Turn;
use super::attended::{Obstacle, forbidden, gone};
use super::newcomer::Newcomer;
use super::refer_to::Named;
use crate::call_event::{Answered, CallEvent, CallId, Cause, Ender, Ending};
use crate::directory::Extension;

/// Who goes over.
pub(super) enum FarEnd {
    /// A phone that has answered, or called.
    Leg(Box<Newcomer>),
    /// Phones that ring.
    Phones(Box<Hunt>),
}

impl Named {
    /// Whether the dialog of `leg` is meant.
    pub(super) fn is_of(&self, leg: &Leg) -> bool {
        let dialog = &leg.dialog;
        let tags = (dialog.local_tag(), dialog.remote_tag());
        let is_straight = tags == (&*self.our_tag, &*self.phone_tag);
        *self.call_id == *dialog.call_id() && (is_straight || tags == (&*self.phone_tag, &*self.our_tag))
    }
}

impl Call {
    /// The side of the dialog that `owner` names, if its far end may go over.
    pub(super) fn near_end(&self, named: &Named, owner: &Extension) -> Result<Side, Obstacle> {
        let mut legs = [Some(&self.a), self.b.as_ref()].into_iter().flatten();
        let leg = legs.find(|leg| named.is_of(leg) && !leg.is_gone).ok_or_else(gone)?;
        if leg.owner != *owner {
            return Err(forbidden("Not Your Call").into());
        }
        match &self.stage {
            Stage::Ringing(_) => Ok(Side::A),
            Stage::Up(_) if named.early_only => {
                Err(Refusal::new(Status::BUSY_HERE, "Already Answered", Cause::Refused(486)).into())
            }
            Stage::Up(up) => {
                let is_idle = matches!(up.exchange, Exchange::Idle) && up.transfer.is_none() && up.joining.is_none();
                if is_idle { Ok(leg.side) } else { Err(Obstacle::Busy) }
            }
            Stage::Over => Err(gone().into()),
        }
    }

    /// Who somebody with a phone in this call would say is at its far end.
    pub(super) fn far_from(&self, owner: &Extension) -> String {
        let far = [Some(&self.a), self.b.as_ref()].into_iter().flatten().find(|leg| leg.owner != *owner);
        far.map_or_else(|| self.view.dialled.clone(), |leg| leg.owner.text().to_owned())
    }

    /// Gives the far end to the call `to`. What stays in its place is an empty shell, for the statistics.
    pub(super) fn give_far_end(&mut self, near: Side, to: CallId, turn: &mut Turn<'_>) -> Result<FarEnd, Obstacle> {
        if matches!(self.stage, Stage::Ringing(_)) {
            return self.give_phones(to, turn).map(|hunt| FarEnd::Phones(Box::new(hunt)));
        }
        let leg = self.leg(near.other()).ok_or_else(gone)?;
        if leg.session.negotiated().is_none() {
            return Err(Obstacle::Busy);
        }
        let ports = turn.take_ports(leg.flow.local.ip()).ok_or(Refusal::NO_PORTS)?;
        self.drop_passed(turn);
        let leg = self.leg(near.other()).ok_or_else(gone)?;
        let shell = leg.shell();
        let mut leg = std::mem::replace(leg, shell);
        leg.refresh.stop(turn);
        leg.forget_digits(turn);
        (leg.ports, leg.has_moved) = (ports, true);
        turn.desk.by_tag.insert(leg.tag, to);
        if let Some(id) = leg.unacknowledged {
            turn.desk.by_server.insert(id, to);
        }
        if let Some(client) = leg.notifier.as_ref().and_then(|notifier| notifier.under_way()) {
            turn.desk.by_client.insert(client, to);
        }
        let party = party(&leg, turn);
        Ok(FarEnd::Leg(Box::new(Newcomer { leg, party })))
    }

    /// Gives the phones that ring away; one that sends sound already is to be told of other ports once it has answered.
    fn give_phones(&mut self, to: CallId, turn: &mut Turn<'_>) -> Result<Hunt, Obstacle> {
        let media = self.media;
        let Stage::Ringing(ringing) = &mut self.stage else { return Err(gone().into()) };
        if ringing.held.is_some() {
            return Err(Obstacle::Busy);
        }
        for fork in ringing.hunt.forks.iter_mut().filter(|fork| media.has(fork.tag) && !fork.has_moved) {
            fork.ports = turn.take_ports(fork.flow.local.ip()).ok_or(Refusal::NO_PORTS)?;
            fork.has_moved = true;
        }
        for Fork { tag, client, partner_is_new, .. } in &mut ringing.hunt.forks {
            *partner_is_new = true;
            turn.desk.by_tag.insert(*tag, to);
            turn.desk.by_client.insert(*client, to);
        }
        Ok(ringing.hunt.hand_over())
    }

    /// The far end has gone over to the call `to`: this one ends.
    pub(super) fn end_without_far_end(&mut self, near: Side, to: CallId, turn: &mut Turn<'_>) {
        let (by, cause) = (Ender::of(near), Cause::JoinedTo(to));
        match &self.stage {
            Stage::Ringing(_) => {
                let status = Status::REQUEST_TERMINATED;
                self.give_up(Reply::new(status), Ending { by, cause, status: Some(status.code()) }, turn);
            }
            Stage::Up(_) => self.tear_down(None, Ending { by, cause, status: None }, turn),
            Stage::Over => {}
        }
    }

    /// The phones of another call ring for this one.
    pub(super) fn take_over_phones(&mut self, side: Side, mut hunt: Hunt, turn: &mut Turn<'_>) {
        let Some((own, other)) = self.pair(side) else { return };
        hunt.calls_for(other, Some(own));
        let ringing = hunt.forks.iter().filter(|fork| fork.progress.is_some());
        for fork in ringing.clone() {
            turn.tell(CallEvent::Ringing { extension: fork.extension.clone() });
        }
        let is_ringing = ringing.count() > 0;
        self.begin_ringing(side, hunt, false, turn);
        if let Some(leg) = self.leg(side).filter(|_| is_ringing) {
            leg.notify(Status::RINGING, turn);
        }
    }
}

impl Leg {
    /// What stays of a leg that goes over into another call: nothing is found by it, and nobody is hung up on.
    fn shell(&self) -> Self {
        Self {
            side: self.side,
            owner: self.owner.clone(),
            tag: 0,
            dialog: self.dialog.clone(),
            flow: self.flow,
            session: self.session.clone(),
            ports: self.ports,
            remote: self.remote,
            allows_update: false,
            refresh: Refresh::default(),
            holds: false,
            unacknowledged: None,
            bye_wanted: false,
            is_private: self.is_private,
            is_gone: true,
            has_moved: false,
            referrals: 0,
            notifier: None,
            partner_is_new: false,
            digits: LegDigits::default(),
            bye_reason: None,
        }
    }
}

fn party(leg: &Leg, turn: &Turn<'_>) -> Answered {
    let person = turn.directory.people.get(&leg.owner);
    Answered {
        extension: leg.owner.clone(),
        name: person.map(|person| person.name.clone()).unwrap_or_default(),
        source: leg.flow.remote,
        // The record of the call that it comes from has it.
        user_agent: String::new(),
    }
}
