//! A phone's microphone and loudspeaker: an RTP packet every 20 ms while it may send, a report every 5 s, and whom it
//! hears.
//!
//! Each phone sends a constant level of its own, so that who is heard can be told even after conversion.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_call::digits::Digit;
use warden_media::rtp::{Fields, RtpHeader};
use warden_media::srtp::{MAX_GROWTH, Protection};
use warden_sdp::Negotiated;
use warden_sdp::codec::Encoding;

use super::Phone;
use super::coder::{Coder, PACKET_MS};
use super::fax;
use super::keys::{Act, Keys};
use super::line::Line;
use super::recording::Recording;
use super::reports::Reports;
use crate::network::Datagram;

const PACKET: Duration = Duration::from_millis(PACKET_MS);
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
    /// The number of the last datagram of fax.
    pages: u16,
    timestamp: u32,
    coder: Coder,
    packet_at: Option<Instant>,
    report_at: Option<Instant>,
    sent: Vec<Datagram>,
    pub(super) heard: BTreeSet<String>,
    /// While it records.
    pub(super) recording: Option<Recording>,
    pub(super) reports: Reports,
    pub(super) keys: Keys,
    /// A digit that is due to be sent by INFO.
    info: Option<(Digit, Duration)>,
    protection: Option<Protection>,
}

impl Sound {
    pub(super) fn new(ssrc: u32, index: usize, now: Instant) -> Self {
        Self {
            is_on: false,
            is_mute: false,
            is_silent: false,
            level: level(index),
            ssrc,
            sequence: 0,
            pages: 0,
            timestamp: 0,
            coder: Coder::default(),
            packet_at: None,
            report_at: None,
            sent: Vec::new(),
            heard: BTreeSet::new(),
            recording: None,
            reports: Reports::new(ssrc, now),
            keys: Keys::new(),
            info: None,
            protection: None,
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.packet_at.into_iter().chain(self.report_at).min()
    }

    /// What is to be sent goes to the network.
    pub(super) fn take_sent(&mut self) -> Vec<Datagram> {
        std::mem::take(&mut self.sent)
    }

    /// What it encrypts with and decrypts, as agreed on now; `None` for plain sound.
    fn protection(&mut self, agreed: &Negotiated) -> Option<&mut Protection> {
        let keys = agreed.srtp.as_ref()?;
        match &mut self.protection {
            Some(protection) => protection.follow(keys).ok()?,
            None => self.protection = Some(Protection::new(keys).ok()?),
        }
        self.protection.as_mut()
    }

    /// The packet that is due, if there is one; a mute phone's time goes on.
    fn next_packet(&mut self, local: SocketAddr, agreed: &Negotiated, now: Instant) -> Option<Datagram> {
        self.packet_at.filter(|at| *at <= now)?;
        self.packet_at = Some(now + PACKET);
        if agreed.fax.is_some() {
            return self.next_page(local, agreed);
        }
        let format = agreed.codec()?;
        let ticks = format.codec.clock_rate_hz / 50;
        self.timestamp = self.timestamp.wrapping_add(ticks);
        let to = agreed.remote_rtp.filter(|_| !self.is_mute && !self.is_silent)?;
        self.sequence = self.sequence.wrapping_add(1);
        self.reports.count_sent(ticks);
        let mut bytes = vec![0; 1500];
        let mut len = self.say(agreed, &mut bytes)?;
        bytes.resize(len + MAX_GROWTH, 0);
        if let Some(protection) = self.protection(agreed) {
            len = protection.protect(&mut bytes, len)?;
        }
        bytes.truncate(len);
        Some(Datagram { from: local, to, bytes })
    }

    fn next_page(&mut self, local: SocketAddr, agreed: &Negotiated) -> Option<Datagram> {
        self.pages = self.pages.wrapping_add(1);
        let (to, bytes) = fax::page(agreed, self.pages, self.level).filter(|_| !self.is_mute && !self.is_silent)?;
        Some(Datagram { from: local, to, bytes })
    }

    /// Writes a packet: what its keys say, or its level.
    fn say(&mut self, agreed: &Negotiated, bytes: &mut [u8]) -> Option<usize> {
        let format = agreed.codec()?;
        let codec = &format.codec;
        let rate_hz = Coder::sample_rate_hz(codec);
        let act = self.keys.next(self.timestamp, codec.clock_rate_hz, rate_hz);
        let Self { ssrc, sequence, timestamp, .. } = *self;
        let mut fields = Fields { marker: false, payload_type: format.payload_type, sequence, timestamp, ssrc };
        let room = bytes.len();
        if let Some(Act::Event { out, timestamp }) = act {
            let payload = out.payload.bytes();
            (fields.payload_type, fields.marker, fields.timestamp) = (agreed.dtmf?.payload_type, out.marker, timestamp);
            let payload_room = fields.write(bytes)?;
            let unused = payload_room.len() - payload.len();
            payload_room.get_mut(..payload.len())?.copy_from_slice(&payload);
            return Some(room - unused);
        }
        let samples = match act {
            Some(Act::Tone(samples)) => samples,
            Some(Act::Info(digit, duration)) => {
                self.info = Some((digit, duration));
                vec![self.level; usize::try_from(rate_hz / 50).ok()?]
            }
            Some(Act::Event { .. }) | None => vec![self.level; usize::try_from(rate_hz / 50).ok()?],
        };
        let payload_room = fields.write(bytes)?;
        let unused = payload_room.len() - self.coder.say(codec, &samples, payload_room)?;
        Some(room - unused)
    }

    /// The report that is due, if there is one.
    fn next_report(&mut self, local: SocketAddr, agreed: &Negotiated, now: Instant) -> Option<Datagram> {
        self.report_at.filter(|at| *at <= now)?;
        self.report_at = Some(now + REPORT);
        let to = agreed.remote_rtcp.filter(|_| !self.is_silent)?;
        let mut bytes = self.reports.write(self.timestamp, now)?;
        let mut len = bytes.len();
        bytes.resize(len + MAX_GROWTH, 0);
        if let Some(protection) = self.protection(agreed) {
            len = protection.protect_rtcp(&mut bytes, len)?;
        }
        bytes.truncate(len);
        Some(Datagram { from: SocketAddr::new(local.ip(), local.port().saturating_add(1)), to, bytes })
    }
}

impl Phone {
    /// Starts or stops the clocks of RTP and RTCP, as the call is now.
    pub(super) fn settle_sound(&mut self, now: Instant) {
        let agreed = self.line.session().and_then(|session| session.negotiated()).filter(|_| self.sound.is_on);
        let reports = agreed.is_some_and(|agreed| agreed.fax.is_none());
        let sends = agreed.is_some_and(|agreed| agreed.direction.sends() && agreed.remote_rtp.is_some());
        let keep = |at: Option<Instant>, wanted: bool| if wanted { at.or(Some(now)) } else { None };
        self.sound.packet_at = keep(self.sound.packet_at, sends);
        self.sound.report_at = keep(self.sound.report_at, reports);
    }

