//! One leg: its socket pair's state, independent of whom it is joined with.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_sdp::Direction;

use super::guard::Guard;
use super::outgoing::{Item, Origin, Outgoing};
use super::payload::{Payload, Routes};
use super::statistics::{DropReason, Drops, LegStatistics, quality};
use super::watch::{Notice, Watch};
use crate::latch::{Latch, LatchMode, LatchState, is_same, is_same_ip};
use crate::random::Mix;
use crate::receiver::Receiver;
use crate::rtcp::{Compound, NtpClock, Packet, Report, ReportBlock, ReportBlocks, interval};
use crate::rtp::HEADER_LEN;
use crate::srtp::{MAX_GROWTH, SrtpKeys};
use crate::ticks::{earlier, low16};
use crate::tone::{FRAME, Player, Tone};
use crate::voice::{Ear, Listener, Mouth, Source, Voice};

/// Where a peer's SDP says it receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remote {
    /// RTP.
    pub rtp: SocketAddr,
    /// RTCP; the same as `rtp` when they are multiplexed (RFC 5761), else usually its next port.
    pub rtcp: SocketAddr,
}

/// What signalling knows about a leg.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LegSetup {
    /// `None` until an SDP has come. Never `0.0.0.0`, see [`Latch::signal`].
    pub remote: Option<Remote>,
    /// Whom to believe.
    pub mode: LatchMode,
    /// What the peer does, by its own view: of our view, which `warden_sdp::Negotiated` has, the reverse.
    pub direction: Direction,
    /// Where its payload types go.
    pub routes: Routes,
    /// How it is told sound in codecs that it does not have. `None` when it has agreed to nothing that can be encoded,
    /// and then it hears none of that.
    pub voice: Option<Voice>,
    /// How it is told tones: best in G.711, as a codec with a memory would go on from a sound that nobody has heard.
    pub tones: Option<Voice>,
    /// The keys that sound and reports are encrypted with; `None` for plain RTP.
    pub srtp: Option<SrtpKeys>,
    /// The call is answered. Until then silence is nobody's fault, and no event is made of it.
    pub answered: bool,
}

/// A media leg. It can be taken out of a session and joined with another one (transfer, pickup).
#[derive(Debug)]
pub struct Leg {
    pub(super) setup: LegSetup,
    pub(super) latch: Latch,
    pub(super) receiver: Receiver,
    pub(super) outgoing: Outgoing,
    pub(super) watch: Watch,
    pub(super) guard: Guard,
    pub(super) drops: Drops,
    pub(super) player: Option<Player>,
    /// Hears this leg, while what it says is converted for the other one.
    pub(super) ear: Option<Box<Ear>>,
    /// Says to this leg what is ours or converted.
    pub(super) mouth: Option<Box<Mouth>>,
    /// Runs of all its mouths.
    runs: u64,
    /// The last payload type heard, telephone events apart.
    pub(super) codec: Option<Payload>,
    players: u64,
    clock: NtpClock,
    random: Mix,
    cname: [u8; 16],
    /// Where RTCP was last heard from.
    rtcp_peer: Option<SocketAddr>,
    report_at: Option<Instant>,
    reported_at: Instant,
    reports: u64,
    round_trip: Option<Duration>,
    reported: Option<ReportBlock>,
}

pub(super) enum LegOutput {
    Rtp { to: SocketAddr, len: usize },
    Rtcp { to: SocketAddr, len: usize },
    Notice(Notice),
    WrongKey,
}

