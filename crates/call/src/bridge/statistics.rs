//! What the media threads have measured, as the record keeps it.

use warden_media::relay::LegStatistics;

use super::call::{Call, Media, Stage};
use super::fax;
use super::leg::Leg;
use super::refusal::Refusal;
use super::setup::codec_name;
use super::turn::Turn;
use crate::call_event::{CallEvent, Cause, Ender, Ending, Measurement};

impl Call {
    /// The media session has ended.
    pub(super) fn handle_closed(&mut self, statistics: &[LegStatistics; 2], turn: &mut Turn<'_>) {
        let Some(tags) = self.media.tags() else { return };
        if !matches!(std::mem::replace(&mut self.media, Media::Closed(tags)), Media::Closing(_)) {
            // The media threads could not keep it; without sound the call is of no use.
            return match self.stage {
                Stage::Ringing(_) => self.give_up(Refusal::NO_PORTS.reply(), Refusal::NO_PORTS.ending(), turn),
                Stage::Up(_) | Stage::Over => {
                    let ending = Ending { by: Ender::System, cause: Cause::NoPorts, status: None };
                    self.tear_down(None, ending, turn);
                }
            };
        }
        let [a, b] = statistics;
        let measured = [measurement(Some(&self.a), a), measurement(self.b.as_ref(), b)];
        turn.tell(CallEvent::Measured(Box::new(measured)));
    }
}

fn measurement(leg: Option<&Leg>, statistics: &LegStatistics) -> Measurement {
    let negotiated = leg.and_then(|leg| leg.session.negotiated());
    let sound = negotiated.zip(statistics.payload_type);
    let codec = fax::name(negotiated, statistics)
        .or_else(|| sound.and_then(|(negotiated, number)| codec_name(negotiated, number)));
    Measurement {
        codec,
        packets: statistics.received.packets + statistics.fax.received,
        lost: statistics.received.lost,
        worst_jitter: statistics.received.worst_jitter,
        round_trip: statistics.round_trip,
        mos: statistics.quality.map(|quality| quality.mos),
    }
}