    /// Sends what is due.
    pub(super) fn make_sound(&mut self, now: Instant) {
        let Some((local, agreed)) = self.agreement() else { return };
        let sound = &mut self.sound;
        let packet = sound.next_packet(local, &agreed, now);
        let report = sound.next_report(local, &agreed, now);
        sound.sent.extend(packet.into_iter().chain(report));
        if let Some((digit, duration)) = sound.info.take() {
            self.send_digit(digit.char(), duration, now);
        }
    }

    /// Takes a packet that has come to a port; the level of one that may be played.
    pub(crate) fn listen(&mut self, port: u16, packet: &[u8], now: Instant) -> Option<i16> {
        let (local, agreed) = self.agreement().filter(|_| !self.unplugged)?;
        let mut opened = packet.to_vec();
        let is_report = local.port().saturating_add(1) == port;
        if let Some(protection) = self.sound.protection(&agreed) {
            let open = if is_report { Protection::unprotect_rtcp } else { Protection::unprotect };
            let len = open(protection, &mut opened).ok()?;
            opened.truncate(len);
        }
        let packet = opened.as_slice();
        if is_report {
            self.sound.reports.take(packet, now);
            return None;
        }
        if agreed.fax.is_some() {
            return fax::read(packet).filter(|_| local.port() == port && agreed.direction.receives());
        }
        let header = RtpHeader::parse(packet).ok().filter(|_| local.port() == port)?;
        let codec = agreed.received(header.payload_type)?;
        if codec.encoding == Encoding::TelephoneEvent {
            self.sound.keys.hear_event(&header, packet, codec.clock_rate_hz, now);
        }
        if !codec.is_audio() {
            return None;
        }
        self.sound.reports.count_received(&header, codec.clock_rate_hz, now);
        let Sound { coder, recording, keys, .. } = &mut self.sound;
        let heard = coder.hear(codec, header.payload(packet)).filter(|_| agreed.direction.receives())?;
        keys.hear_samples(&header, &heard.samples, now);
        if let Some(recording) = recording {
            recording.take(header.timestamp, codec.clock_rate_hz, &heard.samples);
        }
        heard.level
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
