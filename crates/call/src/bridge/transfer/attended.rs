//! A transfer to who is at the far end of the referrer's other call: that phone comes over into this one.
//!
//! Its leg gets ports of its own here, since a media session keeps its sockets, and is told by re-INVITE. When the other
//! call still rings, its phones go on ringing for this one.

use std::time::Duration;

use warden_media::relay::Side;
use warden_sip::status::Status;
use warden_sip::wheel::TimerId;

use super::super::Bridge;
use super::super::call::{Call, Stage};
use super::super::refusal::Refusal;
use super::super::reoffer::Exchange;
use super::super::turn::{Timer, Turn, World};
use super::far_end::FarEnd;
use super::refer_to::Named;
use crate::call_event::{CallEvent, CallId, Cause, Transfer as Asked, TransferKind};
use crate::directory::Extension;

/// While an offer is under way in one of the calls, they wait this long and look again.
const A_MOMENT: Duration = Duration::from_millis(200);
/// How often; phones may think about an offer for 25 s.
const TRIES: u32 = 150;

/// The far end of another call is to come over.
pub(in super::super) struct Joining {
    /// The referrer's side, to be replaced.
    side: Side,
    named: Named,
    /// The wish is on record.
    is_told: bool,
    tries: u32,
    timer: Option<TimerId>,
}

/// Why the far end of a call does not come over.
#[derive(Clone, Copy, Debug)]
pub(super) enum Obstacle {
    /// For the moment.
    Busy,
    Refused(Refusal),
}

impl From<Refusal> for Obstacle {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

pub(super) fn forbidden(reason: &'static str) -> Refusal {
    Refusal::new(Status::FORBIDDEN, reason, Cause::Rejected)
}

pub(super) fn gone() -> Refusal {
    Refusal::new(Status::CALL_DOES_NOT_EXIST, "No Such Call", Cause::Refused(481))
}

impl Joining {
    pub(in super::super) fn stop(&mut self, turn: &mut Turn<'_>) {
        turn.stop_waiting(&mut self.timer);
    }

    pub(super) fn side(&self) -> Side {
        self.side
    }

    /// Whether its outcome has something to be the outcome of.
    pub(in super::super) fn is_on_record(&self) -> bool {
        self.is_told
    }
}

impl Call {
    /// The far end of a call is wanted here; the bridge looks for it once this call has dealt with its input.
    pub(super) fn want_far_end(&mut self, side: Side, named: Named, turn: &mut Turn<'_>) {
        if let Stage::Up(up) = &mut self.stage {
            up.joining = Some(Box::new(Joining { side, named, is_told: false, tries: 0, timer: None }));
            turn.desk.joins.push(turn.call);
        }
    }

    /// The moment is over.
    pub(in super::super) fn look_again(&mut self, turn: &mut Turn<'_>) {
        if let Stage::Up(up) = &mut self.stage
            && let Some(joining) = &mut up.joining
        {
            joining.timer = None;
            turn.desk.joins.push(turn.call);
        }
    }

    /// Whom this call wants, at which side, and with whose right.
    fn wanted(&self) -> Option<(Side, Named, Extension)> {
        let Stage::Up(up) = &self.stage else { return None };
        let joining = up.joining.as_ref()?;
        let leg = match joining.side {
            Side::A => &self.a,
            Side::B => self.b.as_ref()?,
        };
        Some((joining.side, joining.named.clone(), leg.owner.clone()))
    }

    /// Whether nobody thinks about an offer here.
    fn is_idle(&self) -> bool {
        matches!(&self.stage, Stage::Up(up) if matches!(up.exchange, Exchange::Idle))
    }

