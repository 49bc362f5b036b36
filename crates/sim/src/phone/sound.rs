//! A phone's microphone and loudspeaker: an RTP packet every 20 ms while it may send, and whom it hears.
//!
//! Each phone sends a constant level of its own, so that who is heard can be told even after conversion.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_media::g711::Law;
use warden_media::rtcp::Report;
use warden_media::rtp::{Fields, HEADER_LEN, RtpHeader};
use warden_sdp::Negotiated;
use warden_sdp::codec::Encoding;

use super::Phone;
use super::line::Line;
use crate::network::Datagram;

const PACKET: Duration = Duration::from_millis(20);
const SAMPLES: u32 = 160;
const REPORT: Duration = Duration::from_secs(5);

/// The level of the phone with this index; the steps are wider than those of both laws of G.711.
pub(crate) fn level(index: usize) -> i16 {
    let steps = index.min(60);
    let level = (0..steps).fold(200_i32, |level, _| level * 108 / 100 + 1);
    i16::try_from(level).unwrap_or(i16::MAX)
}

pub(super) struct Sound {
    /// Whether media is simulated at all.
    pub(super) is_on: bool,
    pub(super) is_mute: bool,
    /// Neither RTP nor RTCP is sent.
    pub(super) is_silent: bool,
    pub(super) level: i16,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    packet_at: Option<Instant>,
    report_at: Option<Instant>,
    sent: Vec<Datagram>,
    pub(super) heard: BTreeSet<String>,
}

impl Sound {
    pub(super) fn new(ssrc: u32, index: usize) -> Self {
        Self {
            is_on: false,
            is_mute: false,
            is_silent: false,
            level: level(index),
            ssrc,
            sequence: 0,
            timestamp: 0,
            packet_at: None,
            report_at: None,
            sent: Vec::new(),
            heard: BTreeSet::new(),
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.packet_at.into_iter().chain(self.report_at).min()
    }

    /// What is to be sent goes to the network.
    pub(super) fn take_sent(&mut self) -> Vec<Datagram> {
        std::mem::take(&mut self.sent)
    }

    fn packet(&self, payload_type: u8, law: Law) -> Option<Vec<u8>> {
        let mut packet = vec![law.encode(self.level); HEADER_LEN + 160];
        let Self { ssrc, sequence, timestamp, .. } = *self;
        Fields { marker: false, payload_type, sequence, timestamp, ssrc }.write(&mut packet)?;
        Some(packet)
    }

    fn report(&self) -> Option<Vec<u8>> {
        let mut packet = vec![0; 256];
        let report = Report { ssrc: self.ssrc, sender: None, blocks: &[], cname: b"phone", goodbye: false };
        let len = report.write(&mut packet)?;
        packet.truncate(len);
        Some(packet)
    }
}

impl Phone {
    /// Starts or stops the clocks of RTP and RTCP, as the call is now.
    pub(super) fn settle_sound(&mut self, now: Instant) {
        let agreed = self.line.session().and_then(|session| session.negotiated()).filter(|_| self.sound.is_on);
        let reports = agreed.is_some();
        let sends = agreed.is_some_and(|agreed| agreed.direction.sends() && agreed.remote_rtp.is_some());
        let keep = |at: Option<Instant>, wanted: bool| if wanted { at.or(Some(now)) } else { None };
        self.sound.packet_at = keep(self.sound.packet_at, sends);
        self.sound.report_at = keep(self.sound.report_at, reports);
    }

    /// Sends what is due.
    pub(super) fn make_sound(&mut self, now: Instant) {
        let Some((local, agreed)) = self.agreement() else { return };
        let sound = &mut self.sound;
        if sound.packet_at.is_some_and(|at| at <= now) {
            sound.packet_at = Some(now + PACKET);
            sound.sequence = sound.sequence.wrapping_add(1);
            sound.timestamp = sound.timestamp.wrapping_add(SAMPLES);
            let packet = sound.packet(agreed.codec.payload_type, law(&agreed.codec.codec.encoding));
            if let (Some(bytes), Some(to), false) = (packet, agreed.remote_rtp, sound.is_mute || sound.is_silent) {
                sound.sent.push(Datagram { from: local, to, bytes });
            }
        }
        if sound.report_at.is_some_and(|at| at <= now) {
            sound.report_at = Some(now + REPORT);
            if let (Some(bytes), Some(to), false) = (sound.report(), agreed.remote_rtcp, sound.is_silent) {
                let from = SocketAddr::new(local.ip(), local.port().saturating_add(1));
                sound.sent.push(Datagram { from, to, bytes });
            }
        }
    }

    /// The level of a packet that has come to the port in use, if it may be played.
    pub(crate) fn listen(&self, port: u16, packet: &[u8]) -> Option<i16> {
        let (local, agreed) = self.agreement()?;
        let header = RtpHeader::parse(packet).ok().filter(|_| local.port() == port && !self.unplugged)?;
        let codec = agreed.received(header.payload_type).filter(|codec| codec.is_audio())?;
        let code = *header.payload(packet).first()?;
        agreed.direction.receives().then(|| law(&codec.encoding).decode(code))
    }

    pub(crate) fn hear(&mut self, number: &str) {
        self.sound.heard.insert(number.to_owned());
    }

    /// Where this phone receives, and what is agreed.
    fn agreement(&self) -> Option<(SocketAddr, Negotiated)> {
        let local = match &self.line {
            Line::Dialled(dialling) => &dialling.local,
            Line::Offered(_) | Line::Up(_) => &self.line.call()?.local,
            Line::Free => return None,
        };
        let agreed = self.line.session()?.negotiated()?.clone();
        Some((SocketAddr::new(local.endpoint.address, local.endpoint.rtp_port), agreed))
    }
}

/// How levels are written; codecs that the phone does not really speak carry µ-law.
fn law(encoding: &Encoding) -> Law {
    if *encoding == Encoding::Pcma { Law::Pcma } else { Law::Pcmu }
}
