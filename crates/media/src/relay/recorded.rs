//! A session that is recorded: what each leg sends is heard, whatever becomes of it then.

use std::time::Instant;

use super::leg::Leg;
use super::payload::{Format, Route};
use super::{Session, Side};
use crate::jitter::{Content, Packet};
use crate::recording::{Block, Fineness, Recording};
use crate::voice::Piece;

/// The payload type of comfort noise (RFC 3551 §6), which the other leg need not have agreed to.
const COMFORT_NOISE: u8 = 13;

impl Session {
    /// Records what both legs send, or no longer. The answer is the recording that was there: what it has to say yet is
    /// for the owner to take, after [`Recording::finish`].
    ///
    /// Tones and music that we play are not in it, nor digits that come as events, nor what is said on hold: a leg is heard
    /// as long as it says that it sends.
    pub fn record(&mut self, recording: Option<Box<Recording>>) -> Option<Box<Recording>> {
        std::mem::replace(&mut self.recording, recording)
    }

    /// The recording under way.
    pub fn recording_mut(&mut self) -> Option<&mut Recording> {
        self.recording.as_deref_mut()
    }

    /// The next second of the recording that is complete at `now`. To be drained whenever [`Session::poll`] is.
    pub fn poll_recorded(&mut self, now: Instant) -> Option<Block> {
        self.recording.as_mut()?.poll(now)
    }

    /// How finely what the legs speak is worth recording.
    #[must_use]
    pub fn fineness(&self) -> Fineness {
        let spoken = [&self.a, &self.b].map(|leg| {
            let heard = leg.codec.and_then(|payload| payload.format.codec());
            heard.or(leg.setup.voice.map(|voice| voice.codec))
        });
        Fineness::of(spoken.into_iter().flatten())
    }
}

impl Leg {
    /// Lets a recording hear what has come from this leg.
    pub(super) fn dictate(
        &self,
        recording: &mut Recording,
        side: Side,
        payload_type: u8,
        route: Option<&Route>,
        piece: Piece<'_>,
        now: Instant,
    ) {
        if !self.setup.direction.sends() {
            return;
        }
        let Piece { extended, timestamp, payload } = piece;
        let (codec, content) = match route.map(|route| route.incoming.format) {
            Some(Format::Sound(codec)) => (Some(codec), Content::Sound(payload)),
            Some(Format::ComfortNoise) => (None, Content::Noise(payload)),
            None if payload_type == COMFORT_NOISE => (None, Content::Noise(payload)),
            Some(Format::Other(_)) => return recording.miss(side),
            Some(Format::TelephoneEvent) | None => (None, Content::Nothing),
        };
        recording.hear(side, codec, Packet { epoch: self.receiver.epoch(), extended, timestamp, content }, now);
    }
}