impl Leg {
    /// A leg without a peer. The seed makes SSRC, CNAME and first numbers and must differ from leg to leg;
    /// `since_epoch` is what the wall clock shows at `now`.
    #[must_use]
    pub fn new(seed: u64, now: Instant, since_epoch: Duration) -> Self {
        let mut random = Mix::new(seed);
        let (ssrc, sequence, timestamp) = (random.next_u32(), low16(random.next_u64()), random.next_u32());
        // Who receives SRTP and misses the first packets cannot tell whether the numbers have begun again (RFC 3711 §3.3.1).
        let sequence = sequence & 0x7FFF;
        let cname = random.hex();
        Self {
            setup: LegSetup::default(),
            latch: Latch::new(),
            receiver: Receiver::new(),
            outgoing: Outgoing::new(ssrc, sequence, timestamp),
            watch: Watch::Off,
            guard: Guard::default(),
            drops: Drops::default(),
            player: None,
            ear: None,
            mouth: None,
            runs: 0,
            codec: None,
            players: 0,
            clock: NtpClock::new(now, since_epoch),
            random,
            cname,
            rtcp_peer: None,
            report_at: None,
            reported_at: now,
            reports: 0,
            round_trip: None,
            reported: None,
        }
    }

    /// The SSRC of what we send, the same for the leg's whole life.
    #[must_use]
    pub fn ssrc(&self) -> u32 {
        self.outgoing.ssrc
    }

    /// Where its peer is, and how well that is known.
    #[must_use]
    pub fn latch(&self) -> &Latch {
        &self.latch
    }

    pub(super) fn set_up(&mut self, setup: &LegSetup, now: Instant) {
        if self.setup.remote != setup.remote {
            self.rtcp_peer = None;
        }
        if self.setup.srtp != setup.srtp {
            self.guard.follow(setup.srtp.as_ref());
        }
        self.setup = setup.clone();
        self.latch.signal(setup.remote.map(|remote| remote.rtp), setup.mode);
        // Who only sends has put the other on hold, and many phones send nothing then.
        let must_send = setup.direction == Direction::SendRecv;
        self.watch.expect(setup.answered && setup.remote.is_some() && must_send, now);
        if setup.remote.is_none() {
            self.report_at = None;
        } else if self.report_at.is_none() {
            self.report_at = Some(now + interval(self.random.next_u32()) / 2);
        }
    }

    pub(super) fn play(&mut self, tone: Option<Tone>, now: Instant) {
        self.players += 1;
        self.player = tone.map(|tone| Player::new(tone, now));
        if self.player.is_some() {
            // Made now, so that no packet costs an allocation.
            self.mouth(self.setup.tones, Source::Player(self.players), Player::SAMPLE_RATE_HZ);
        } else {
            self.end_playing();
        }
    }

    /// Whether a tone takes the place of what the other leg sends.
    pub(super) fn is_playing(&self) -> bool {
        self.player.is_some() && self.setup.tones.is_some()
    }

    /// A mouth that only played is not needed any more, unless conversion goes on with it.
    fn end_playing(&mut self) {
        self.player = None;
        let is_over = |mouth: &Mouth| matches!(mouth.source(), Source::Player(_)) && !mouth.has_memory();
        if self.mouth.as_ref().is_some_and(|mouth| is_over(mouth)) {
            self.forget_mouth();
        }
    }

    /// Runs are counted on, whatever says them.
    fn forget_mouth(&mut self) -> Option<Box<Mouth>> {
        let mouth = self.mouth.take()?;
        self.runs = mouth.run();
        Some(mouth)
    }

    /// Where our own sound goes to, while it is heard. Only signalling changes it.
    fn listener(&self) -> Option<SocketAddr> {
        let is_spoken_to = self.setup.voice.is_some() || self.setup.tones.is_some();
        self.latch.peer().filter(|_| self.setup.direction.receives() && is_spoken_to)
    }

    /// Says to this leg in this voice what comes from `source` at this rate. `None` without a voice.
    pub(super) fn mouth(&mut self, voice: Option<Voice>, source: Source, given_hz: u32) -> Option<&mut Mouth> {
        let mouth = match self.forget_mouth() {
            Some(mut mouth) if mouth.is_for(voice?, given_hz) => {
                mouth.turn_to(source);
                mouth
            }
            before => Box::new(Mouth::new(voice?, given_hz, source, self.runs + 1, before)?),
        };
        Some(self.mouth.insert(mouth))
    }

