//! A transfer to a number: the dialplan decides as if the referrer had dialled it, and its phones ring for the other party.

use warden_media::relay::Side;
use warden_sip::status::Status;

use super::super::call::{Call, Stage};
use super::super::dial::shown;
use super::super::hunt::Hunt;
use super::super::refusal::Refusal;
use super::super::turn::{Timer, Turn};
use super::Transfer;
use crate::call_event::{CallEvent, Cause, Destination, Transfer as Asked, TransferKind};
use crate::directory::Extension;

impl Call {
    pub(super) fn transfer_blindly(&mut self, side: Side, number: &str, max_forwards: u8, turn: &mut Turn<'_>) {
        let Some(referrer) = self.leg(side).map(|leg| leg.owner.clone()) else { return };
        let (to, kind) = (shown(number.as_bytes()), TransferKind::Blind);
        turn.tell(CallEvent::Transfer(Box::new(Asked { by: side, referrer: referrer.clone(), to, kind })));
        let destination = turn.route(number);
        match self.ring_target(side, &referrer, &destination, max_forwards, turn) {
            Ok(hunt) => self.begin_ringing(side, hunt, false, turn),
            Err(refusal) => self.refuse_transfer(side, refusal, turn),
        }
    }

    /// Rings the phones of a number for who is left.
    fn ring_target(
        &mut self,
        side: Side,
        referrer: &Extension,
        destination: &Destination,
        max_forwards: u8,
        turn: &mut Turn<'_>,
    ) -> Result<Hunt, Refusal> {
        let forbidden = |reason| Refusal::new(Status::FORBIDDEN, reason, Cause::Rejected);
        let target = Refusal::or_extension(destination)?;
        let Some((own, other)) = self.pair(side) else { return Err(Refusal::NOT_REGISTERED) };
        if target == referrer {
            return Err(forbidden("That Is Your Own Number"));
        }
        if *target == other.owner {
            return Err(forbidden("Already In This Call"));
        }
        let mut hunt = Hunt::new(other.owner.clone(), other.is_private, max_forwards);
        hunt.calls_for(other, Some(own));
        hunt.call_all(other, target, turn)?;
        Ok(hunt)
    }

    /// Phones ring in place of that of `side`; the other party hears it.
    pub(super) fn begin_ringing(&mut self, side: Side, hunt: Hunt, is_calling_back: bool, turn: &mut Turn<'_>) {
        let limit = Some(turn.wait(turn.directory.calls.ring_for, Timer::Transfer));
        let transfer = Transfer { side, hunt, limit, newcomer: None, heard: None, is_calling_back };
        if let Stage::Up(up) = &mut self.stage {
            up.transfer = Some(Box::new(transfer));
        }
        self.unsettle([side.other()], turn);
    }
}
