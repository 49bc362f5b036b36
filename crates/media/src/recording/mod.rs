//! A call as it sounded: what each side says, in a channel of its own, in blocks of a second for whoever writes them down.
//!
//! Each side has a [`JitterBuffer`] for the codec that it speaks, and another codec makes another one. Frames of 20 ms are
//! taken at their own times, but only when something is done with the recording anyway: a packet takes those that are due
//! before it is put. Nothing is heard differently than if a timer went off every 20 ms, and no timer does.
//!
//! What says when sound is heard is the time that has passed, so a block has its place whatever became of those before it.

mod side;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use warden_codec::Codec;

use crate::jitter::{FRAME_MS, JitterBuffer, Packet};
use crate::relay::Side;
use side::Hearing;

/// How many frames a block has, a second of them; the last before a pause, and the last of all, may have less.
const FRAMES_OF_BLOCK: usize = 50;
/// An owner that comes later than this has missed what was said meanwhile: it is silence.
const LATEST: Duration = Duration::from_secs(2);
/// How many blocks wait for an owner that does not take them; one more is dropped, and its place stays empty.
const MAX_WAITING: usize = 4;
const FRAME: Duration = Duration::from_millis(FRAME_MS as u64);
/// The samples of a frame at the highest rate.
const LONGEST_FRAME: usize = 320;

/// How finely sound is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fineness {
    /// 8000 samples a second in each channel: all that most telephones have.
    Narrow,
    /// 16,000.
    Wide,
}

impl Fineness {
    /// What does justice to these codecs.
    #[must_use]
    pub fn of(codecs: impl IntoIterator<Item = Codec>) -> Self {
        let is_wide = codecs.into_iter().any(|codec| codec.sample_rate_hz(None) > 8000);
        if is_wide { Self::Wide } else { Self::Narrow }
    }

    /// Samples in a second of a channel.
    #[must_use]
    pub const fn rate_hz(self) -> u32 {
        match self {
            Self::Narrow => 8000,
            Self::Wide => 16_000,
        }
    }

    fn frame(self) -> usize {
        match self {
            Self::Narrow => LONGEST_FRAME / 2,
            Self::Wide => LONGEST_FRAME,
        }
    }
}

/// Some of what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The place of the first sample in its channel. Where no block has come for a place, there is silence.
    pub at: u64,
    /// A and B in turn.
    pub samples: Vec<i16>,
    /// Whether A and B have said something up to here that cannot be decoded, which is silence.
    pub unheard: [bool; 2],
}

/// Both sides of a call while it is recorded: about 30 KB, and 70 more for each side that has spoken. A packet allocates
/// nothing but where a codec begins; each second takes one block.
#[derive(Debug)]
pub struct Recording {
    fineness: Fineness,
    a: Hearing,
    b: Hearing,
    /// When the next frame is due; `None` while it is paused.
    due: Option<Instant>,
    block: Block,
    waiting: VecDeque<Block>,
}

impl Recording {
    /// Begins at `now`.
    #[must_use]
    pub fn new(fineness: Fineness, now: Instant) -> Self {
        Self {
            fineness,
            a: Hearing::new(fineness.rate_hz()),
            b: Hearing::new(fineness.rate_hz()),
            due: Some(now + FRAME),
            block: Block { at: 0, samples: Vec::new(), unheard: [false; 2] },
            waiting: VecDeque::with_capacity(MAX_WAITING),
        }
    }

    /// How finely it is kept.
    #[must_use]
    pub fn fineness(&self) -> Fineness {
        self.fineness
    }

    /// A side has sent a packet of this codec; of none, when only its number counts.
    pub fn hear(&mut self, side: Side, codec: Option<Codec>, packet: Packet<'_>, now: Instant) {
        if self.due.is_some() {
            self.run(now);
            self.hearing(side).put(codec, packet, now);
        }
    }

    /// A side has said something that cannot be decoded.
    pub fn miss(&mut self, side: Side) {
        self.hearing(side).miss();
    }

    /// Another phone has taken the place of a side: the stream that comes now has nothing to do with the one before.
    pub fn forget(&mut self, side: Side) {
        let rate_hz = self.fineness.rate_hz();
        *self.hearing(side) = Hearing::new(rate_hz);
    }

    /// From now on nothing is kept. The time that passes is left out.
    pub fn pause(&mut self, now: Instant) {
        self.run(now);
        self.cut();
        self.due = None;
    }

    /// Goes on after [`Recording::pause`].
    pub fn resume(&mut self, now: Instant) {
        if self.due.is_none() {
            self.a.restart();
            self.b.restart();
            self.due = Some(now + FRAME);
        }
    }

    /// Whether it is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.due.is_none()
    }

    /// How long each channel is up to now, in samples, pauses left out.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.block.at + self.block.samples.len() as u64 / 2
    }

    /// The next block that is complete at `now`, the oldest first.
    pub fn poll(&mut self, now: Instant) -> Option<Block> {
        if self.due.is_some() {
            self.run(now);
        }
        self.waiting.pop_front()
    }

    /// Whether a block waits.
    #[must_use]
    pub fn has_block(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// When the block that has begun will be complete; `None` while it is paused.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let kept = self.block.samples.len() / (2 * self.fineness.frame());
        let missing = FRAMES_OF_BLOCK.saturating_sub(kept + 1);
        Some(self.due? + FRAME * u32::try_from(missing).unwrap_or_default())
    }

    /// Ends it: what [`Recording::poll`] has to say then is the last.
    pub fn finish(&mut self, now: Instant) {
        if self.due.is_some() {
            self.pause(now);
        }
    }

    /// Takes the frames that are due.
    fn run(&mut self, now: Instant) {
        let Some(mut due) = self.due else { return };
        if now.saturating_duration_since(due) > LATEST {
            due = self.skip(due, now);
        }
        while due <= now {
            self.take_frame(due);
            due += FRAME;
        }
        self.due = Some(due);
    }

    /// Leaves the frames up to `now` empty: when the next one is due.
    fn skip(&mut self, due: Instant, now: Instant) -> Instant {
        let frames = now.saturating_duration_since(due).as_millis() / u128::from(FRAME_MS);
        let frames = u64::try_from(frames).unwrap_or_default();
        self.cut();
        self.block.at += frames * self.fineness.frame() as u64;
        due + Duration::from_millis(frames * u64::from(FRAME_MS))
    }

    fn take_frame(&mut self, at: Instant) {
        let mut room = [[0; LONGEST_FRAME]; 2];
        let [a, b] = room.each_mut().map(|room| room.get_mut(..self.fineness.frame()).unwrap_or_default());
        self.a.pull(at, a);
        self.b.pull(at, b);
        let full = FRAMES_OF_BLOCK * 2 * self.fineness.frame();
        if self.block.samples.capacity() == 0 {
            self.block.samples.reserve_exact(full);
        }
        self.block.samples.extend(a.iter().zip(b.iter()).flat_map(|(a, b)| [*a, *b]));
        if self.block.samples.len() >= full {
            self.cut();
        }
    }

    /// Ends the block that has begun.
    fn cut(&mut self) {
        let next = Block { at: self.length(), samples: Vec::new(), unheard: [false; 2] };
        let mut done = std::mem::replace(&mut self.block, next);
        if done.samples.is_empty() {
            return;
        }
        done.unheard = [self.a.has_unheard(), self.b.has_unheard()];
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back(done);
        }
    }

    fn hearing(&mut self, side: Side) -> &mut Hearing {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }
}
