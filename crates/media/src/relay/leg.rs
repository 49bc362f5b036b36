//! One leg: its socket pair's state, independent of whom it is joined with.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_sdp::Direction;

use super::fax::FaxCount;
use super::finding::{Before, Finding};
use super::guard::Guard;
use super::outgoing::Outgoing;
use super::payload::{Payload, Routes};
use super::program::Playing;
use super::statistics::{Drops, LegStatistics, quality};
use super::watch::{Notice, Watch};
use crate::dtmf::{Dialler, DigitSetup, Heard, Hearing};
use crate::latch::{Latch, LatchMode};
use crate::random::Mix;
use crate::receiver::Receiver;
use crate::rtcp::{NtpClock, ReportBlock, interval};
use crate::srtp::SrtpKeys;
use crate::ticks::{earlier, low16};
use crate::tone::Player;
use crate::voice::{Ear, Mouth, Voice};

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
    /// How its digits are heard, and how it is told others'.
    pub digits: DigitSetup,
    /// The keys that sound and reports are encrypted with; `None` for plain RTP.
    pub srtp: Option<SrtpKeys>,
    /// It carries fax (UDPTL) in place of RTP: it has no routes then, and no voice.
    pub is_fax: bool,
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
    pub(super) before: Before,
    pub(super) playing: Option<Playing>,
    pub(super) fax: FaxCount,
    /// Its digits.
    pub(super) hearing: Hearing,
    /// The digits that it is told, and the one that sounds.
    pub(super) dialler: Dialler,
    pub(super) digit: Option<Player>,
    /// Hears this leg, while what it says is converted for the other one.
    pub(super) ear: Option<Box<Ear>>,
    /// Says to this leg what is ours or converted.
    pub(super) mouth: Option<Box<Mouth>>,
    /// Runs of all its mouths.
    pub(super) runs: u64,
    /// The last payload type heard, telephone events apart.
    pub(super) codec: Option<Payload>,
    pub(super) players: u64,
    pub(super) clock: NtpClock,
    pub(super) random: Mix,
    pub(super) cname: [u8; 16],
    /// Where RTCP was last heard from.
    pub(super) rtcp_peer: Option<SocketAddr>,
    pub(super) report_at: Option<Instant>,
    pub(super) reported_at: Instant,
    pub(super) reports: u64,
    pub(super) round_trip: Option<Duration>,
    pub(super) reported: Option<ReportBlock>,
}

pub(super) enum LegOutput {
    Rtp { to: SocketAddr, len: usize },
    Rtcp { to: SocketAddr, len: usize },
    Silent(Finding),
    AudioBack,
    Dead,
    Digit(Heard),
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
            before: Before::default(),
            playing: None,
            fax: FaxCount::default(),
            hearing: Hearing::default(),
            dialler: Dialler::default(),
            digit: None,
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
        if setup.is_fax {
            // What it says after the fax does not go on from what it said before.
            self.ear = None;
        }
        self.setup = setup.clone();
        self.settle_digits(now);
        self.latch.signal(setup.remote.map(|remote| remote.rtp), setup.mode);
        // Who only sends has put the other on hold, and many phones send nothing then.
        let must_send = setup.direction == Direction::SendRecv && !setup.is_fax;
        self.watch.expect(setup.answered && setup.remote.is_some() && must_send, now);
        self.note_heard(now);
        if setup.remote.is_none() || setup.is_fax {
            self.report_at = None;
        } else if self.report_at.is_none() {
            self.report_at = Some(now + interval(self.random.next_u32()) / 2);
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let tone = self.digit.as_ref().and_then(Player::next_timeout);
        let playing = self.playing.as_ref().filter(|_| self.digit.is_none()).and_then(Playing::next_timeout);
        let playing = earlier(tone, playing).filter(|_| self.listener().is_some());
        let own = earlier(self.report_at, earlier(playing, self.watch.next_timeout()));
        earlier(own, self.next_digit_timeout())
    }

    pub(super) fn poll(&mut self, now: Instant, out: &mut [u8]) -> Option<LegOutput> {
        if let Some(notice) = self.watch.poll(now) {
            return Some(match notice {
                Notice::Silent => LegOutput::Silent(self.finding()),
                Notice::Back => LegOutput::AudioBack,
                Notice::Dead => LegOutput::Dead,
            });
        }
        if self.guard.take_notice() {
            return Some(LegOutput::WrongKey);
        }
        if let Some(heard) = self.hearing.poll(now) {
            return Some(LegOutput::Digit(heard));
        }
        if let Some((to, len)) = self.poll_digit(now, out).or_else(|| self.poll_voice(now, out)) {
            return Some(LegOutput::Rtp { to, len });
        }
        let (to, len) = self.poll_report(now, out)?;
        Some(LegOutput::Rtcp { to, len })
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
            fax: self.fax,
            reports: self.reports,
            strays: self.latch.strays().recent().copied().collect(),
        }
    }
}
