//! Two legs joined: what comes from one goes to the other, in the same buffer, or is dropped and counted.
//!
//! The owner calls [`Session::receive`] and [`Session::receive_rtcp`] for what its sockets get, and at
//! [`Session::next_timeout`] drains [`Session::poll`]. A packet only ever moves timeouts to later, so it need not ask
//! again after each, except where [`Session::has_output`] says that there is news.

mod digits;
mod fax;
mod finding;
mod guard;
mod leg;
mod outgoing;
mod output;
mod pass;
mod payload;
mod program;
mod recorded;
mod reports;
mod speak;
mod statistics;
mod watch;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub use fax::FaxCount;
pub use finding::{Clue, Finding};
pub use guard::WRONG_KEY_AFTER;
pub use leg::{Leg, LegSetup, Remote};
pub use output::{Event, Output, Verdict};
pub use payload::{Format, Payload, ROUTES, Routes};
pub use program::Program;
pub use statistics::{DropReason, Drops, LegStatistics};
pub use warden_sdp::Direction;
pub use watch::{DEAD_AFTER, SILENT_AFTER};

use crate::dtmf::{Digit, EventPacket};
use crate::receiver::Arrival;
use crate::recording::Recording;
use crate::rtp::{HEADER_LEN, PacketKind, RtpHeader};
use crate::srtp::MAX_GROWTH;
use crate::station::{Packet, Tuned};
use crate::ticks::earlier;
use crate::voice::Piece;
use digits::Found;
use outgoing::Origin;
use payload::{Route, Treatment};

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

/// How long a buffer for [`Session::poll`] must be to hold whatever is written.
pub const OUTPUT_LEN: usize = 1500 + MAX_GROWTH;
/// The most that a packet of our own carries.
pub(crate) const MAX_PAYLOAD: usize = OUTPUT_LEN - MAX_GROWTH - HEADER_LEN;

/// Two legs joined with each other.
#[derive(Debug)]
pub struct Session {
    a: Leg,
    b: Leg,
    /// What was counted of the legs that A and B have replaced.
    before: [Option<LegStatistics>; 2],
    recording: Option<Box<Recording>>,
}

