//! What is received of one leg's stream: order, loss, duplicates, jitter (RFC 3550 A.1, A.3, A.8), across restarts.

mod source;

use std::time::{Duration, Instant};

use crate::rtcp::{NtpTime, ReportBlock};
use crate::rtp::RtpHeader;
use crate::ticks::{span, ticks};
use source::{Placement, Source};

/// How a packet stands to those before it. `extended` is its sequence number continued beyond 16 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Newer than all before.
    Newest {
        /// The sequence number without wrapping.
        extended: u64,
    },
    /// Overtaken by others, but not seen before.
    Late {
        /// The sequence number without wrapping.
        extended: u64,
    },
    /// The first one of a new stream: another SSRC, or a jump that a second packet confirmed.
    Restarted {
        /// The sequence number without wrapping.
        extended: u64,
    },
    /// Seen before.
    Duplicate,
    /// Far from all before; a stray packet, unless the next one follows it.
    Jump,
}

/// Whether a packet's arrival says something about jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Its timestamp is when it was sampled.
    Sampled,
    /// It is not: the packets of a telephone event share the time of its beginning (RFC 4733 §2.2.1).
    Event,
}

/// Counts one leg's stream. Constant in size.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    source: Option<Source>,
    /// Increases with every restart.
    epoch: u64,
    origin: Option<Instant>,
    clock_rate_hz: u32,
    packets: u64,
    bytes: u64,
    duplicates: u64,
    late: u64,
    jumps: u64,
    /// Of streams that have ended.
    past_expected: u64,
    past_received: u64,
    worst_jitter: Duration,
}

/// What a leg has received so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reception {
    /// Packets taken, duplicates and jumps not counted.
    pub packets: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// How many there should be by the sequence numbers.
    pub expected: u64,
    /// Expected and not received.
    pub lost: u64,
    /// Received more than once.
    pub duplicates: u64,
    /// Overtaken by others.
    pub late: u64,
    /// Far from the others, and dropped.
    pub jumps: u64,
    /// How often another stream began in place of the one before.
    pub restarts: u64,
    /// Interarrival jitter at present.
    pub jitter: Duration,
    /// The largest it has been.
    pub worst_jitter: Duration,
}

impl Reception {
    /// Counts in what was received elsewhere before; the jitter at present stays.
    pub(crate) fn add(&mut self, before: &Self) {
        self.packets += before.packets;
        self.bytes += before.bytes;
        self.expected += before.expected;
        self.lost += before.lost;
        self.duplicates += before.duplicates;
        self.late += before.late;
        self.jumps += before.jumps;
        self.restarts += before.restarts;
        self.worst_jitter = self.worst_jitter.max(before.worst_jitter);
    }
}

impl Receiver {
    /// Nothing received yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a packet with `bytes` of payload. The rate is that of its payload type.
    pub fn receive(&mut self, header: &RtpHeader, clock_rate_hz: u32, timing: Timing, now: Instant) -> Arrival {
        let arrival = self.place(header);
        match arrival {
            Arrival::Duplicate => self.duplicates += 1,
            Arrival::Jump => self.jumps += 1,
            Arrival::Late { .. } => {
                self.late += 1;
                self.count(header);
            }
            Arrival::Newest { .. } | Arrival::Restarted { .. } => {
                self.count(header);
                if timing == Timing::Sampled {
                    self.measure_jitter(header.timestamp, clock_rate_hz, now);
                }
            }
        }
        arrival
    }

    fn place(&mut self, header: &RtpHeader) -> Arrival {
        let Some(source) = self.source.as_mut().filter(|source| source.ssrc == header.ssrc) else {
            return self.restart(header);
        };
        match source.place(header.sequence) {
            Placement::Newest(extended) => Arrival::Newest { extended },
            Placement::Late(extended) => Arrival::Late { extended },
            Placement::Duplicate => Arrival::Duplicate,
            Placement::Jump => Arrival::Jump,
            Placement::Restart => self.restart(header),
        }
    }

    fn restart(&mut self, header: &RtpHeader) -> Arrival {
        if let Some(ended) = self.source {
            self.past_expected += ended.expected();
            self.past_received += ended.received;
        }
        let source = Source::new(header.ssrc, header.sequence);
        self.source = Some(source);
        self.epoch += 1;
        Arrival::Restarted { extended: source.highest }
    }

