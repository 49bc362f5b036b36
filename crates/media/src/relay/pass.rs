//! The way of a packet from one leg to the other.

use std::net::SocketAddr;
use std::time::Instant;

use warden_codec::Codec;
use warden_sdp::Direction;

use super::leg::Leg;
use super::outgoing::{Item, Origin};
use super::payload::{Format, Route, Treatment};
use super::statistics::DropReason;
use crate::latch::{Admission, LatchMode, LatchState};
use crate::receiver::{Arrival, Timing};
use crate::rtp::RtpHeader;
use crate::voice::{Ear, Piece, Source};

impl Leg {
    /// Latch, watch and receiver look at a packet from this leg's socket.
    pub(super) fn take_in(
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
        if route.incoming.format == Format::ComfortNoise {
            self.watch.hear_pause(now);
        } else {
            self.watch.hear_audio(now);
        }
        let is_event = matches!(route.treatment, Treatment::Event | Treatment::Digit);
        let timing = if is_event { Timing::Event } else { Timing::Sampled };
        if route.incoming.is_sound() {
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
    pub(super) fn destination(&self, from: Direction, route: Option<Route>) -> Result<(SocketAddr, Route), DropReason> {
        let route = route.filter(|_| !self.setup.is_fax).ok_or(DropReason::PayloadType)?;
        if !from.sends() {
            return Err(DropReason::NotSending);
        }
        if !self.setup.direction.receives() {
            return Err(DropReason::NotReceiving);
        }
        if self.is_playing() || self.dialler.is_busy() {
            return Err(DropReason::Playing);
        }
        match route.treatment {
            Treatment::Digit => return Err(DropReason::Digit),
            Treatment::Noise => return Err(DropReason::Noise),
            Treatment::Relay | Treatment::Event | Treatment::Convert(_) | Treatment::Transcode(_) => {}
        }
        Ok((self.latch.peer().ok_or(DropReason::NoDestination)?, route))
    }

    /// Listens to a packet of this leg, and has `to` say what was heard.
    pub(super) fn hear(&mut self, codec: Codec, piece: Piece<'_>, to: &mut Self) -> Result<(), DropReason> {
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
    pub(super) fn miss(&mut self, reason: DropReason, extended: u64, to: &mut Self) {
        match self.ear.as_mut().zip(to.mouth.as_mut()) {
            Some((ear, mouth)) if matches!(reason, DropReason::PayloadType | DropReason::Digit | DropReason::Noise) => {
                ear.skip_number(extended, &mut **mouth);
            }
            Some(_) | None => self.ear = None,
        }
    }

    /// What a packet of this leg is in the stream to `to`. An event goes between what is said there, as long as the
    /// sound around it is converted.
    pub(super) fn item(&mut self, extended: u64, header: &RtpHeader, route: &Route, to: &mut Self) -> Item {
        let epoch = self.receiver.epoch();
        let mut item = Item {
            origin: Origin::Peer(epoch),
            clock_rate_hz: route.incoming.clock_rate_hz,
            extended,
            timestamp: header.timestamp,
            marker: header.marker,
            payload_type: route.outgoing,
            payload_len: header.payload_len(),
            is_event: route.treatment == Treatment::Event,
        };
        if route.treatment != Treatment::Event {
            self.ear = None;
            return item;
        }
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
    pub(super) fn send(
        &mut self,
        item: &Item,
        header: &RtpHeader,
        route: &Route,
        now: Instant,
        packet: &mut [u8],
    ) -> Result<(), DropReason> {
        let fields = self.outgoing.stamp(item, now).ok_or(DropReason::Late)?;
        match route.treatment {
            Treatment::Relay | Treatment::Event | Treatment::Digit | Treatment::Noise | Treatment::Transcode(_) => {}
            Treatment::Convert(law) => law.convert(header.payload_mut(packet)),
        }
        fields.rewrite(packet).ok_or(DropReason::Malformed)
    }

    pub(super) fn has_output(&self) -> bool {
        self.watch.has_notice()
            || self.guard.has_notice()
            || self.hearing.has_news()
            || self.mouth.as_ref().is_some_and(|mouth| mouth.is_ready())
    }
}
