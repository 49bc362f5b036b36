//! Two legs joined: what comes from one goes to the other, in the same buffer, or is dropped and counted.
//!
//! The owner calls [`Session::receive`] and [`Session::receive_rtcp`] for what its sockets get, and at
//! [`Session::next_timeout`] drains [`Session::poll`]. A packet only ever moves timeouts to later, so it need not ask
//! again after each, except where [`Session::has_output`] says that there is news.

mod guard;
mod leg;
mod outgoing;
mod payload;
mod statistics;
mod watch;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub use guard::WRONG_KEY_AFTER;
pub use leg::{Leg, LegSetup, Remote};
pub use payload::{Format, Payload, ROUTES, Routes};
pub use statistics::{DropReason, Drops, LegStatistics};
pub use warden_sdp::Direction;
pub use watch::{DEAD_AFTER, SILENT_AFTER};

use warden_codec::Codec;

use crate::latch::{Admission, LatchMode, LatchState};
use crate::receiver::{Arrival, Timing};
use crate::rtp::{PacketKind, RtpHeader};
use crate::srtp::MAX_GROWTH;
use crate::ticks::earlier;
use crate::tone::Tone;
use crate::voice::{Ear, Piece, Source};
use leg::LegOutput;
use outgoing::{Item, Origin};
use payload::{Route, Treatment};
use watch::Notice;

/// One of the two legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The one that the session was made with first.
    A,
    /// The other one.
    B,
}

impl Side {
    /// The leg at the other end.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send the first `len` bytes of the buffer, as it is now, from this leg's socket to this address.
    Forward {
        /// Whose socket sends it.
        side: Side,
        /// Where to.
        to: SocketAddr,
        /// How much of the buffer.
        len: usize,
    },
    /// It has been taken in: RTCP, which ends here, or sound that is converted; [`Session::has_output`] says whether
    /// something has come of it.
    Taken,
    /// Nothing; it is counted.
    Drop(DropReason),
}

/// Something that somebody else should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// No audio has come for this long, though the SDP says it sends. Told once.
    Silent {
        /// Who is silent.
        side: Side,
        /// [`SILENT_AFTER`].
        lasting: Duration,
    },
    /// After [`Event::Silent`], audio comes again.
    AudioBack {
        /// Who is heard again.
        side: Side,
    },
    /// [`WRONG_KEY_AFTER`] packets in a row could not be opened: the peer encrypts with another key than it has said, or
    /// not at all. Told once for each agreement on keys.
    WrongKey {
        /// Who is not understood.
        side: Side,
    },
    /// Neither RTP nor RTCP has come for [`DEAD_AFTER`], though the SDP says it sends. Told once.
    Dead {
        /// Who has died.
        side: Side,
    },
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send the first `len` bytes of the buffer from this leg's RTP socket.
    Rtp {
        /// Whose socket sends it.
        side: Side,
        /// Where to.
        to: SocketAddr,
        /// How much of the buffer.
        len: usize,
    },
    /// Send the first `len` bytes of the buffer from this leg's RTCP socket (its RTP socket if multiplexed).
    Rtcp {
        /// Whose socket sends it.
        side: Side,
        /// Where to.
        to: SocketAddr,
        /// How much of the buffer.
        len: usize,
    },
    /// Tell.
    Event(Event),
    /// Nothing until then, or until a packet comes.
    Wait(Option<Instant>),
}

/// How long a buffer for [`Session::poll`] must be to hold whatever is written.
pub const OUTPUT_LEN: usize = 1500 + MAX_GROWTH;

/// Two legs joined with each other.
#[derive(Debug)]
pub struct Session {
    a: Leg,
    b: Leg,
    /// What was counted of the legs that A and B have replaced.
    before: [Option<LegStatistics>; 2],
}

impl Session {
    /// Joins two legs. Their streams go on; what each hears from now on is a new source to it.
    #[must_use]
    pub fn new(mut a: Leg, mut b: Leg) -> Self {
        a.outgoing.interrupt();
        b.outgoing.interrupt();
        Self { a, b, before: [None, None] }
    }

    /// Puts another leg in the place of one; what was counted of that is kept for the end. The other one's stream goes on,
    /// with a new source.
    pub fn replace(&mut self, side: Side, leg: Leg) {
        let old = std::mem::replace(self.leg_mut(side), leg).statistics();
        let [a, b] = &mut self.before;
        let before = match side {
            Side::A => a,
            Side::B => b,
        };
        *before = Some(old.following(before.take()));
        self.a.outgoing.interrupt();
        self.b.outgoing.interrupt();
    }

