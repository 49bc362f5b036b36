//! The stream that we send to one leg: one SSRC for good, and no break in its numbers whatever it is made of.

use std::time::{Duration, Instant};

use crate::dtmf::{EventOut, EventPayload};
use crate::rtcp::{NtpTime, SenderInfo};
use crate::rtp::Fields;
use crate::ticks::{low16, low32, ticks};

/// Where packets come from; another origin begins a new run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The other leg's stream, by the receiver's epoch.
    Peer(u64),
    /// What we say ourselves, by its run.
    Voice(u64),
    /// What many hear, by its channel.
    Station(u64),
}

/// A packet to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) origin: Origin,
    pub(super) clock_rate_hz: u32,
    pub(super) extended: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) payload_type: u8,
    pub(super) payload_len: usize,
    /// Its timestamp is that of its beginning.
    pub(super) is_event: bool,
}

/// Packets of one origin keep their distances: the same is added to each.
#[derive(Clone, Copy, Debug)]
struct Run {
    origin: Origin,
    clock_rate_hz: u32,
    sequence_offset: u16,
    timestamp_offset: u32,
    /// Packets before this one have another offset, and would meet others under the same number.
    since: u64,
    /// Something was left out: the next packet begins after silence.
    mark: bool,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    at: Instant,
    timestamp: u32,
    clock_rate_hz: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) ssrc: u32,
    /// The newest one sent.
    sequence: u16,
    first_timestamp: u32,
    run: Option<Run>,
    sent: Option<Sent>,
    /// The timestamp of the last event of our own, and when it was.
    event: Option<(u32, Instant)>,
    pub(super) packets: u64,
    pub(super) bytes: u64,
}

/// What a stream goes on by when nothing says how much time has passed.
const FRAME: Duration = Duration::from_millis(20);

impl Outgoing {
    pub(super) fn new(ssrc: u32, sequence: u16, timestamp: u32) -> Self {
        Self { ssrc, sequence, first_timestamp: timestamp, run: None, sent: None, event: None, packets: 0, bytes: 0 }
    }

    /// What comes next is another stream, even if it looks like the one before.
    pub(super) fn interrupt(&mut self) {
        self.run = None;
    }

    /// The header for a packet, which is then as good as sent; `None` when it comes too late to be numbered.
    #[inline]
    pub(super) fn stamp(&mut self, item: &Item, now: Instant) -> Option<Fields> {
        let same = |run: &Run| run.origin == item.origin && run.clock_rate_hz == item.clock_rate_hz;
        let mut run = match self.run {
            Some(run) if same(&run) => run,
            Some(_) | None => self.begin(item, now),
        };
        if item.extended < run.since {
            return None;
        }
        let sequence = low16(item.extended).wrapping_add(run.sequence_offset);
        let timestamp = item.timestamp.wrapping_add(run.timestamp_offset);
        let marker = item.marker || run.mark;
        run.mark = false;
        self.run = Some(run);
        self.count(item, sequence, timestamp, now);
        Some(Fields { marker, payload_type: item.payload_type, sequence, timestamp, ssrc: self.ssrc })
    }

    /// A new run goes on where the last one ended, after the time that has passed.
    fn begin(&self, item: &Item, now: Instant) -> Run {
        let next = self.next_timestamp(item.clock_rate_hz, now);
        Run {
            origin: item.origin,
            clock_rate_hz: item.clock_rate_hz,
            sequence_offset: self.sequence.wrapping_add(1).wrapping_sub(low16(item.extended)),
            timestamp_offset: next.wrapping_sub(item.timestamp),
            since: item.extended,
            mark: true,
        }
    }

    fn next_timestamp(&self, clock_rate_hz: u32, now: Instant) -> u32 {
        self.sent.map_or(self.first_timestamp, |sent| {
            let elapsed = now.saturating_duration_since(sent.at).max(FRAME);
            sent.timestamp.wrapping_add(ticks(elapsed, clock_rate_hz))
        })
    }

    /// The header for a packet of an event that we say ourselves. Its packets keep the timestamp of its beginning, and
    /// what comes after it the time that has passed since.
    pub(super) fn stamp_event(&mut self, out: &EventOut, payload_type: u8, clock_rate_hz: u32, now: Instant) -> Fields {
        let (began, at) = match self.event {
            Some(event) if !out.marker => event,
            Some(_) | None => (self.next_timestamp(clock_rate_hz, now), now),
        };
        (self.event, self.run) = (Some((began, at)), None);
        self.sequence = self.sequence.wrapping_add(1);
        let passed = ticks(now.saturating_duration_since(at), clock_rate_hz);
        self.note_sent(Sent { at: now, timestamp: began.wrapping_add(passed), clock_rate_hz }, true);
        self.packets += 1;
        self.bytes += EventPayload::LEN as u64;
        let timestamp = began.wrapping_add(low32(out.ahead));
        Fields { marker: out.marker, payload_type, sequence: self.sequence, timestamp, ssrc: self.ssrc }
    }

    fn count(&mut self, item: &Item, sequence: u16, timestamp: u32, now: Instant) {
        if sequence.wrapping_sub(self.sequence) < 1 << 15 {
            self.sequence = sequence;
            self.note_sent(Sent { at: now, timestamp, clock_rate_hz: item.clock_rate_hz }, item.is_event);
        }
        self.packets += 1;
        self.bytes += item.payload_len as u64;
    }

