//! A phone that rings for a transfer and sends sound before it is answered: who waits hears that instead of ring-back.
//!
//! It takes the referrer's place in the media session, and the referrer's ports are kept for it: its phone was told of
//! them, and when nobody takes the call it is to be heard there again.

use warden_media::relay::{LegSetup, Side};
use warden_sdp::Negotiated;
use warden_sip::endpoint::ClientId;
use warden_sip::status::Status;

use super::super::call::Call;
use super::super::digits::{DigitTerms, digit_setup};
use super::super::leg::Fork;
use super::super::setup::{can_join, latch_mode, setup};
use super::super::turn::Turn;
use crate::directory::Extension;
use crate::media::{LegOpening, PortPair};

/// Who is heard. What a phone sends that has refused meanwhile is not missed, but stays until another one is heard.
#[derive(Clone)]
pub(super) struct Heard {
    tag: u64,
    ports: PortPair,
    owner: Extension,
    agreed: Negotiated,
}

impl Heard {
    /// What a phone sends that says `status`. A phone that rings may describe its sound, and sends none for all that; one
    /// that has been told of other ports than it has now is not heard there.
    fn of(fork: &Fork, status: Status) -> Option<Self> {
        let agreed = fork.session.negotiated().filter(|agreed| agreed.direction.receives())?;
        let is_sound = status != Status::RINGING && !fork.has_moved;
        is_sound.then(|| Self {
            tag: fork.tag,
            ports: fork.ports,
            owner: fork.extension.clone(),
            agreed: agreed.clone(),
        })
    }
}

impl Call {
    /// A phone that rings for the transfer has said something: when it sends sound, and no other does, it is heard.
    pub(super) fn hear_target(&mut self, client: ClientId, status: Status, turn: &mut Turn<'_>) {
        let Some(transfer) = self.transfer() else { return };
        let (side, forks) = (transfer.side, &transfer.hunt.forks);
        let Some(next) = forks.iter().find(|fork| fork.client == client).and_then(|fork| Heard::of(fork, status))
        else {
            return;
        };
        let before = transfer.heard.as_ref().map(|heard| heard.tag);
        let rings = |tag: u64| forks.iter().any(|fork| fork.tag == tag);
        // What one phone says again changes nothing: it may say so without end.
        if before.is_some_and(|tag| tag == next.tag || rings(tag)) {
            return;
        }
        let Some((own, waiting)) = self.pair(side) else { return };
        if !waiting.session.negotiated().is_some_and(|agreed| can_join(&next.agreed, agreed)) {
            return;
        }
        let (tag, ports) = (own.tag, own.ports);
        if before.is_none() && self.media.has(tag) {
            turn.desk.ports.keep(ports);
        }
        if let Some(transfer) = self.transfer() {
            transfer.heard = Some(Box::new(next));
        }
        self.connect(turn);
    }

    /// Joins who waits with the phone that is heard. False when there is none.
    pub(in super::super) fn connect_heard(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(transfer) = self.transfer() else { return false };
        let (side, Some(heard)) = (transfer.side, transfer.heard.clone()) else { return false };
        let Heard { tag, ports, owner, agreed } = *heard;
        let Some(waiting) = self.leg(side.other()) else { return true };
        let terms = DigitTerms::of(&owner, turn.directory);
        let for_waiting = waiting.setup((&agreed, terms), turn.directory, true);
        let of_digits = waiting.digit_terms(turn.directory);
        let (Some(for_waiting), Some(of_waiting)) = (for_waiting, waiting.session.negotiated()) else { return true };
        let for_heard = setup(&agreed, of_waiting, None, latch_mode(&owner, turn.directory), false);
        let digits = digit_setup((&agreed, terms), (of_waiting, of_digits), turn.directory).without_listening();
        let for_heard = LegSetup { digits, ..for_heard };
        let its = (LegOpening { ports, setup: for_heard }, tag);
        let other = (LegOpening { ports: waiting.ports, setup: for_waiting }, waiting.tag);
        let [a, b] = match side {
            Side::A => [its, other],
            Side::B => [other, its],
        };
        self.media.connect(Box::new([a.0, b.0]), [a.1, b.1], turn);
        true
    }

    /// Nobody takes the call: who is at `side` is heard again, at the ports that its phone knows if they are back already.
    /// False when there are none, and the call is of no use.
    pub(super) fn hear_referrer(&mut self, side: Side, turn: &mut Turn<'_>) -> bool {
        let Some(own) = self.leg(side) else { return false };
        if !turn.desk.ports.resume(own.ports) {
            let Some(ports) = turn.take_ports(own.flow.local.ip()) else { return false };
            turn.put_back(std::mem::replace(&mut own.ports, ports));
            own.has_moved = true;
        }
        self.connect(turn);
        true
    }
}
