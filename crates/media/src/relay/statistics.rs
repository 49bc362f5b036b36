//! What is counted of a leg: dropped packets by reason, and the sums for the call record.

use std::time::Duration;

use super::fax::FaxCount;
use crate::latch::{STRAYS_KEPT, Stray};
use crate::quality::{Impairment, Measured, Quality};
use crate::receiver::Reception;
use crate::rtcp::ReportBlock;

/// Why a packet goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// STUN, DTLS or nothing known.
    NotRtp,
    /// RTP, RTCP or fax whose lengths do not fit.
    Malformed,
    /// From somebody else than the peer.
    Stray,
    /// It may be the peer's first one.
    Learning,
    /// A payload type that was not negotiated, or that the other leg cannot take; sound where fax is carried on either leg,
    /// or fax where only this one does.
    PayloadType,
    /// Seen before.
    Duplicate,
    /// Too late to be numbered.
    Late,
    /// Far from the stream's other packets.
    Jump,
    /// Its SDP says that it does not send.
    NotSending,
    /// The other leg's SDP says that it does not receive.
    NotReceiving,
    /// The other leg has no address yet.
    NoDestination,
    /// Comfort noise, which the other leg does not know or is told as a pause.
    Noise,
    /// The other leg listens to a tone.
    Playing,
    /// A digit that the other leg is told in another way.
    Digit,
    /// Not encrypted with the key that was agreed on.
    Forged,
    /// Encrypted, and has come before.
    Replayed,
    /// It cannot be encrypted for the other leg, and does not leave plain: there is no room for the tag, or its number
    /// was used.
    NotEncrypted,
}

const REASONS: usize = DropReason::NotEncrypted as usize + 1;

/// Dropped packets by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    counts: [u64; REASONS],
}

impl Drops {
    /// How many were dropped for this reason.
    #[must_use]
    pub fn of(&self, reason: DropReason) -> u64 {
        self.counts.get(reason as usize).copied().unwrap_or(0)
    }

    /// How many were dropped.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn add(&mut self, other: &Self) {
        self.counts.iter_mut().zip(other.counts).for_each(|(count, more)| *count += more);
    }

    pub(super) fn count(&mut self, reason: DropReason) {
        if let Some(count) = self.counts.get_mut(reason as usize) {
            *count += 1;
        }
    }
}

/// One leg: what came from it, what went to it.
#[derive(Clone, Debug, PartialEq)]
pub struct LegStatistics {
    /// What came from it.
    pub received: Reception,
    /// Packets sent to it.
    pub sent_packets: u64,
    /// Bytes of their payloads.
    pub sent_bytes: u64,
    /// To it and back, by its last report.
    pub round_trip: Option<Duration>,
    /// What it said last about our stream: loss and jitter in that direction.
    pub reported: Option<ReportBlock>,
    /// How it is heard; `None` until a second was heard, and for a codec that has no rating.
    pub quality: Option<Quality>,
    /// The last payload type that came from it, telephone events apart.
    pub payload_type: Option<u8>,
    /// Packets from it that went no further.
    pub drops: Drops,
    /// Datagrams of fax, which are counted nowhere else.
    pub fax: FaxCount,
    /// RTCP compounds taken from it.
    pub reports: u64,
    /// Who else has sent to its port, the last few.
    pub strays: Vec<Stray>,
}

impl LegStatistics {
    /// Counts in those of the leg that was in its place before. What is about the codec of the last packet, and about
    /// jitter at present, stays its own.
    pub(super) fn following(mut self, before: Option<Self>) -> Self {
        let Some(before) = before else { return self };
        let heard = [before.received.expected, self.received.expected];
        self.quality = combined([before.quality, self.quality], heard);
        self.received.add(&before.received);
        self.sent_packets += before.sent_packets;
        self.sent_bytes += before.sent_bytes;
        self.round_trip = self.round_trip.or(before.round_trip);
        self.reported = self.reported.or(before.reported);
        self.drops.add(&before.drops);
        self.fax.add(before.fax);
        self.reports += before.reports;
        self.strays.extend(before.strays);
        self.strays.truncate(STRAYS_KEPT);
        self
    }
}

/// One score for two legs that were heard one after the other: the mean, weighted by how long each was heard.
#[expect(clippy::cast_precision_loss, reason = "a ratio")]
fn combined([first, second]: [Option<Quality>; 2], [for_first, for_second]: [u64; 2]) -> Option<Quality> {
    let (Some(one), Some(other)) = (first, second) else { return first.or(second) };
    let share = for_first as f64 / (for_first + for_second).max(1) as f64;
    let mean = |one: f64, other: f64| one * share + other * (1.0 - share);
    Some(Quality { rating: mean(one.rating, other.rating), mos: mean(one.mos, other.mos) })
}

/// From this many packets on there is a score: a second of the usual ones.
const MEASURED_FROM: u64 = 50;
/// A packet must be complete before it is sent.
const PACKET_TIME: Duration = Duration::from_millis(20);

/// The score of what was received. The delay is half the round trip (as far as it is known), one packet, and a jitter
/// buffer of twice the jitter.
#[expect(clippy::cast_precision_loss, reason = "a ratio")]
pub(super) fn quality(
    reception: &Reception,
    round_trip: Option<Duration>,
    codec: Option<Impairment>,
) -> Option<Quality> {
    let codec = codec.filter(|_| reception.expected >= MEASURED_FROM)?;
    let loss = reception.lost as f64 / reception.expected as f64;
    let delay = round_trip.unwrap_or_default() / 2 + PACKET_TIME + 2 * reception.jitter;
    Some(Quality::of(Measured { loss, delay }, codec))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_score_before_something_was_measured() {
        let reception = |expected| Reception { expected, lost: 10, ..Reception::default() };
        let g711 = Some(Impairment::G711);
        assert_eq!(quality(&Reception::default(), None, g711), None);
        assert_eq!(quality(&reception(49), None, g711), None);
        assert_eq!(quality(&reception(500), None, None), None);
        let good = quality(&reception(500), None, g711).unwrap();
        let far = quality(&reception(500), Some(Duration::from_millis(800)), g711).unwrap();
        assert!(good.mos > 4.0 && far.mos < good.mos, "{good:?} {far:?}");
    }

    #[test]
    fn the_score_of_two_legs_is_nearer_to_the_one_that_was_heard_longer() {
        let score = |rating, mos| Some(Quality { rating, mos });
        assert_eq!(combined([score(80.0, 4.0), score(40.0, 2.0)], [300, 100]), score(70.0, 3.5));
        assert_eq!(combined([score(80.0, 4.0), None], [300, 100]), score(80.0, 4.0));
        assert_eq!(combined([None, None], [0, 0]), None);
    }

    #[test]
    fn each_reason_is_counted_apart() {
        let mut drops = Drops::default();
        drops.count(DropReason::Playing);
        drops.count(DropReason::NotRtp);
        drops.count(DropReason::NotRtp);
        assert_eq!((drops.of(DropReason::NotRtp), drops.of(DropReason::Playing), drops.total()), (2, 1, 3));
    }
}
