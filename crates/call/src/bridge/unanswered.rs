//! INVITEs of ours within a call that a phone does not answer: given up in time, and followed to their end when the call
//! is over before.

use std::time::Duration;

use warden_media::relay::Side;
use warden_sip::endpoint::ClientId;
use warden_sip::message::Message;
use warden_sip::status::Status;

use super::call::{Call, Stage, Up};
use super::reoffer::Exchange;
use super::turn::{Timer, Turn};

/// How long a phone may think about a change; who asked by UPDATE waits no longer than 32 s (RFC 3311 §5.2).
pub(super) const THINK: Duration = Duration::from_secs(25);

/// An INVITE within a call that is over.
pub(super) struct Left {
    pub(super) client: ClientId,
    pub(super) side: Side,
}

impl Up {
    /// A phone has been asked and may think for a while.
    pub(super) fn begin(&mut self, exchange: Exchange, turn: &mut Turn<'_>) {
        turn.stop_waiting(&mut self.limit);
        self.exchange = exchange;
        self.limit = Some(turn.wait(THINK, Timer::Change));
    }

    /// Nothing is under way any more; what was.
    pub(super) fn finish(&mut self, turn: &mut Turn<'_>) -> Exchange {
        turn.stop_waiting(&mut self.limit);
        std::mem::take(&mut self.exchange)
    }
}

impl Call {
    /// The phone has thought long enough. What it answers to the CANCEL is passed on like any refusal.
    pub(super) fn give_up_change(&mut self, turn: &mut Turn<'_>) {
        let Stage::Up(up) = &mut self.stage else { return };
        up.limit = None;
        if let Some(asked) = up.exchange.asked() {
            turn.cancel(asked, None);
        }
    }

    /// The call ends while a phone thinks about our INVITE: it is to stop, and if it has just agreed, it is acknowledged.
    pub(super) fn leave(&mut self, client: ClientId, side: Side, turn: &mut Turn<'_>) {
        turn.cancel(client, None);
        self.left.push(Left { client, side });
    }

    /// The last word of a phone to an INVITE that was left; its BYE is on the way already.
    pub(super) fn handle_left(&mut self, client: ClientId, response: Option<&Message>, turn: &mut Turn<'_>) {
        let status = response.and_then(Message::status);
        let Some(index) = self.left.iter().position(|left| left.client == client) else { return };
        if status.is_some_and(Status::is_provisional) {
            return;
        }
        let Left { side, .. } = self.left.remove(index);
        turn.desk.by_client.remove(&client);
        if let Some(response) = response.filter(|_| status.is_some_and(Status::is_success))
            && let Some(leg) = self.leg(side)
        {
            let (ack, flow) = (leg.dialog.ack(response.sequence()), leg.flow);
            turn.acknowledge(client, response.to_tag().unwrap_or_default(), ack, flow);
        }
    }
}
