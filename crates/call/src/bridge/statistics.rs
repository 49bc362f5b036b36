//! What the media threads have measured, as the record keeps it.

use warden_media::relay::LegStatistics;

use super::call::{Call, Media};
use super::leg::Leg;
use super::setup::codec_name;
use super::turn::Turn;
use crate::call_event::{CallEvent, Cause, Ender, Ending, Measurement};

impl Call {
    /// The media session has ended.
    pub(super) fn handle_closed(&mut self, statistics: &[LegStatistics; 2], turn: &mut Turn<'_>) {
        if !matches!(self.media, Media::Closing) {
            // The media threads could not keep it; without sound the call is of no use.
            self.media = Media::Closed;
            return self.tear_down(None, Ending { by: Ender::System, cause: Cause::NoPorts, status: None }, turn);
        }
        self.media = Media::Closed;
        let [a, b] = statistics;
        let measured = [measurement(Some(&self.a), a), measurement(self.b.as_ref(), b)];
        turn.tell(CallEvent::Measured(Box::new(measured)));
    }
}

fn measurement(leg: Option<&Leg>, statistics: &LegStatistics) -> Measurement {
    let negotiated = leg.and_then(|leg| leg.session.negotiated());
    let codec = negotiated.zip(statistics.payload_type).and_then(|(negotiated, number)| codec_name(negotiated, number));
    Measurement {
        codec,
        packets: statistics.received.packets,
        lost: statistics.received.lost,
        worst_jitter: statistics.received.worst_jitter,
        round_trip: statistics.round_trip,
        mos: statistics.quality.map(|quality| quality.mos),
    }
}