    fn count(&mut self, header: &RtpHeader) {
        self.packets += 1;
        self.bytes += header.payload_len() as u64;
    }

    fn measure_jitter(&mut self, timestamp: u32, clock_rate_hz: u32, now: Instant) {
        let origin = *self.origin.get_or_insert(now);
        if self.clock_rate_hz != clock_rate_hz {
            self.clock_rate_hz = clock_rate_hz;
            self.source.iter_mut().for_each(Source::forget_timing);
        }
        let arrival = ticks(now.saturating_duration_since(origin), clock_rate_hz);
        if let Some(source) = &mut self.source {
            source.measure(arrival, timestamp, clock_rate_hz);
        }
        self.worst_jitter = self.worst_jitter.max(self.jitter());
    }

    /// Interarrival jitter.
    #[must_use]
    pub fn jitter(&self) -> Duration {
        span(self.source.map_or(0, |source| source.jitter()), self.clock_rate_hz)
    }

    /// A number that changes whenever the stream restarts.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Of the stream that was heard last.
    #[must_use]
    pub fn ssrc(&self) -> Option<u32> {
        self.source.as_ref().map(|source| source.ssrc)
    }

    /// A sender report came; the next report block answers it.
    pub fn note_sender_report(&mut self, ssrc: u32, ntp: NtpTime, now: Instant) {
        if let Some(source) = self.source.as_mut().filter(|source| source.ssrc == ssrc) {
            source.last_sr = Some((ntp.middle(), now));
        }
    }