    /// What follows goes on from there. The time of sound is counted by its own clock, whatever that of events between it.
    fn note_sent(&mut self, sent: Sent, is_event: bool) {
        let is_apart = |before: &Sent| is_event && before.clock_rate_hz != sent.clock_rate_hz;
        self.sent = Some(self.sent.filter(is_apart).unwrap_or(sent));
    }

    /// The newest packet of `origin` is not sent. What follows closes up to what was sent last, so that neither this
    /// packet nor those that were lost during a hold look lost.
    pub(super) fn withhold(&mut self, origin: Origin, extended: u64) {
        if let Some(run) = self.run.as_mut().filter(|run| run.origin == origin && run.since <= extended) {
            run.sequence_offset = self.sequence.wrapping_sub(low16(extended));
            (run.since, run.mark) = (extended + 1, true);
        }
    }

    /// What a sender report says; `None` unless something was sent since `since`.
    pub(super) fn sender_info(&self, since: Instant, now: Instant, ntp: NtpTime) -> Option<SenderInfo> {
        let sent = self.sent.filter(|sent| sent.at >= since)?;
        let elapsed = ticks(now.saturating_duration_since(sent.at), sent.clock_rate_hz);
        Some(SenderInfo {
            ntp,
            timestamp: sent.timestamp.wrapping_add(elapsed),
            packets: low32(self.packets),
            octets: low32(self.bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start::start;

    fn item(origin: Origin, extended: u64, timestamp: u32) -> Item {
        let (marker, payload_type) = (false, 0);
        Item {
            origin,
            clock_rate_hz: 8000,
            extended,
            timestamp,
            marker,
            payload_type,
            payload_len: 160,
            is_event: false,
        }
    }

    fn sent(out: &mut Outgoing, item: &Item, now: Instant) -> Option<(u16, u32, bool)> {
        out.stamp(item, now).map(|fields| (fields.sequence, fields.timestamp, fields.marker))
    }

    const ONE: Origin = Origin::Peer(1);
    const TWO: Origin = Origin::Voice(2);

    #[test]
    fn another_origin_goes_on_where_the_last_one_ended() {
        let (start, mut out) = (start(), Outgoing::new(7, 65_534, 1000));
        assert_eq!(sent(&mut out, &item(ONE, 70_000, 50), start), Some((65_535, 1000, true)));
        assert_eq!(sent(&mut out, &item(ONE, 70_001, 210), start), Some((0, 1160, false)));
        let later = start + Duration::from_secs(1);
        assert_eq!(sent(&mut out, &item(TWO, 66_000, 9), later), Some((1, 9160, true)));
        assert_eq!(sent(&mut out, &item(TWO, 66_001, 169), later), Some((2, 9320, false)));
        out.interrupt();
        assert_eq!(sent(&mut out, &item(TWO, 66_002, 329), later), Some((3, 9480, true)), "a frame later at least");
    }

    #[test]
    fn sound_after_an_event_of_another_clock_goes_on_by_its_own() {
        let (start, mut out) = (start(), Outgoing::new(7, 0, 1000));
        let sound = |extended: u64, timestamp| Item { clock_rate_hz: 48_000, ..item(ONE, extended, timestamp) };
        sent(&mut out, &sound(1, 0), start);
        for at_ms in [20, 40, 60, 80, 100] {
            let event = Item { is_event: true, ..item(ONE, 1 + at_ms / 20, 0) };
            sent(&mut out, &event, start + Duration::from_millis(at_ms));
        }
        let after = start + Duration::from_millis(120);
        assert_eq!(sent(&mut out, &sound(7, 5760), after), Some((7, 1000 + 5760, true)));
    }

    #[test]
    fn lost_and_overtaken_packets_stay_so() {
        let (now, mut out) = (start(), Outgoing::new(7, 0, 0));
        let order = [70_000, 70_003, 70_001].map(|extended| sent(&mut out, &item(ONE, extended, 0), now).unwrap().0);
        assert_eq!(order, [1, 4, 2]);
        assert_eq!(sent(&mut out, &item(ONE, 69_999, 0), now), None, "its number belongs to what was sent before");
    }

    #[test]
    fn what_is_withheld_leaves_no_gap_and_nothing_is_numbered_twice() {
        let (now, mut out) = (start(), Outgoing::new(7, 0, 0));
        sent(&mut out, &item(ONE, 70_000, 0), now);
        out.withhold(ONE, 70_002);
        out.withhold(TWO, 70_003);
        assert_eq!(sent(&mut out, &item(ONE, 70_001, 0), now), None, "overtaken by what was withheld");
        assert_eq!(sent(&mut out, &item(ONE, 70_003, 480), now), Some((2, 480, true)));
    }

    #[test]
    fn a_sender_report_carries_the_timestamp_of_its_moment() {
        let (start, mut out) = (start(), Outgoing::new(7, 0, 1000));
        assert_eq!(out.sender_info(start, start, NtpTime(1)), None);
        sent(&mut out, &item(ONE, 70_000, 0), start);
        let now = start + Duration::from_millis(500);
        let info = out.sender_info(start, now, NtpTime(1)).unwrap();
        assert_eq!((info.timestamp, info.packets, info.octets), (5000, 1, 160));
        assert_eq!(out.sender_info(now, now, NtpTime(1)), None);
    }
}