    /// It cannot be now, or not at all.
    fn meet(&mut self, obstacle: Obstacle, turn: &mut Turn<'_>) {
        let Stage::Up(up) = &mut self.stage else { return };
        let Some(joining) = &mut up.joining else { return };
        let side = joining.side;
        let refusal = match obstacle {
            Obstacle::Busy if joining.tries < TRIES => {
                joining.tries += 1;
                joining.timer = Some(turn.wait(A_MOMENT, Timer::Join));
                return;
            }
            Obstacle::Busy => Refusal::new(Status::REQUEST_PENDING, "Call Is Being Changed", Cause::Refused(491)),
            Obstacle::Refused(refusal) => refusal,
        };
        up.joining = None;
        self.refuse_transfer(side, refusal, turn);
    }

    /// Who was at the far end of that call comes over.
    fn take_over(&mut self, side: Side, far_end: FarEnd, from: CallId, turn: &mut Turn<'_>) {
        if let Stage::Up(up) = &mut self.stage {
            up.joining = None;
        }
        match far_end {
            FarEnd::Leg(newcomer) => {
                self.take_place(side, *newcomer, Some(from), turn);
                self.tell_transferred(turn);
            }
            FarEnd::Phones(hunt) => self.take_over_phones(side, *hunt, turn),
        }
    }
}

impl Bridge {
    /// Brings calls together whose phones have asked for it.
    pub(in super::super) fn join_calls(&mut self, mut world: World<'_>) {
        while let Some(call) = self.desk.joins.pop() {
            self.join_call(call, world.again());
        }
    }

    fn join_call(&mut self, id: CallId, mut world: World<'_>) {
        let Some(call) = self.calls.get(&id) else { return };
        let Some((side, named, owner)) = call.wanted() else { return };
        let is_idle = call.is_idle();
        let other = self.named_call(&named);
        self.tell_asked(id, &owner, other, world.again());
        let outcome = match other {
            None => Err(gone().into()),
            Some(other) if other == id => Err(forbidden("That Is This Call").into()),
            Some(_) if !is_idle => Err(Obstacle::Busy),
            Some(other) => self.bring_over(id, side, other, (&named, &owner), world.again()),
        };
        if let Err(obstacle) = outcome {
            self.with(id, world, |call, turn| call.meet(obstacle, turn));
        }
    }

    /// The call with a dialog of ours that a phone names; some phones take the two tags for each other.
    pub(in super::super) fn named_call(&self, named: &Named) -> Option<CallId> {
        self.desk.call_with(&named.our_tag).or_else(|| self.desk.call_with(&named.phone_tag))
    }

    /// Records the wish, once.
    fn tell_asked(&mut self, id: CallId, referrer: &Extension, other: Option<CallId>, world: World<'_>) {
        let far = other.and_then(|other| self.calls.get(&other)).map(|other| other.far_from(referrer));
        let Some(Stage::Up(up)) = self.calls.get_mut(&id).map(|call| &mut call.stage) else { return };
        let Some(joining) = up.joining.as_mut().filter(|joining| !joining.is_told) else { return };
        joining.is_told = true;
        let (by, kind) = (joining.side, TransferKind::Attended(other));
        let asked = Asked { by, referrer: referrer.clone(), to: far.unwrap_or_default(), kind };
        Turn::new(id, &mut self.desk, world).tell(CallEvent::Transfer(Box::new(asked)));
    }

    /// Takes the far end out of the other call, puts it into this one, and ends the other.
    fn bring_over(
        &mut self,
        id: CallId,
        side: Side,
        other_id: CallId,
        (named, owner): (&Named, &Extension),
        mut world: World<'_>,
    ) -> Result<(), Obstacle> {
        let other = self.calls.get_mut(&other_id).ok_or_else(gone)?;
        let near = other.near_end(named, owner)?;
        let far_end = other.give_far_end(near, id, &mut Turn::new(other_id, &mut self.desk, world.again()))?;
        self.with(id, world.again(), |call, turn| call.take_over(side, far_end, other_id, turn));
        self.with(other_id, world, |other, turn| other.end_without_far_end(near, id, turn));
        Ok(())
    }
}
