//! A tone as an RTP stream: one packet every 20 ms.

use std::time::{Duration, Instant};

use super::{FRAME, Generator, Tone};
use crate::g711::Law;
use crate::rtp::{Fields, HEADER_LEN};
use crate::ticks::{low16, low32};

/// The length of each packet.
pub const PACKET_LEN: usize = HEADER_LEN + FRAME;
const FRAME_TIME: Duration = Duration::from_millis(20);
/// Whoever is later than this skips what should have been sent, instead of sending it all at once.
const MAX_LAG: Duration = Duration::from_millis(100);

/// Plays a tone. What it sends has its own sequence numbers and timestamps; in a session they are replaced.
#[derive(Clone, Debug)]
pub struct Player {
    generator: Generator,
    law: Law,
    payload_type: u8,
    ssrc: u32,
    /// The first sequence number and timestamp.
    first: (u16, u32),
    /// Frames whose time has come, those skipped too.
    frames: u64,
    /// Packets made.
    packets: u64,
    next_at: Instant,
}

impl Player {
    /// Begins to play at `start`. `ssrc`, `sequence` and `timestamp` should be random.
    #[must_use]
    pub fn new(tone: Tone, law: Law, payload_type: u8, ssrc: u32, first: (u16, u32), start: Instant) -> Self {
        let generator = Generator::new(tone);
        Self { generator, law, payload_type, ssrc, first, frames: 0, packets: 0, next_at: start }
    }

    /// When the next packet is due; `None` when the tone has ended.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        (!self.generator.has_ended()).then_some(self.next_at)
    }

    /// Writes the next packet to the beginning of `out` and answers its length. `None` when none is due, or when `out`
    /// has less than [`PACKET_LEN`] bytes, and then the frame is lost.
    pub fn next_packet(&mut self, now: Instant, out: &mut [u8]) -> Option<usize> {
        self.next_timeout().filter(|at| now >= *at)?;
        self.skip_lag(now);
        let mut samples = [0; FRAME];
        self.generator.next_frame(&mut samples);
        let fields = self.fields();
        (self.frames, self.packets) = (self.frames + 1, self.packets + 1);
        self.next_at += FRAME_TIME;
        let payload = fields.write(out)?.first_chunk_mut::<FRAME>()?;
        for (code, sample) in payload.iter_mut().zip(samples) {
            *code = self.law.encode(sample);
        }
        Some(PACKET_LEN)
    }

    fn fields(&self) -> Fields {
        let (sequence, timestamp) = self.first;
        Fields {
            marker: self.packets == 0,
            payload_type: self.payload_type,
            sequence: sequence.wrapping_add(low16(self.packets)),
            timestamp: timestamp.wrapping_add(low32(self.frames * FRAME as u64)),
            ssrc: self.ssrc,
        }
    }

    /// The listener hears a gap and then what belongs to the present time.
    fn skip_lag(&mut self, now: Instant) {
        let lag = now.saturating_duration_since(self.next_at);
        if lag > MAX_LAG {
            let frames = u32::try_from(lag.as_millis() / FRAME_TIME.as_millis()).unwrap_or(u32::MAX);
            self.frames += u64::from(frames);
            self.next_at += FRAME_TIME * frames;
        }
    }

    /// The sequence number of the packet made last, counted from 0 without wrapping.
    pub(crate) fn extended(&self) -> u64 {
        self.packets.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::RtpHeader;
    use crate::start::start;
    use crate::tone::Plan;

    fn player(tone: Tone, law: Law, start: Instant) -> Player {
        Player::new(tone, law, 8, 7, (65_535, u32::MAX), start)
    }

    #[test]
    fn a_packet_comes_every_20_ms() {
        let (start, mut out) = (start(), [0; PACKET_LEN]);
        let mut player = player(Tone::ring_back(Plan::Itu), Law::Pcma, start);
        let mut seen = Vec::new();
        while let Some(at) = player.next_timeout().filter(|at| *at < start + Duration::from_millis(60)) {
            assert_eq!(player.next_packet(at, &mut out), Some(PACKET_LEN));
            assert_eq!(player.next_packet(at, &mut out), None, "not due again");
            let header = RtpHeader::parse(&out).unwrap();
            seen.push((header.sequence, header.timestamp, header.marker, header.payload_len()));
        }
        assert_eq!(seen, [(65_535, u32::MAX, true, 160), (0, 159, false, 160), (1, 319, false, 160)]);
    }

    #[test]
    fn a_beep_ends() {
        let (start, mut out) = (start(), [0; PACKET_LEN]);
        let mut player = player(Tone::beep(), Law::Pcmu, start);
        let mut packets = 0;
        while let Some(at) = player.next_timeout() {
            player.next_packet(at, &mut out);
            packets += 1;
        }
        assert_eq!(packets, 15);
    }

    #[test]
    fn both_laws_carry_the_same_sound() {
        let start = start();
        let mut out = [[0; PACKET_LEN]; 2];
        for (law, out) in [Law::Pcmu, Law::Pcma].into_iter().zip(&mut out) {
            player(Tone::busy(Plan::Uk), law, start).next_packet(start, out);
        }
        for (mu, a) in out[0][HEADER_LEN..].iter().zip(&out[1][HEADER_LEN..]) {
            let (mu, a) = (i32::from(Law::Pcmu.decode(*mu)), i32::from(Law::Pcma.decode(*a)));
            assert!((mu - a).abs() <= 16 + mu.abs() / 16, "{mu} {a}");
        }
    }

    #[test]
    fn a_late_owner_skips_and_does_not_hurry() {
        let (start, mut out) = (start(), [0; PACKET_LEN]);
        let mut player = player(Tone::ring_back(Plan::Itu), Law::Pcma, start);
        let now = start + Duration::from_secs(2);
        assert!(player.next_packet(now, &mut out).is_some() && player.next_packet(now, &mut out).is_none());
        assert_eq!(RtpHeader::parse(&out).unwrap().timestamp, 15_999);
        assert_eq!(player.next_packet(now + FRAME_TIME, &mut [0; 20]), None, "too short a buffer loses a frame");
        assert_eq!(player.next_timeout(), Some(now + 2 * FRAME_TIME));
    }
}
