//! What is heard of one leg's digits: by events, and by tones in its sound where they are listened for.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use warden_codec::Codec;

use super::{By, Detector, Digit, EventPacket, EventReceiver, Heard, SAME};
use crate::ticks::earlier;
use crate::voice::{Ear, Listener, Piece};

/// A tone is over when no sound has come for this time.
const LOST_AFTER: Duration = Duration::from_millis(200);
/// How many digits wait to be told; they are fetched after each packet.
const MAX_WAITING: usize = 8;
/// Digits come faster than one in this time only for a moment: who sends more is not believed.
const PACE: Duration = Duration::from_millis(40);
/// How many may come at once.
const BURST: u32 = 32;
/// What tones are listened for at, where the codec lets us choose.
const SAMPLE_RATE_HZ: u32 = 8000;

#[derive(Debug, Default)]
pub(crate) struct Hearing {
    events: EventReceiver,
    tones: Option<Box<Tones>>,
    waiting: VecDeque<Heard>,
    /// The event of which a packet has gone on to the other leg last, and when.
    passed: Option<(u8, Instant)>,
    /// Something is to be told, or to be waited for, that the owner does not know of.
    has_news: bool,
    pace: Pace,
}

/// Listens for tones.
#[derive(Debug)]
struct Tones {
    ear: Ear,
    detector: Detector,
    heard_at: Instant,
}

/// The digits that may come at present.
#[derive(Debug, Default)]
struct Pace {
    /// When the next one might come if all had come in time.
    due: Option<Instant>,
}

impl Hearing {
    /// A packet of an event.
    pub(crate) fn take_event(&mut self, packet: &EventPacket, now: Instant) {
        if packet.passed {
            self.passed = Some((packet.payload.event, now));
        }
        for heard in self.events.take(packet, now).into_iter().flatten() {
            self.tell(heard, now);
        }
        self.has_news = true;
    }

    /// Whether the other leg was told this digit just now, by events that went on to it.
    pub(crate) fn has_passed(&self, digit: Digit, now: Instant) -> bool {
        self.passed.is_some_and(|(event, at)| event == digit.event() && now < at + SAME)
    }

    /// Other sound of this leg.
    #[inline]
    pub(crate) fn hear_sound(&mut self) {
        self.events.hear_sound();
    }

    /// Listens to a packet; whether there is a tone in it that might be a digit. `muted`: it does not go on then.
    pub(crate) fn listen(&mut self, codec: Codec, epoch: u64, piece: Piece<'_>, muted: bool, now: Instant) -> bool {
        let rate_hz = codec.sample_rate_hz(Some(SAMPLE_RATE_HZ));
        if !self.tones.as_ref().is_some_and(|tones| tones.ear.is_for(codec, rate_hz, epoch)) {
            self.stop_listening(now);
            let ear = Ear::new(codec, rate_hz, epoch);
            self.tones = ear.map(|ear| Box::new(Tones { ear, detector: Detector::new(rate_hz), heard_at: now }));
        }
        let Some(mut tones) = self.tones.take() else { return false };
        let was_busy = tones.detector.is_busy();
        tones.heard_at = now;
        let mut told = |digit, duration| self.tell(Heard { digit, duration, by: By::Tone, passed: !muted }, now);
        tones.ear.take(piece, &mut Listening { detector: &mut tones.detector, told: &mut told });
        // A tone that begins is to be waited for.
        self.has_news |= tones.detector.is_busy() && !was_busy;
        let is_suspicious = tones.detector.is_suspicious();
        self.tones = Some(tones);
        is_suspicious
    }

    /// A packet of the stream carries no sound.
    pub(crate) fn skip(&mut self, extended: u64, now: Instant) {
        let Some(mut tones) = self.tones.take() else { return };
        let mut told = |digit, duration| self.tell(Heard { digit, duration, by: By::Tone, passed: false }, now);
        tones.ear.skip_number(extended, &mut Listening { detector: &mut tones.detector, told: &mut told });
        self.tones = Some(tones);
    }

    /// Tones are not listened for any more.
    pub(crate) fn stop_listening(&mut self, now: Instant) {
        if let Some(mut tones) = self.tones.take() {
            tones.detector.restart(&mut |digit, duration| {
                self.tell(Heard { digit, duration, by: By::Tone, passed: false }, now);
            });
        }
    }

    pub(crate) fn has_news(&self) -> bool {
        self.has_news
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let tones = self.tones.as_ref().filter(|tones| tones.detector.is_busy());
        earlier(self.events.next_timeout(), tones.map(|tones| tones.heard_at + LOST_AFTER))
    }

    /// The next digit to be told.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Heard> {
        if let Some(heard) = self.events.poll(now) {
            self.tell(heard, now);
        }
        if self.tones.as_ref().is_some_and(|tones| tones.detector.is_busy() && tones.heard_at + LOST_AFTER <= now) {
            self.stop_listening(now);
        }
        self.has_news = false;
        self.waiting.pop_front()
    }

    fn tell(&mut self, heard: Heard, now: Instant) {
        if self.waiting.len() < MAX_WAITING && self.pace.allows(now) {
            self.waiting.push_back(heard);
            self.has_news = true;
        }
    }
}

impl Pace {
    fn allows(&mut self, now: Instant) -> bool {
        let due = self.due.map_or(now, |due| due.max(now));
        let is_allowed = due - now <= PACE * BURST;
        if is_allowed {
            self.due = Some(due + PACE);
        }
        is_allowed
    }
}

struct Listening<'d, T> {
    detector: &'d mut Detector,
    told: &'d mut T,
}

impl<T: FnMut(Digit, Duration)> Listener for Listening<'_, T> {
    fn hear(&mut self, samples: &[i16]) {
        self.detector.hear(samples, self.told);
    }

    fn pause(&mut self, _samples: u64) {
        self.detector.restart(self.told);
    }

    fn restart(&mut self) {
        self.detector.restart(self.told);
    }
}