    /// Whether RTCP comes and goes on the RTP port.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.setup.remote.is_some_and(|remote| remote.rtp == remote.rtcp)
    }

    pub(super) fn receive_rtcp(&mut self, source: SocketAddr, bytes: &mut [u8], now: Instant) -> Option<DropReason> {
        let opened = self.guard.open_rtcp(bytes).map(|len| bytes.get(..len).unwrap_or_default());
        let bytes = match opened {
            Ok(bytes) => bytes,
            Err(reason) => return Some(reason),
        };
        if !self.is_rtcp_peer(source) {
            return Some(DropReason::Stray);
        }
        let Ok(compound) = Compound::parse(bytes) else { return Some(DropReason::Malformed) };
        if self.setup.mode == LatchMode::Relaxed {
            self.rtcp_peer = Some(source);
        }
        self.watch.hear_sign(now);
        self.reports += 1;
        compound.packets().for_each(|packet| self.take_report(packet, now));
        None
    }

    /// In relaxed mode the IP must be the one where RTP goes; the port is NAT's choice.
    fn is_rtcp_peer(&self, source: SocketAddr) -> bool {
        let Some(remote) = self.setup.remote else { return false };
        match self.setup.mode {
            LatchMode::Strict => is_same(source, remote.rtcp),
            LatchMode::Relaxed => {
                is_same(source, remote.rtcp) || self.latch.peer().is_some_and(|peer| is_same_ip(peer, source))
            }
        }
    }

    fn take_report(&mut self, packet: Packet<'_>, now: Instant) {
        match packet {
            Packet::SenderReport { ssrc, info, blocks } => {
                self.receiver.note_sender_report(ssrc, info.ntp, now);
                self.take_blocks(blocks, now);
            }
            Packet::ReceiverReport { blocks, .. } => self.take_blocks(blocks, now),
            Packet::Description(_) | Packet::Goodbye(_) | Packet::Other(_) => {}
        }
    }

    fn take_blocks(&mut self, mut blocks: ReportBlocks<'_>, now: Instant) {
        if let Some(block) = blocks.find(|block| block.ssrc == self.outgoing.ssrc) {
            let measured = self.clock.at(now).round_trip(block.last_sr, block.delay_since_sr);
            self.round_trip = measured.or(self.round_trip);
            self.reported = Some(block);
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let player = self.player.as_ref().filter(|_| self.listener().is_some());
        let player = player.and_then(Player::next_timeout);
        earlier(self.report_at, earlier(player, self.watch.next_timeout()))
    }

    pub(super) fn poll(&mut self, now: Instant, out: &mut [u8]) -> Option<LegOutput> {
        if let Some(notice) = self.watch.poll(now) {
            return Some(LegOutput::Notice(notice));
        }
        if self.guard.take_notice() {
            return Some(LegOutput::WrongKey);
        }
        if let Some((to, len)) = self.poll_voice(now, out) {
            return Some(LegOutput::Rtp { to, len });
        }
        let (to, len) = self.poll_report(now, out)?;
        Some(LegOutput::Rtcp { to, len })
    }

    /// The next packet of our own. A tone that nobody can hear waits until somebody can.
    fn poll_voice(&mut self, now: Instant, out: &mut [u8]) -> Option<(SocketAddr, usize)> {
        let to = self.listener()?;
        loop {
            if let Some(len) = self.say(now, out) {
                match self.guard.seal(out, len) {
                    Some(len) => return Some((to, len)),
                    None => continue,
                }
            }
            self.play_on(now)?;
        }
    }

    /// The next frame of a tone is due; at its end what it has begun to say is said.
    fn play_on(&mut self, now: Instant) -> Option<()> {
        let (player, number) = (self.player.as_mut()?, self.players);
        if player.next_timeout().is_none() {
            if self.mouth.as_mut().is_some_and(|mouth| mouth.finish()) {
                return Some(());
            }
            self.end_playing();
            return None;
        }
        let mut samples = [0; FRAME];
        let skipped = player.next_frame(now, &mut samples)?;
        let mouth = self.mouth(self.setup.tones, Source::Player(number), Player::SAMPLE_RATE_HZ)?;
        if skipped > 0 {
            mouth.pause(skipped);
        }
        mouth.hear(&samples);
        Some(())
    }

    /// Writes the next packet that the mouth has ready: its length.
    fn say(&mut self, now: Instant, out: &mut [u8]) -> Option<usize> {
        let mouth = self.mouth.as_mut()?;
        let voice = mouth.voice();
        let end = out.len().checked_sub(MAX_GROWTH)?;
        let said = mouth.say(out.get_mut(HEADER_LEN..end)?)?;
        let item = Item {
            origin: Origin::Voice(said.run),
            clock_rate_hz: voice.codec.clock_rate_hz(),
            extended: said.number,
            timestamp: said.timestamp,
            marker: said.marker,
            payload_type: voice.payload_type,
            payload_len: said.len,
        };
        self.outgoing.stamp(&item, now)?.write(out)?;
        Some(HEADER_LEN + said.len)
    }

    fn poll_report(&mut self, now: Instant, out: &mut [u8]) -> Option<(SocketAddr, usize)> {
        self.report_at.filter(|at| now >= *at)?;
        self.report_at = Some(now + interval(self.random.next_u32()));
        self.write_report(false, now, out)
    }

    /// The last words to the peer.
    pub(super) fn goodbye(&mut self, now: Instant, out: &mut [u8]) -> Option<(SocketAddr, usize)> {
        self.report_at = None;
        self.write_report(true, now, out)
    }

    fn write_report(&mut self, goodbye: bool, now: Instant, out: &mut [u8]) -> Option<(SocketAddr, usize)> {
        let to = self.rtcp_destination()?;
        let sender = self.outgoing.sender_info(self.reported_at, now, self.clock.at(now));
        self.reported_at = now;
        let block = self.receiver.report(now);
        let (ssrc, blocks) = (self.outgoing.ssrc, block.as_slice());
        let len = Report { ssrc, sender, blocks, cname: &self.cname, goodbye }.write(out)?;
        Some((to, self.guard.seal_rtcp(out, len)?))
    }

    /// Where RTCP was heard from; else where signalling says, unless RTP has shown that it is wrong.
    fn rtcp_destination(&self) -> Option<SocketAddr> {
        let remote = self.setup.remote?;
        if self.is_multiplexed() {
            return self.latch.peer();
        }
        self.rtcp_peer.or(match self.latch.state() {
            LatchState::Signalled => Some(remote.rtcp),
            LatchState::Provisional(peer) | LatchState::Confirmed(peer) if is_same_ip(peer, remote.rtp) => {
                Some(remote.rtcp)
            }
            LatchState::Provisional(peer) | LatchState::Confirmed(peer) => {
                Some(SocketAddr::new(peer.ip(), peer.port().checked_add(1)?))
            }
        })
    }

    /// Everything counted so far.
    #[must_use]
    pub fn statistics(&self) -> LegStatistics {
        let received = self.receiver.reception();
        let impairment = self.codec.and_then(|codec| codec.impairment);
        LegStatistics {
            received,
            sent_packets: self.outgoing.packets,
            sent_bytes: self.outgoing.bytes,
            round_trip: self.round_trip,
            reported: self.reported,
            quality: quality(&received, self.round_trip, impairment),
            payload_type: self.codec.map(|codec| codec.payload_type),
            drops: self.drops,
            reports: self.reports,
            strays: self.latch.strays().recent().copied().collect(),
        }
    }
}