    /// One of the legs.
    #[must_use]
    pub fn leg(&self, side: Side) -> &Leg {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    fn leg_mut(&mut self, side: Side) -> &mut Leg {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }

    /// Whether RTCP comes and goes on this leg's RTP port.
    #[must_use]
    pub fn is_multiplexed(&self, side: Side) -> bool {
        self.leg(side).is_multiplexed()
    }

    /// Signalling says something new about a leg: its answer, a hold, another address or codec.
    pub fn set_up(&mut self, side: Side, setup: &LegSetup, now: Instant) {
        self.leg_mut(side).set_up(setup, now);
    }

    /// Plays a tone to a leg in place of what the other one sends, from `now` on; `None` stops it.
    ///
    /// It also stops at its own end, and with the leg. It waits while the leg receives nothing or has no address. A leg
    /// that hears no tones ([`LegSetup::tones`]) goes on hearing the other one.
    pub fn play(&mut self, side: Side, tone: Option<Tone>, now: Instant) {
        self.leg_mut(side).play(tone, now);
    }

    /// A datagram has come to the RTP socket of `side`; it is the first `len` bytes of the buffer. The packet is opened and
    /// made ready to be forwarded in place. Where the other leg is encrypted it needs [`MAX_GROWTH`] bytes of room behind it.
    pub fn receive(&mut self, side: Side, source: SocketAddr, now: Instant, buffer: &mut [u8], len: usize) -> Verdict {
        let Some(packet) = buffer.get_mut(..len) else { return self.drop(side, DropReason::NotRtp) };
        match PacketKind::of(packet) {
            PacketKind::Rtp => {}
            PacketKind::Rtcp if self.is_multiplexed(side) => return self.receive_rtcp(side, source, now, packet),
            PacketKind::Rtcp
            | PacketKind::Stun
            | PacketKind::Zrtp
            | PacketKind::Dtls
            | PacketKind::TurnChannel
            | PacketKind::Unknown => return self.drop(side, DropReason::NotRtp),
        }
        match self.relay(side, source, now, buffer, len) {
            Ok(Some((to, len))) => Verdict::Forward { side: side.other(), to, len },
            Ok(None) => Verdict::Taken,
            Err(reason) => self.drop(side, reason),
        }
    }

    /// A datagram has come to the RTCP socket of `side`. It is opened in place.
    pub fn receive_rtcp(&mut self, side: Side, source: SocketAddr, now: Instant, packet: &mut [u8]) -> Verdict {
        match self.leg_mut(side).receive_rtcp(source, packet, now) {
            None => Verdict::Taken,
            Some(reason) => self.drop(side, reason),
        }
    }

    fn drop(&mut self, side: Side, reason: DropReason) -> Verdict {
        self.leg_mut(side).drops.count(reason);
        Verdict::Drop(reason)
    }

    fn relay(
        &mut self,
        side: Side,
        source: SocketAddr,
        now: Instant,
        buffer: &mut [u8],
        len: usize,
    ) -> Result<Option<(SocketAddr, usize)>, DropReason> {
        let (from, to) = match side {
            Side::A => (&mut self.a, &mut self.b),
            Side::B => (&mut self.b, &mut self.a),
        };
        let len = from.guard.open(buffer.get_mut(..len).ok_or(DropReason::Malformed)?)?;
        let packet = buffer.get_mut(..len).ok_or(DropReason::Malformed)?;
        let header = RtpHeader::parse(packet).map_err(|_| DropReason::Malformed)?;
        let route = from.setup.routes.find(header.payload_type);
        let arrival = from.take_in(source, &header, route.as_ref(), now)?;
        let (extended, is_newest) = match arrival {
            Arrival::Newest { extended } | Arrival::Restarted { extended } => (extended, true),
            Arrival::Late { extended } => (extended, false),
            Arrival::Duplicate => return Err(DropReason::Duplicate),
            Arrival::Jump => return Err(DropReason::Jump),
        };
        match to.destination(from.setup.direction, route) {
            Ok((_, Route { treatment: Treatment::Transcode(codec), .. })) => {
                let piece = Piece { extended, timestamp: header.timestamp, payload: header.payload(packet) };
                from.hear(codec, piece, to).map(|()| None)
            }
            Ok((peer, route)) => {
                let item = from.item(extended, &header, &route, to);
                to.send(&item, &header, &route, now, packet)?;
                let len = to.guard.seal(buffer, len).ok_or(DropReason::NotEncrypted)?;
                Ok(Some((peer, len)))
            }
            Err(reason) => {
                from.miss(reason, extended, to);
                if is_newest {
                    to.outgoing.withhold(Origin::Peer(from.receiver.epoch()), extended);
                }
                Err(reason)
            }
        }
    }

    /// Whether [`Session::poll`] has something to say before [`Session::next_timeout`] as it was asked last.
    #[must_use]
    pub fn has_output(&self) -> bool {
        self.a.has_output() || self.b.has_output()
    }

    /// When to drain [`Session::poll`].
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        earlier(self.a.next_timeout(), self.b.next_timeout())
    }

