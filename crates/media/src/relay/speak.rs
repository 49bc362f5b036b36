//! What a leg is told that does not come from the other one as it is: tones, music, and converted sound.

use std::net::SocketAddr;
use std::time::Instant;

use super::leg::Leg;
use super::outgoing::{Item, Origin};
use super::program::{Playing, Program};
use crate::rtp::HEADER_LEN;
use crate::srtp::MAX_GROWTH;
use crate::station::Packet;
use crate::tone::{FRAME, Player};
use crate::voice::{Listener, Mouth, Source, Voice};

impl Leg {
    pub(super) fn play(&mut self, program: Option<Program>, now: Instant) {
        self.players += 1;
        self.end_playing();
        self.playing = program.map(|program| Playing::new(program, now));
        if let Some(Playing::Tone(_)) = self.playing {
            // Made now, so that no packet costs an allocation.
            self.mouth(self.setup.tones, Source::Player(self.players), Player::SAMPLE_RATE_HZ);
        }
    }

    fn end_playing(&mut self) {
        self.playing = None;
        self.forget_played();
    }

    /// A mouth that only played is not needed any more, unless conversion goes on with it.
    fn forget_played(&mut self) {
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
    pub(super) fn listener(&self) -> Option<SocketAddr> {
        let is_spoken_to = self.setup.voice.is_some() || self.setup.tones.is_some();
        let hears = self.setup.direction.receives() && !self.setup.is_fax;
        self.latch.peer().filter(|_| hears && is_spoken_to)
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

    /// The next packet of our own. A tone that nobody can hear waits until somebody can.
    pub(super) fn poll_voice(&mut self, now: Instant, out: &mut [u8]) -> Option<(SocketAddr, usize)> {
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
        let number = self.players;
        let player = match (&mut self.digit, &mut self.playing) {
            (Some(digit), _) => digit,
            (None, Some(Playing::Tone(player))) => player,
            (None, Some(Playing::Music(_)) | None) => return None,
        };
        if player.next_timeout().is_none() {
            if self.mouth.as_mut().is_some_and(|mouth| mouth.finish()) {
                return Some(());
            }
            return self.end_one();
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

    /// The digit, or else the tone, is over; whether a tone goes on.
    fn end_one(&mut self) -> Option<()> {
        if self.digit.take().is_none() {
            self.end_playing();
        } else if matches!(self.playing, Some(Playing::Tone(_))) {
            self.players += 1;
            return Some(());
        } else {
            self.forget_played();
        }
        None
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
            is_event: false,
        };
        self.outgoing.stamp(&item, now)?.write(out)?;
        Some(HEADER_LEN + said.len)
    }

    /// Writes a station's packet as one of the stream to this leg: where it goes to and its length.
    pub(super) fn broadcast(
        &mut self,
        packet: &Packet<'_>,
        now: Instant,
        out: &mut [u8],
    ) -> Option<(SocketAddr, usize)> {
        let to = self.listener()?;
        let voice = self.setup.voice.filter(|voice| voice.is_same_sound(packet.voice))?;
        let Some(Playing::Music(_)) = self.playing else { return None };
        if self.dialler.is_busy() {
            return None;
        }
        let item = Item {
            origin: Origin::Station(packet.channel),
            clock_rate_hz: voice.codec.clock_rate_hz(),
            extended: packet.number,
            timestamp: packet.timestamp,
            marker: packet.marker,
            payload_type: voice.payload_type,
            payload_len: packet.payload.len(),
            is_event: false,
        };
        let len = HEADER_LEN + packet.payload.len();
        out.get_mut(HEADER_LEN..len)?.copy_from_slice(packet.payload);
        self.outgoing.stamp(&item, now)?.write(out)?;
        Some((to, self.guard.seal(out, len)?))
    }
}