    /// The block for the next report; it begins a new interval for the fraction lost. `None` before the first packet.
    pub fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        self.source.as_mut().map(|source| source.report(now))
    }

    /// Everything counted so far.
    #[must_use]
    pub fn reception(&self) -> Reception {
        let (expected, received) = self.source.map_or((0, 0), |source| (source.expected(), source.received));
        let expected = self.past_expected + expected;
        Reception {
            packets: self.packets,
            bytes: self.bytes,
            expected,
            lost: expected.saturating_sub(self.past_received + received),
            duplicates: self.duplicates,
            late: self.late,
            jumps: self.jumps,
            restarts: self.epoch.saturating_sub(1),
            jitter: self.jitter(),
            worst_jitter: self.worst_jitter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::Fields;
    use crate::start::start;

    fn header(ssrc: u32, sequence: u16, timestamp: u32) -> RtpHeader {
        let mut packet = [0; 172];
        Fields { marker: false, payload_type: 0, sequence, timestamp, ssrc }.write(&mut packet).unwrap();
        RtpHeader::parse(&packet).unwrap()
    }

    fn feed(receiver: &mut Receiver, start: Instant, sequences: &[u16]) -> Vec<Arrival> {
        let feed_one = |&sequence: &u16| receiver.receive(&header(1, sequence, 0), 8000, Timing::Event, start);
        sequences.iter().map(feed_one).collect()
    }

    #[test]
    fn a_gap_across_the_wrap_is_loss() {
        let (mut receiver, start) = (Receiver::new(), start());
        feed(&mut receiver, start, &[65_533, 65_534, 1, 2]);
        let reception = receiver.reception();
        assert_eq!((reception.expected, reception.packets, reception.lost), (6, 4, 2));
        assert_eq!(reception.bytes, 4 * 160);
        let block = receiver.report(start).unwrap();
        assert_eq!((block.lost, block.fraction_lost, block.highest), (2, 85, 0x1_0002));
    }

    #[test]
    fn the_fraction_lost_counts_from_the_last_report_only() {
        let (mut receiver, start) = (Receiver::new(), start());
        feed(&mut receiver, start, &[1, 3]);
        assert_eq!(receiver.report(start).unwrap().fraction_lost, 85);
        feed(&mut receiver, start, &[4, 5]);
        assert_eq!(receiver.report(start).unwrap().fraction_lost, 0);
        feed(&mut receiver, start, &[9]);
        let block = receiver.report(start).unwrap();
        assert_eq!((block.fraction_lost, block.lost), (192, 4));
        assert_eq!(receiver.report(start).unwrap().fraction_lost, 0, "nothing expected since");
    }

    #[test]
    fn overtaken_and_repeated_packets_are_told_apart_and_are_no_loss() {
        let (mut receiver, start) = (Receiver::new(), start());
        let arrivals = feed(&mut receiver, start, &[10, 12, 11, 12, 11, 9, 10]);
        let newest = |arrival: &Arrival| matches!(arrival, Arrival::Newest { .. } | Arrival::Restarted { .. });
        assert_eq!(arrivals.iter().map(newest).collect::<Vec<_>>(), [true, true, false, false, false, false, false]);
        let reception = receiver.reception();
        assert_eq!((reception.late, reception.duplicates, reception.lost), (2, 3, 0));
        assert_eq!(reception.expected, 4, "a packet from before the first one was expected, too");
    }

    #[test]
    fn a_single_far_packet_is_dropped_and_two_in_a_row_are_a_restart() {
        let (mut receiver, start) = (Receiver::new(), start());
        feed(&mut receiver, start, &[10, 11]);
        assert_eq!(feed(&mut receiver, start, &[30_000]), [Arrival::Jump]);
        assert!(matches!(feed(&mut receiver, start, &[12])[..], [Arrival::Newest { .. }]));
        let arrivals = feed(&mut receiver, start, &[30_000, 30_001]);
        assert!(matches!(arrivals[..], [Arrival::Jump, Arrival::Restarted { .. }]), "{arrivals:?}");
        let reception = receiver.reception();
        assert_eq!((reception.restarts, reception.jumps, reception.lost, reception.expected), (1, 2, 0, 4));
    }

    #[test]
    fn another_ssrc_is_a_restart_that_keeps_the_counts() {
        let (mut receiver, start) = (Receiver::new(), start());
        feed(&mut receiver, start, &[1, 3]);
        let arrival = receiver.receive(&header(2, 500, 0), 8000, Timing::Sampled, start);
        assert!(matches!(arrival, Arrival::Restarted { .. }));
        let reception = receiver.reception();
        assert_eq!((reception.expected, reception.lost, reception.restarts), (4, 1, 1));
        assert_eq!(receiver.report(start).unwrap().lost, 0, "a report block is about one SSRC");
    }

    /// Sends packets every 20 ms that arrive alternately on time and `late_ms` late.
    fn jitter_with(late_ms: u64, timing: Timing) -> Duration {
        let (mut receiver, start) = (Receiver::new(), start());
        for n in 0..500u16 {
            let late = Duration::from_millis(if n % 2 == 0 { 0 } else { late_ms });
            let now = start + Duration::from_millis(20) * u32::from(n) + late;
            receiver.receive(&header(1, n, u32::from(n) * 160), 8000, timing, now);
        }
        receiver.jitter()
    }

    #[test]
    fn jitter_converges_to_the_mean_difference_of_transit() {
        assert_eq!(jitter_with(0, Timing::Sampled), Duration::ZERO);
        let jitter = jitter_with(8, Timing::Sampled);
        assert!((Duration::from_millis(7)..=Duration::from_millis(8)).contains(&jitter), "{jitter:?}");
        assert_eq!(jitter_with(8, Timing::Event), Duration::ZERO);
    }

    #[test]
    fn a_timestamp_that_jumps_is_no_jitter() {
        let (mut receiver, start) = (Receiver::new(), start());
        for (sequence, timestamp) in [(1, 0), (2, 160), (3, 4_000_000_000), (4, 4_000_000_160)] {
            let now = start + Duration::from_millis(20) * u32::from(sequence);
            receiver.receive(&header(1, sequence, timestamp), 8000, Timing::Sampled, now);
        }
        assert_eq!(receiver.reception().worst_jitter, Duration::ZERO);
    }

    #[test]
    fn a_report_says_how_long_ago_the_sender_report_came() {
        let (mut receiver, start) = (Receiver::new(), start());
        feed(&mut receiver, start, &[1]);
        receiver.note_sender_report(99, NtpTime(1 << 40), start);
        assert_eq!(receiver.report(start).unwrap().last_sr, 0, "that was somebody else's");
        receiver.note_sender_report(1, NtpTime(0x0001_0002_0003_0004), start);
        let block = receiver.report(start + Duration::from_millis(500)).unwrap();
        assert_eq!((block.last_sr, block.delay_since_sr), (0x0002_0003, 0x8000));
    }
}
