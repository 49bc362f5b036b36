//! A jitter buffer: packets come as the network brings them, sound leaves at our own clock, 20 ms every 20 ms.
//!
//! Two phones need none between them; it is for who hears a call here: recordings, conferences, detectors.
//!
//! How long sound waits follows from how late packets come ([`JitterStatistics::target_delay`], 20 to 200 ms). A delay
//! that is to change, and a sender's clock that is faster or slower than ours, is made up for by periods of the sound
//! that are left out or put in. What is lost is made up as the codec knows best. While nothing is sent, the noise that
//! was described is heard, or the one that was there before.

mod adjust;
mod background;
mod cursor;
mod delay;
mod line;
mod numbers;
mod play;
mod produce;
mod slots;
mod statistics;
mod timeline;

use std::time::{Duration, Instant};

pub use statistics::JitterStatistics;
use warden_codec::resample::Resampler;
use warden_codec::{Codec, Decoder};

use background::Background;
use cursor::Cursor;
use delay::Delay;
use line::Line;
use numbers::{Number, Numbers};
use slots::{Head, Kind, LONGEST_PAYLOAD, SLOTS, Slots};
use timeline::Timeline;

/// What there is room for besides the past: a packet of 120 ms, what is left of one before, and what is put in.
const ROOM_MS: usize = 200;
/// How long a frame is.
pub const FRAME_MS: u32 = 20;

/// A packet of the stream.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'p> {
    /// Changes when the stream begins anew, with another SSRC or other numbers:
    /// [`Receiver::epoch`](crate::receiver::Receiver::epoch).
    pub epoch: u64,
    /// The sequence number without wrapping.
    pub extended: u64,
    /// As it is in the header.
    pub timestamp: u32,
    /// What it carries.
    pub content: Content<'p>,
}

/// What a packet carries.
#[derive(Clone, Copy, Debug)]
pub enum Content<'p> {
    /// A payload of the codec. An empty one is nothing.
    Sound(&'p [u8]),
    /// Comfort noise (RFC 3389): until sound comes again, this is heard.
    Noise(&'p [u8]),
    /// Something that is not heard, such as a telephone event. Its number is not missing.
    Nothing,
}

/// Where a frame comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Played {
    /// From packets, at least a part of it.
    Sound,
    /// Made up in place of what is lost or late.
    MadeUp,
    /// Nobody speaks, and noise is heard.
    Noise,
    /// Nobody speaks, and nothing is heard.
    Silence,
}

/// The packets of one leg become its sound. About 70 KB at 8 kHz; nothing is allocated later but by
/// [`JitterBuffer::restart`] and another epoch.
#[derive(Debug)]
pub struct JitterBuffer {
    codec: Codec,
    /// Of the decoder.
    rate_hz: u32,
    decoder: Decoder,
    resampler: Option<Resampler>,
    /// A frame at the decoder's rate.
    frame: Box<[i16]>,
    origin: Option<Instant>,
    epoch: Option<u64>,
    numbers: Numbers,
    slots: Slots,
    timeline: Timeline,
    delay: Delay,
    line: Line,
    background: Background,
    cursor: Cursor,
    counts: JitterStatistics,
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

impl JitterBuffer {
    /// Frames have `sample_rate_hz`: 8000, 16,000, 24,000, 32,000 or 48,000. `None` for other rates, and when the codec
    /// cannot be decoded.
    #[must_use]
    pub fn new(codec: Codec, sample_rate_hz: u32) -> Option<Self> {
        matches!(sample_rate_hz, 8000 | 16_000 | 24_000 | 32_000 | 48_000).then_some(())?;
        let rate_hz = codec.sample_rate_hz(Some(sample_rate_hz));
        let resampler = Resampler::new(rate_hz, sample_rate_hz)?;
        let per_ms = usize::try_from(rate_hz / 1000).ok()?;
        let frame = per_ms * FRAME_MS as usize;
        Some(Self {
            codec,
            rate_hz,
            decoder: Decoder::new(codec, rate_hz)?,
            resampler: (rate_hz != sample_rate_hz).then_some(resampler),
            frame: vec![0; frame].into_boxed_slice(),
            origin: None,
            epoch: None,
            numbers: Numbers::default(),
            slots: Slots::new(),
            timeline: Timeline::new(codec.clock_rate_hz()),
            delay: Delay::new(),
            line: Line::new(rate_hz, per_ms * ROOM_MS),
            background: Background::new(),
            cursor: Cursor::new(per_ms * usize::from(codec.packet_ms(20))),
            counts: JitterStatistics::default(),
        })
    }

