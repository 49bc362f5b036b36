//! Digits of a leg: heard in what comes from it, and said to it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::leg::Leg;
use super::payload::{Format, Route, Treatment};
use crate::dtmf::{Dialler, Digit, EventPacket, EventPayload, GAP, Next, Saying, tone};
use crate::rtp::{HEADER_LEN, RtpHeader};
use crate::srtp::MAX_GROWTH;
use crate::ticks::earlier;
use crate::tone::Player;
use crate::voice::Piece;

/// In packets of which length events are said where no voice has one.
const PACKET_MS: u8 = 20;

/// What a packet has to do with digits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    Nothing,
    /// It is one of an event.
    Event(EventPacket),
    /// There is a tone in it, which others are told in another way.
    Muted,
}

impl Found {
    /// It tells a digit that the other leg is told already, as it has come by another way too.
    pub(super) fn is_said_by(&self, dialler: &Dialler, now: Instant) -> bool {
        match self {
            Self::Event(event) => {
                Digit::from_event(event.payload.event).is_some_and(|digit| dialler.has_said(digit, now))
            }
            Self::Nothing | Self::Muted => false,
        }
    }
}

impl Leg {
    /// Listens to a packet of this leg.
    #[inline]
    pub(super) fn look_for_digits(
        &mut self,
        extended: u64,
        header: &RtpHeader,
        route: Option<Route>,
        packet: &[u8],
        now: Instant,
    ) -> Found {
        let Some(route) = route.filter(|_| self.setup.direction.sends()) else { return Found::Nothing };
        if matches!(route.treatment, Treatment::Event | Treatment::Digit) {
            let Some(payload) = EventPayload::parse(header.payload(packet)) else { return Found::Nothing };
            let RtpHeader { timestamp, marker, .. } = *header;
            let clock_rate_hz = route.incoming.clock_rate_hz;
            let stream = self.receiver.epoch();
            return Found::Event(EventPacket {
                stream,
                extended,
                timestamp,
                clock_rate_hz,
                marker,
                payload,
                passed: false,
            });
        }
        self.hearing.hear_sound();
        let Format::Sound(codec) = route.incoming.format else { return Found::Nothing };
        if !self.setup.digits.listens {
            return Found::Nothing;
        }
        let piece = Piece { extended, timestamp: header.timestamp, payload: header.payload(packet) };
        let mutes = self.setup.digits.mutes;
        let is_tone = self.hearing.listen(codec, self.receiver.epoch(), piece, mutes, now);
        if is_tone && mutes { Found::Muted } else { Found::Nothing }
    }

    /// A packet of an event, of which is known what has become of it.
    pub(super) fn take_event(&mut self, event: EventPacket, now: Instant) {
        self.hearing.skip(event.extended, now);
        self.hearing.take_event(&event, now);
    }

    /// What signalling says is new.
    pub(super) fn settle_digits(&mut self, now: Instant) {
        if !self.setup.digits.listens {
            self.hearing.stop_listening(now);
        }
        if !self.setup.direction.receives() || self.setup.digits.said.is_none() {
            self.dialler.forget();
            self.digit = None;
        }
    }

    pub(super) fn say_digit(&mut self, digit: Digit, duration: Duration, now: Instant) {
        let Some(saying) = self.setup.digits.said.filter(|_| self.digit_listener().is_some()) else { return };
        let is_sayable = match saying {
            Saying::Events { .. } => true,
            Saying::Tones => digit != Digit::FLASH,
        };
        if is_sayable {
            self.dialler.push(digit, duration, now);
        }
    }

    /// Where digits go to.
    fn digit_listener(&self) -> Option<SocketAddr> {
        self.latch.peer().filter(|_| self.setup.direction.receives() && !self.setup.is_fax)
    }

    pub(super) fn next_digit_timeout(&self) -> Option<Instant> {
        let dialler = self.dialler.next_timeout().filter(|_| self.digit_listener().is_some());
        earlier(dialler, self.hearing.next_timeout())
    }

    /// The next packet of an event, or the beginning of a tone.
    pub(super) fn poll_digit(&mut self, now: Instant, out: &mut [u8]) -> Option<(SocketAddr, usize)> {
        let to = self.digit_listener()?;
        let setup = self.setup.digits;
        let packet_ms = self.setup.voice.map_or(PACKET_MS, |voice| voice.packet_ms);
        match self.dialler.next(setup.said?, packet_ms, setup.level_below_dbm0, now) {
            Next::Nothing => None,
            Next::Event { out: event, payload_type, clock_rate_hz } => {
                let fields = self.outgoing.stamp_event(&event, payload_type, clock_rate_hz, now);
                let bytes = event.payload.bytes();
                let end = out.len().checked_sub(MAX_GROWTH)?;
                fields.write(out.get_mut(..end)?)?.get_mut(..bytes.len())?.copy_from_slice(&bytes);
                Some((to, self.guard.seal(out, HEADER_LEN + bytes.len())?))
            }
            Next::Tone { digit, duration } => {
                let duration_ms = u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
                let silence_ms = u32::try_from(GAP.as_millis()).unwrap_or(0);
                self.players += 1;
                self.digit = Some(Player::new(tone(digit, duration_ms, silence_ms, setup.level_below_dbm0), now));
                None
            }
        }
    }
}
