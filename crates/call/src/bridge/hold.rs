//! Who has put the other party on hold, and what a phone is told of it.

use warden_media::relay::Side;
use warden_sdp::{Direction, LocalMedia};

use super::call::Call;
use super::leg::Leg;
use super::turn::Turn;
use crate::call_event::CallEvent;
use crate::directory::Directory;

impl Call {
    /// The phone of this side has said what it wants: who does not want to hear has put the other one on hold.
    pub(super) fn note_hold(&mut self, by: Side, turn: &mut Turn<'_>) {
        let Some(leg) = self.leg(by) else { return };
        let Some(negotiated) = leg.session.negotiated() else { return };
        let holds = !negotiated.direction.sends();
        if std::mem::replace(&mut leg.holds, holds) != holds {
            turn.tell(if holds { CallEvent::Held { by } } else { CallEvent::Resumed { by } });
        }
    }
}

/// The direction that the partner of `holder` is told, where it would be `direction`: who is held by a phone that neither
/// sends nor listens is to listen all the same, to music.
pub(super) fn with_music(direction: Direction, holder: &Leg, directory: &Directory) -> Direction {
    match direction {
        Direction::Inactive if directory.music.of(&holder.owner).is_some() => Direction::SendOnly,
        Direction::SendRecv | Direction::SendOnly | Direction::RecvOnly | Direction::Inactive => direction,
    }
}

/// The same for what the partner of `holder` is offered or answered. In a fax there is no music, and so nothing to listen to.
pub(super) fn add_music(local: &mut LocalMedia, holder: &Leg, directory: &Directory) {
    if local.fax.is_none() {
        local.direction = with_music(local.direction, holder, directory);
    }
}