    /// Whose packets it takes.
    #[must_use]
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Takes a packet that came at `now`. One that is too long, too late or too many is dropped and counted.
    pub fn put(&mut self, now: Instant, packet: Packet<'_>) {
        self.counts.packets += 1;
        let now_us = self.elapsed_us(now);
        if self.epoch.replace(packet.epoch).is_some_and(|before| before != packet.epoch) {
            self.restart();
        }
        match self.numbers.note(packet.extended) {
            Number::New => {}
            Number::Twice => {
                self.counts.duplicates += 1;
                return;
            }
            Number::Far => {
                self.restart();
                self.numbers.note(packet.extended);
            }
        }
        let (kind, payload) = match packet.content {
            Content::Sound([]) | Content::Noise([]) | Content::Nothing => (Kind::Nothing, &[][..]),
            Content::Sound(payload) => (Kind::Sound, payload),
            Content::Noise(payload) => (Kind::Noise, payload),
        };
        let transit_us = self.delay.transit_us();
        let media_us = self.timeline.place(packet.extended, packet.timestamp, now_us, transit_us);
        let head = Head { extended: packet.extended, media_us, kind };
        let is_late = self.cursor.is_past(packet.extended);
        if kind == Kind::Sound {
            self.delay.note(now_us, now_us - media_us, is_late || self.is_awaited(head));
        }
        if is_late {
            self.counts.late += 1;
        } else if payload.len() > LONGEST_PAYLOAD {
            self.counts.unreadable += 1;
        } else {
            self.make_room(head.extended);
            self.slots.keep(head, payload);
        }
    }

    /// Begins anew, as after another epoch: what waits is forgotten, what is known of the network is not.
    ///
    /// Nothing need be called for packets of another epoch.
    pub fn restart(&mut self) {
        if let Some(decoder) = Decoder::new(self.codec, self.rate_hz) {
            self.decoder = decoder;
        }
        self.slots.clear();
        self.numbers = Numbers::default();
        self.timeline = Timeline::new(self.codec.clock_rate_hz());
        self.cursor.forget_numbers();
        self.fall_silent(None);
    }

    /// What was done so far.
    #[must_use]
    pub fn statistics(&self) -> JitterStatistics {
        JitterStatistics { target_delay: duration(self.delay.target_us()), ..self.counts }
    }

    /// The numbers that wait, and this one, are to be within [`SLOTS`] of each other: those before are dropped.
    fn make_room(&mut self, extended: u64) {
        let first = self.cursor.lower_to(extended);
        let Some(from) = extended.checked_sub(SLOTS - 1).filter(|from| *from > first) else { return };
        let mut dropped = 0;
        while let Some(head) = self.slots.first(first).filter(|head| head.extended < from) {
            self.slots.remove(head.extended);
            dropped += 1;
        }
        self.counts.dropped += dropped;
        self.counts.lost += (from - first).saturating_sub(dropped);
        self.cursor.skip_to(from);
    }

    /// In microseconds since the first packet or frame.
    fn elapsed_us(&mut self, now: Instant) -> i64 {
        let elapsed = now.saturating_duration_since(*self.origin.get_or_insert(now));
        i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX / 4)
    }

    fn samples_us(&self, samples: usize) -> i64 {
        i64::try_from(samples).unwrap_or_default() * 1000 / i64::from(self.rate_hz / 1000)
    }
}
