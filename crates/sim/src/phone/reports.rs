//! What a phone counts of the stream that it receives, and RTCP with it: its reports, and what the other's tell.

use std::time::{Duration, Instant};

use warden_media::receiver::{Receiver, Reception, Timing};
use warden_media::rtcp::{Compound, NtpClock, Packet, Report, ReportBlock, SenderInfo};
use warden_media::rtp::RtpHeader;

pub(super) struct Reports {
    ssrc: u32,
    /// It shows another time than those of other phones.
    clock: NtpClock,
    receiver: Receiver,
    round_trip: Option<Duration>,
    /// What was sent, since the phone was unpacked.
    packets: u32,
    octets: u32,
    /// Whether anything was sent since the last report.
    is_sender: bool,
}

impl Reports {
    pub(super) fn new(ssrc: u32, now: Instant) -> Self {
        Self {
            ssrc,
            clock: NtpClock::new(now, Duration::from_secs(ssrc.into())),
            receiver: Receiver::new(),
            round_trip: None,
            packets: 0,
            octets: 0,
            is_sender: false,
        }
    }

    /// Another call: nothing of the last one counts.
    pub(super) fn begin(&mut self) {
        self.receiver = Receiver::new();
        self.round_trip = None;
    }

    /// A packet with so much payload was sent.
    pub(super) fn count_sent(&mut self, payload_len: u32) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload_len);
        self.is_sender = true;
    }

    /// A packet of the stream has come.
    pub(super) fn count_received(&mut self, header: &RtpHeader, clock_rate_hz: u32, now: Instant) {
        self.receiver.receive(header, clock_rate_hz, Timing::Sampled, now);
    }

    /// A compound packet has come.
    pub(super) fn take(&mut self, bytes: &[u8], now: Instant) {
        let Ok(compound) = Compound::parse(bytes) else { return };
        for packet in compound.packets() {
            match packet {
                Packet::SenderReport { ssrc, info, blocks } => {
                    self.receiver.note_sender_report(ssrc, info.ntp, now);
                    self.measure(blocks, now);
                }
                Packet::ReceiverReport { blocks, .. } => self.measure(blocks, now),
                Packet::Description(_) | Packet::Goodbye(_) | Packet::Other(_) => {}
            }
        }
    }

    fn measure(&mut self, mut blocks: impl Iterator<Item = ReportBlock>, now: Instant) {
        let own = blocks.find(|block| block.ssrc == self.ssrc);
        let measured = own.and_then(|block| self.clock.at(now).round_trip(block.last_sr, block.delay_since_sr));
        self.round_trip = measured.or(self.round_trip);
    }

    /// The report that is due: a sender's if anything was sent since the last one. The stream is at `timestamp` now.
    pub(super) fn write(&mut self, timestamp: u32, now: Instant) -> Option<Vec<u8>> {
        let (packets, octets) = (self.packets, self.octets);
        let info = SenderInfo { ntp: self.clock.at(now), timestamp, packets, octets };
        let sender = std::mem::take(&mut self.is_sender).then_some(info);
        let block = self.receiver.report(now);
        let report = Report { ssrc: self.ssrc, sender, blocks: block.as_slice(), cname: b"phone", goodbye: false };
        let mut packet = vec![0; 256];
        let len = report.write(&mut packet)?;
        packet.truncate(len);
        Some(packet)
    }

    pub(super) fn reception(&self) -> Reception {
        self.receiver.reception()
    }

    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }
}