impl Session {
    /// Joins two legs. Their streams go on; what each hears from now on is a new source to it.
    #[must_use]
    pub fn new(mut a: Leg, mut b: Leg) -> Self {
        a.outgoing.interrupt();
        b.outgoing.interrupt();
        Self { a, b, before: [None, None], recording: None }
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
        if let Some(recording) = &mut self.recording {
            recording.forget(side);
        }
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

    /// Plays something to a leg in place of what the other one sends, from `now` on; `None` stops it.
    ///
    /// It also stops at its own end, and with the leg. It waits while the leg receives nothing or has no address. A leg
    /// that hears no tones ([`LegSetup::tones`]), or has no voice for music, goes on hearing the other one.
    pub fn play(&mut self, side: Side, program: Option<Program>, now: Instant) {
        self.leg_mut(side).play(program, now);
    }

    /// The music that a leg is to be told now, which changes with what is played to it and with its setup.
    #[must_use]
    pub fn tuned(&self, side: Side) -> Option<Tuned> {
        self.leg(side).tuned()
    }

    /// Writes a packet of the station that a leg listens to into `out`, of at least [`OUTPUT_LEN`] bytes: where to send it,
    /// from the leg's RTP socket, and its length. `None` when the leg does not listen, or not so.
    pub fn broadcast(
        &mut self,
        side: Side,
        packet: &Packet<'_>,
        now: Instant,
        out: &mut [u8],
    ) -> Option<(SocketAddr, usize)> {
        self.leg_mut(side).broadcast(packet, now, out)
    }

    /// Says a digit to a leg in its way ([`LegSetup::digits`]), after those that it is still told, in place of what else it
    /// hears. When [`MAX_DIGITS`](crate::dtmf::MAX_DIGITS) wait, the leg hears nothing, or events of the other leg have just told it
    /// the same digit, it is not said.
    pub fn say_digit(&mut self, side: Side, digit: Digit, duration: Duration, now: Instant) {
        if !self.leg(side.other()).hearing.has_passed(digit, now) {
            self.leg_mut(side).say_digit(digit, duration, now);
        }
    }

    /// A datagram has come to the RTP socket of `side`; it is the first `len` bytes of the buffer. The packet is opened and
    /// made ready to be forwarded in place; fax is forwarded as it is. Where the other leg is encrypted it needs [`MAX_GROWTH`] bytes of room behind it.
    pub fn receive(&mut self, side: Side, source: SocketAddr, now: Instant, buffer: &mut [u8], len: usize) -> Verdict {
        let Some(packet) = buffer.get_mut(..len) else { return self.drop(side, DropReason::NotRtp) };
        if self.leg(side).setup.is_fax {
            return match self.relay_fax(side, source, packet) {
                Ok(to) => Verdict::Forward { side: side.other(), to, len },
                Err(reason) => self.drop(side, reason),
            };
        }
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

    /// The leg of `side`, and the one that hears it.
    fn way(&mut self, side: Side) -> (&mut Leg, &mut Leg) {
        match side {
            Side::A => (&mut self.a, &mut self.b),
            Side::B => (&mut self.b, &mut self.a),
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
        let Self { a, b, recording, .. } = self;
        let (from, to) = match side {
            Side::A => (a, b),
            Side::B => (b, a),
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
        let way = to.destination(from.setup.direction, route);
        let found = from.look_for_digits(extended, &header, route, packet, now);
        let is_muted = matches!(found, Found::Muted);
        let way = if is_muted || found.is_said_by(&to.dialler, now) { way.and(Err(DropReason::Digit)) } else { way };
        if let Some(recording) = recording {
            let piece = Piece { extended, timestamp: header.timestamp, payload: header.payload(packet) };
            // A tone that the other leg does not hear is not kept either.
            let route = route.as_ref().filter(|_| !is_muted);
            from.dictate(recording, side, header.payload_type, route, piece, now);
        }
        let passed = match way {
            Ok((peer, route)) => {
                pass(from, to, extended, (&header, &route), now, buffer, len).map(|len| len.map(|len| (peer, len)))
            }
            Err(reason) => {
                from.miss(reason, extended, to);
                if is_newest {
                    to.outgoing.withhold(Origin::Peer(from.receiver.epoch()), extended);
                }
                Err(reason)
            }
        };
        if let Found::Event(event) = found {
            from.take_event(EventPacket { passed: passed.is_ok(), ..event }, now);
        }
        passed
    }

    /// Whether [`Session::poll`] or [`Session::poll_recorded`] has something to say before [`Session::next_timeout`] as it was
    /// asked last.
    #[must_use]
    pub fn has_output(&self) -> bool {
        let has_recorded = self.recording.as_ref().is_some_and(|recording| recording.has_block());
        has_recorded || self.a.has_output() || self.b.has_output()
    }

    /// When to drain [`Session::poll`].
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let recording = self.recording.as_ref().and_then(|recording| recording.next_timeout());
        earlier(recording, earlier(self.a.next_timeout(), self.b.next_timeout()))
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

/// Makes a packet one for the other leg, in place: its length, or `None` when it is said later in another codec.
fn pass(
    from: &mut Leg,
    to: &mut Leg,
    extended: u64,
    (header, route): (&RtpHeader, &Route),
    now: Instant,
    buffer: &mut [u8],
    len: usize,
) -> Result<Option<usize>, DropReason> {
    let packet = buffer.get_mut(..len).ok_or(DropReason::Malformed)?;
    if let Treatment::Transcode(codec) = route.treatment {
        let piece = Piece { extended, timestamp: header.timestamp, payload: header.payload(packet) };
        return from.hear(codec, piece, to).map(|()| None);
    }
    let item = from.item(extended, header, route, to);
    to.send(&item, header, route, now, packet)?;
    to.guard.seal(buffer, len).ok_or(DropReason::NotEncrypted).map(Some)
}
