//! INVITE with Replaces (RFC 3891): a phone takes the place of another phone of its extension, in a call or while it rings.

use warden_media::relay::Side;
use warden_sdp::{Direction, LocalMedia, Negotiated, Order, relayed_offer};
use warden_sip::endpoint::Reply;
use warden_sip::header::{HeaderName, Replaces};
use warden_sip::status::Status;
use warden_sip::write::Body;

use super::super::answer::answer_caller;
use super::super::call::{Call, Stage};
use super::super::dial::{Invitation, caller_leg, shown};
use super::super::early::{answer_with, offer_with};
use super::super::hold::with_music;
use super::super::leg::{Leg, body};
use super::super::refresh::{Refresh, Terms};
use super::super::refusal::Refusal;
use super::super::reoffer::{Exchange, not_now};
use super::super::turn::{Turn, World};
use super::super::{Bridge, CAPABILITIES};
use super::newcomer::Newcomer;
use super::refer_to::{Named, refused};
use crate::call_event::Answered;
use crate::directory::{Directory, Extension};

/// Where the phone is that is replaced.
#[derive(Clone, Copy)]
enum Place {
    /// It is in the call.
    Leg(Side),
    /// It is called by us and has not answered.
    Fork,
}

impl Named {
    /// The dialog that an INVITE is to replace; `None` when it replaces nothing.
    ///
    /// # Errors
    /// The answer to the INVITE.
    fn in_invite(invitation: &Invitation<'_>) -> Result<Option<Self>, Box<Reply>> {
        let mut values = invitation.request.headers(HeaderName::Replaces);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(refused(Status::BAD_REQUEST, "More Than One Replaces").into());
        }
        let replaces =
            Replaces::parse(value).map_err(|_| Box::new(refused(Status::BAD_REQUEST, "Malformed Replaces")))?;
        Ok(Some(Self::of(&replaces)))
    }
}

impl Bridge {
    /// Takes an INVITE that is to replace a phone. False when it is an INVITE like others.
    pub(in super::super) fn replace(&mut self, invitation: &Invitation<'_>, world: &mut World<'_>) -> bool {
        let mut world = world.again();
        let reply = match Named::in_invite(invitation) {
            Ok(None) => return false,
            Ok(Some(named)) => match self.desk.call_with(&named.our_tag).filter(|call| self.calls.contains_key(call)) {
                Some(call) => {
                    self.with(call, world, |call, turn| call.replace_phone(invitation, &named, turn));
                    return true;
                }
                None => Box::new(Reply::new(Status::CALL_DOES_NOT_EXIST)),
            },
            Err(reply) => reply,
        };
        world.again().outputs.push_back(crate::output::Output::Answer { id: invitation.id, reply });
        true
    }
}

impl Call {
    fn replace_phone(&mut self, invitation: &Invitation<'_>, named: &Named, turn: &mut Turn<'_>) {
        let taken = self.take_replacement(invitation, named, turn);
        turn.answer_failure(invitation.id, taken);
    }

    fn take_replacement(
        &mut self,
        invitation: &Invitation<'_>,
        named: &Named,
        turn: &mut Turn<'_>,
    ) -> Result<(), Box<Reply>> {
        let place = self.place_of(named, invitation.caller)?;
        if !self.is_ready() {
            return Err(not_now(turn).into());
        }
        self.count_transfer()?;
        let terms = Terms::asked(invitation.request, turn.directory)?;
        let mut leg = caller_leg(invitation, turn).map_err(|refusal| Box::new(refusal.reply()))?;
        leg.refresh = Refresh::on(terms);
        let Some(told) = self.describe_to(&mut leg, place, turn.directory) else {
            turn.desk.by_tag.remove(&leg.tag);
            turn.put_back(leg.ports);
            return Err(Refusal::NO_CODEC.reply().into());
        };
        self.welcome_in(place, leg, invitation, told, turn);
        Ok(())
    }

    /// Where the named phone is (RFC 3891 §3).
    fn place_of(&self, named: &Named, caller: &Extension) -> Result<Place, Box<Reply>> {
        let nobody = || Box::new(Reply::new(Status::CALL_DOES_NOT_EXIST));
        let mut legs = [Some(&self.a), self.b.as_ref()].into_iter().flatten();
        let (owner, place) = if let Some(leg) = legs.find(|leg| named.is_exactly(leg)) {
            (&leg.owner, Place::Leg(leg.side))
        } else {
            let fork = self.forks().find(|fork| {
                *named.our_tag == *warden_sip::tag::Tag::from_bits(fork.tag).text()
                    && *named.call_id == fork.call_id
                    && named.phone_tag == fork.phone_tag
            });
            (&fork.ok_or_else(nobody)?.extension, Place::Fork)
        };
        if owner != caller {
            return Err(refused(Status::FORBIDDEN, "Not Your Call").into());
        }
        let Place::Leg(side) = place else { return Ok(place) };
        let is_gone = match side {
            Side::A => self.a.is_gone,
            Side::B => self.b.as_ref().is_some_and(|b| b.is_gone),
        };
        match &self.stage {
            // Its early dialog is not one that we have begun.
            Stage::Ringing(_) => Err(nobody()),
            Stage::Over => Err(Reply::new(Status::DECLINE).into()),
            Stage::Up(_) if is_gone => Err(Reply::new(Status::DECLINE).into()),
            Stage::Up(_) if named.early_only => Err(Reply::new(Status::BUSY_HERE).into()),
            Stage::Up(_) => Ok(place),
        }
    }