    /// The next thing to do at `now`; call it until it answers [`Output::Wait`]. Packets are written to `out`, of at
    /// least [`OUTPUT_LEN`] bytes.
    pub fn poll(&mut self, now: Instant, out: &mut [u8]) -> Output {
        for side in [Side::A, Side::B] {
            if let Some(output) = self.leg_mut(side).poll(now, out) {
                return output.on(side);
            }
        }
        Output::Wait(self.next_timeout())
    }

    /// The last RTCP packet for a leg, with a goodbye: where to send it and its length in `out`.
    pub fn goodbye(&mut self, side: Side, now: Instant, out: &mut [u8]) -> Option<(SocketAddr, usize)> {
        self.leg_mut(side).goodbye(now, out)
    }

    /// Ends the session: the statistics of A and B, the legs that they have replaced counted in.
    #[must_use]
    pub fn close(self) -> [LegStatistics; 2] {
        let [before_a, before_b] = self.before;
        [self.a.statistics().following(before_a), self.b.statistics().following(before_b)]
    }
}

impl Leg {
    /// Latch, watch and receiver look at a packet from this leg's socket.
    fn take_in(
        &mut self,
        source: SocketAddr,
        header: &RtpHeader,
        route: Option<&Route>,
        now: Instant,
    ) -> Result<Arrival, DropReason> {
        self.believe_encrypted(source);
        match self.latch.admit(source, header, route.is_some()) {
            Admission::Peer => {}
            Admission::Learning => return Err(DropReason::Learning),
            Admission::Stray => return Err(DropReason::Stray),
        }
        let Some(route) = route else {
            self.watch.hear_sign(now);
            return Ok(self.receiver.receive(header, 8000, Timing::Event, now));
        };
        self.watch.hear_audio(now);
        let is_event = matches!(route.treatment, Treatment::Event { .. });
        let timing = if is_event { Timing::Event } else { Timing::Sampled };
        if timing == Timing::Sampled {
            self.codec = Some(route.incoming);
        }
        Ok(self.receiver.receive(header, route.incoming.clock_rate_hz, timing, now))
    }

    /// What an encrypted leg has opened is its peer's, wherever it comes from.
    #[inline]
    fn believe_encrypted(&mut self, source: SocketAddr) {
        let may_be_anywhere = self.setup.mode == LatchMode::Relaxed && self.setup.remote.is_some();
        if self.guard.is_encrypted() && may_be_anywhere && self.latch.state() != LatchState::Confirmed(source) {
            self.latch.confirm(source);
        }
    }

    /// Where a packet from a peer with this direction may go to.
    fn destination(&self, from: Direction, route: Option<Route>) -> Result<(SocketAddr, Route), DropReason> {
        let route = route.ok_or(DropReason::PayloadType)?;
        if !from.sends() {
            return Err(DropReason::NotSending);
        }
        if !self.setup.direction.receives() {
            return Err(DropReason::NotReceiving);
        }
        if self.is_playing() {
            return Err(DropReason::Playing);
        }
        Ok((self.latch.peer().ok_or(DropReason::NoDestination)?, route))
    }

    /// Listens to a packet of this leg, and has `to` say what was heard.
    fn hear(&mut self, codec: Codec, piece: Piece<'_>, to: &mut Self) -> Result<(), DropReason> {
        let voice = to.setup.voice.ok_or(DropReason::PayloadType)?;
        let (rate, _) = codec.rates_to(voice.codec);
        let epoch = self.receiver.epoch();
        if !self.ear.as_ref().is_some_and(|ear| ear.is_for(codec, rate, epoch)) {
            self.ear = Ear::new(codec, rate, epoch).map(Box::new);
        }
        let mouth = to.mouth(Some(voice), Source::Peer(epoch), rate);
        let (ear, mouth) = self.ear.as_mut().zip(mouth).ok_or(DropReason::PayloadType)?;
        ear.take(piece, mouth);
        Ok(())
    }

