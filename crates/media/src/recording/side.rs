//! One side that is listened to: a buffer for the codec that it speaks now.

use std::time::{Duration, Instant};

use warden_codec::Codec;

use super::JitterBuffer;
use crate::jitter::Packet;

/// Who changes the codec more often than this is not heard until then: a buffer costs more than a packet.
const CHANGES_AFTER: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(super) struct Hearing {
    rate_hz: u32,
    /// `None` until something came that can be decoded.
    buffer: Option<Box<JitterBuffer>>,
    /// What the buffer was made for, or could not be, and when.
    known: Option<(Codec, Instant)>,
    unheard: bool,
}

impl Hearing {
    pub(super) fn new(rate_hz: u32) -> Self {
        Self { rate_hz, buffer: None, known: None, unheard: false }
    }

    /// Whether something came that cannot be decoded.
    pub(super) fn has_unheard(&self) -> bool {
        self.unheard
    }

    /// A packet without a codec only has a number.
    pub(super) fn put(&mut self, codec: Option<Codec>, packet: Packet<'_>, now: Instant) {
        if let Some(codec) = codec {
            if !self.turn_to(codec, now) {
                return;
            }
            self.unheard |= self.buffer.is_none();
        }
        if let Some(buffer) = &mut self.buffer {
            buffer.put(now, packet);
        }
    }

    /// Something came that is sound, and nobody here knows how it goes.
    pub(super) fn miss(&mut self) {
        self.unheard = true;
    }

    /// Silence where nobody is heard.
    pub(super) fn pull(&mut self, at: Instant, frame: &mut [i16]) {
        match &mut self.buffer {
            Some(buffer) => {
                buffer.pull(at, frame);
            }
            None => frame.fill(0),
        }
    }

    pub(super) fn restart(&mut self) {
        if let Some(buffer) = &mut self.buffer {
            buffer.restart();
        }
    }

    /// Whether packets of this codec can be taken.
    fn turn_to(&mut self, codec: Codec, now: Instant) -> bool {
        match self.known {
            Some((known, _)) if known == codec => true,
            Some((_, since)) if now.saturating_duration_since(since) < CHANGES_AFTER => false,
            Some(_) | None => {
                self.known = Some((codec, now));
                self.buffer = JitterBuffer::new(codec, self.rate_hz).map(Box::new);
                true
            }
        }
    }
}