    /// Whether a phone can come in now.
    fn is_ready(&self) -> bool {
        match &self.stage {
            // The caller gets no 2xx before it has confirmed a description (RFC 3262 §3).
            Stage::Ringing(ringing) => ringing.held.is_none() && !self.reliable.awaits_description(),
            Stage::Up(up) => {
                let is_idle = matches!(up.exchange, Exchange::Idle) && up.joining.is_none();
                is_idle && self.may_leave() && up.transfer.as_ref().is_none_or(|transfer| transfer.newcomer.is_none())
            }
            Stage::Over => false,
        }
    }

    /// What the phone is answered, or offered if it leaves that to us; and in a call that rings, what its caller is told.
    fn describe_to(&mut self, leg: &mut Leg, place: Place, directory: &Directory) -> Option<(Body, Option<Body>)> {
        if let Stage::Ringing(ringing) = &self.stage {
            let local = match self.a.session.open_offer() {
                Some(offer) => {
                    let encryption = self.a.session.encryption();
                    relayed_offer(
                        offer,
                        encryption,
                        leg.codecs(directory),
                        leg.endpoint(directory),
                        Some(self.a.codecs(directory)),
                    )?
                }
                None => LocalMedia {
                    endpoint: leg.endpoint(directory),
                    direction: Direction::SendRecv,
                    ptime_ms: None,
                    codecs: leg.codecs(directory).own(),
                    fax: None,
                },
            };
            let answer = leg.session.answer(&local, Order::Theirs).ok()?;
            let told = answer_caller(&mut self.a, leg, ringing.early.clone(), directory).ok()?;
            return Some((body(&answer), Some(told)));
        }
        let side = match place {
            Place::Leg(side) => side,
            Place::Fork => self.transfer()?.side,
        };
        let partner = self.leg(side.other())?;
        let agreed = partner.session.negotiated()?;
        // A party that was on hold is taken back.
        let direction = if partner.holds {
            with_music(agreed.direction.reversed(), partner, directory).reversed()
        } else {
            Direction::SendRecv
        };
        let agreed = Negotiated { direction, ..agreed.clone() };
        let told = if leg.session.open_offer().is_some() {
            let endpoint = leg.endpoint(directory);
            answer_with(&mut leg.session, &agreed, endpoint, directory.codecs_of(&leg.owner))
        } else {
            let endpoint = leg.offered_endpoint(directory);
            offer_with(&mut leg.session, Some(&agreed), endpoint, directory.codecs_of(&leg.owner))
        };
        told.map(|told| (told, None))
    }

    /// The phone is answered and takes its place.
    fn welcome_in(
        &mut self,
        place: Place,
        mut leg: Leg,
        invitation: &Invitation<'_>,
        (description, for_caller): (Body, Option<Body>),
        turn: &mut Turn<'_>,
    ) {
        let mut reply = leg.reply_with_contact(Status::OK, turn.directory);
        CAPABILITIES.add_allow(&mut reply.headers);
        CAPABILITIES.add_supported(&mut reply.headers);
        leg.refresh.add_agreed(&mut reply.headers);
        reply.body = Some(description);
        turn.answer(invitation.id, reply);
        turn.desk.by_server.insert(invitation.id, turn.call);
        leg.unacknowledged = Some(invitation.id);
        let newcomer = Newcomer { party: party(invitation, turn.directory), leg };
        match place {
            Place::Leg(side) => self.replace_leg(side, newcomer, turn),
            Place::Fork => match for_caller {
                Some(told) => {
                    let Newcomer { mut leg, party } = newcomer;
                    leg.side = Side::B;
                    self.go_up(leg, party, told, turn);
                }
                None => self.welcome(newcomer, turn),
            },
        }
    }

    fn replace_leg(&mut self, side: Side, newcomer: Newcomer, turn: &mut Turn<'_>) {
        self.take_place(side, newcomer, None, turn);
        // There is nothing that the phone waits to hear of, even if it has asked for a transfer.
        if let Some(leaving) = self.leaving.last_mut() {
            leaving.leg.stop_notifying(turn);
            let tag = leaving.leg.tag;
            self.say_farewell(tag, turn);
        }
    }
}

impl Named {
    fn is_exactly(&self, leg: &Leg) -> bool {
        let dialog = &leg.dialog;
        let tags = (dialog.local_tag(), dialog.remote_tag());
        *self.call_id == *dialog.call_id() && tags == (&*self.our_tag, &*self.phone_tag)
    }
}

fn party(invitation: &Invitation<'_>, directory: &Directory) -> Answered {
    let person = directory.people.get(invitation.caller);
    Answered {
        extension: invitation.caller.clone(),
        name: person.map(|person| person.name.clone()).unwrap_or_default(),
        source: invitation.flow.remote,
        user_agent: shown(invitation.request.header(HeaderName::UserAgent).unwrap_or_default()),
    }
}