    /// A packet of this leg goes no further. One of another kind takes a number and says nothing; after any other one the
    /// sound begins anew.
    fn miss(&mut self, reason: DropReason, extended: u64, to: &mut Self) {
        match self.ear.as_mut().zip(to.mouth.as_mut()) {
            Some((ear, mouth)) if reason == DropReason::PayloadType => ear.skip_number(extended, &mut **mouth),
            Some(_) | None => self.ear = None,
        }
    }

    /// What a packet of this leg is in the stream to `to`. An event goes between what is said there, as long as the
    /// sound around it is converted.
    fn item(&mut self, extended: u64, header: &RtpHeader, route: &Route, to: &mut Self) -> Item {
        let epoch = self.receiver.epoch();
        let mut item = Item {
            origin: Origin::Peer(epoch),
            clock_rate_hz: route.incoming.clock_rate_hz,
            extended,
            timestamp: header.timestamp,
            marker: header.marker,
            payload_type: route.outgoing,
            payload_len: header.payload_len(),
        };
        let Treatment::Event { clock_rate_hz } = route.treatment else {
            self.ear = None;
            return item;
        };
        item.clock_rate_hz = clock_rate_hz;
        let mouth = to.mouth.as_mut().filter(|mouth| mouth.source() == Source::Peer(epoch));
        if let Some((ear, mouth)) = self.ear.as_mut().zip(mouth) {
            let ahead = ear.ticks_ahead(header.timestamp);
            (item.extended, item.timestamp) = mouth.number(header.timestamp, ahead, ear.clock_rate_hz());
            ear.skip_number(extended, &mut **mouth);
            (item.origin, item.clock_rate_hz) = (Origin::Voice(mouth.run()), mouth.clock_rate_hz());
        }
        item
    }

    /// Makes the packet one of the stream to this leg.
    fn send(
        &mut self,
        item: &Item,
        header: &RtpHeader,
        route: &Route,
        now: Instant,
        packet: &mut [u8],
    ) -> Result<(), DropReason> {
        let fields = self.outgoing.stamp(item, now).ok_or(DropReason::Late)?;
        match route.treatment {
            Treatment::Relay | Treatment::Transcode(_) => {}
            Treatment::Convert(law) => law.convert(header.payload_mut(packet)),
            Treatment::Event { clock_rate_hz } if clock_rate_hz == route.incoming.clock_rate_hz => {}
            Treatment::Event { clock_rate_hz } => {
                stretch_event(header.payload_mut(packet), route.incoming.clock_rate_hz, clock_rate_hz);
            }
        }
        fields.rewrite(packet).ok_or(DropReason::Malformed)
    }

    fn has_output(&self) -> bool {
        self.watch.has_notice() || self.guard.has_notice() || self.mouth.as_ref().is_some_and(|mouth| mouth.is_ready())
    }
}

/// The duration of a telephone event (RFC 4733 §2.3) in ticks of another clock; one too long to be said is the longest.
fn stretch_event(payload: &mut [u8], from_hz: u32, to_hz: u32) {
    let Some([_, _, high, low]) = payload.first_chunk_mut::<4>() else { return };
    let duration = u64::from(u16::from_be_bytes([*high, *low])) * u64::from(to_hz) / u64::from(from_hz.max(1));
    [*high, *low] = u16::try_from(duration).unwrap_or(u16::MAX).to_be_bytes();
}

impl LegOutput {
    fn on(self, side: Side) -> Output {
        match self {
            Self::Rtp { to, len } => Output::Rtp { side, to, len },
            Self::Rtcp { to, len } => Output::Rtcp { side, to, len },
            Self::WrongKey => Output::Event(Event::WrongKey { side }),
            Self::Notice(Notice::Silent) => Output::Event(Event::Silent { side, lasting: SILENT_AFTER }),
            Self::Notice(Notice::Back) => Output::Event(Event::AudioBack { side }),
            Self::Notice(Notice::Dead) => Output::Event(Event::Dead { side }),
        }
    }
}
