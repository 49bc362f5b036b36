//! Digits that a leg is told, one after another, as events (RFC 4733 §2.5.1) or as tones.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Digit, EventPayload, SAME, Saying};

/// How many digits can wait to be said; those beyond are not said.
pub const MAX_DIGITS: usize = 64;
/// The silence after a digit, which tells two of the same apart.
pub const GAP: Duration = Duration::from_millis(60);
/// No digit is said for a shorter time: who listens for tones would not hear it (ITU-T Q.24).
pub const SHORTEST: Duration = Duration::from_millis(60);
/// Or for a longer time.
pub const LONGEST: Duration = Duration::from_secs(20);
/// How often the end of an event is sent.
const ENDS: u8 = 3;
/// Whoever is later than this goes on from where it should be, instead of sending everything at once.
const MAX_LAG: Duration = Duration::from_millis(100);

/// Writes the packets of one event.
#[derive(Clone, Copy, Debug)]
pub struct EventSender {
    digit: Digit,
    level_below_dbm0: u8,
    /// Of one packet, and of the whole event.
    step: u64,
    total: u64,
    passed: u64,
    segments: u64,
    ends: u8,
}

/// A packet of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventOut {
    /// What it says.
    pub payload: EventPayload,
    /// It is the first one.
    pub marker: bool,
    /// By how many ticks its timestamp is later than that of the first.
    pub ahead: u64,
    /// It is the last one.
    pub is_last: bool,
}

impl EventSender {
    /// For a digit of this length, in packets of this length, which are rounded up to whole packets.
    #[must_use]
    pub fn new(digit: Digit, duration: Duration, packet_ms: u8, clock_rate_hz: u32, level_below_dbm0: u8) -> Self {
        let step = (u64::from(packet_ms.max(1)) * u64::from(clock_rate_hz) / 1000).max(1);
        let total = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).saturating_mul(clock_rate_hz.into()) / 1000;
        Self { digit, level_below_dbm0, step, total, passed: 0, segments: 0, ends: 0 }
    }

    /// The packet of the next packet time; `None` after the last one.
    pub fn next_packet(&mut self) -> Option<EventOut> {
        if self.ends == ENDS {
            return None;
        }
        let marker = self.passed == 0;
        if self.ends == 0 {
            self.passed += self.step;
        }
        let is_end = self.passed >= self.total;
        let ahead = self.segments * u64::from(u16::MAX);
        let duration = u16::try_from(self.passed - ahead).unwrap_or(u16::MAX);
        // Whoever reaches the longest duration goes on in a segment of its own (§2.5.1.3).
        if duration == u16::MAX && !is_end {
            self.segments += 1;
        }
        self.ends += u8::from(is_end);
        let Self { digit, level_below_dbm0, .. } = *self;
        let payload = EventPayload { event: digit.event(), is_end, level_below_dbm0, duration };
        Some(EventOut { payload, marker, ahead, is_last: self.ends == ENDS })
    }
}

/// What a leg is to be sent next for its digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Next {
    /// Nothing now.
    Nothing,
    /// A packet of an event.
    Event { out: EventOut, payload_type: u8, clock_rate_hz: u32 },
    /// A tone begins; its silence is a part of it.
    Tone { digit: Digit, duration: Duration },
}

/// The digits that one leg is still to be told.
#[derive(Debug, Default)]
pub(crate) struct Dialler {
    waiting: VecDeque<(Digit, Duration)>,
    doing: Doing,
    /// The one that was begun last, and when it is over.
    last: Option<(Digit, Instant)>,
}

#[derive(Debug, Default)]
enum Doing {
    #[default]
    Nothing,
    Event {
        sender: EventSender,
        payload_type: u8,
        clock_rate_hz: u32,
        packet: Duration,
        at: Instant,
    },
    /// A tone or a silence lasts.
    Until(Instant),
}

impl Dialler {
    /// Says a digit after those that wait. When [`MAX_DIGITS`] do, it is not said.
    pub(crate) fn push(&mut self, digit: Digit, duration: Duration, now: Instant) {
        if self.waiting.len() < MAX_DIGITS {
            self.waiting.push_back((digit, duration.clamp(SHORTEST, LONGEST)));
        }
        if matches!(self.doing, Doing::Nothing) {
            self.doing = Doing::Until(now);
        }
    }

    /// Nobody is there to be told.
    pub(crate) fn forget(&mut self) {
        self.waiting.clear();
        self.doing = Doing::Nothing;
    }

    /// Whether digits take the place of other sound.
    pub(crate) fn is_busy(&self) -> bool {
        !matches!(self.doing, Doing::Nothing)
    }

    /// Whether this digit is being said, or was lately: it may come by another way too.
    pub(crate) fn has_said(&self, digit: Digit, now: Instant) -> bool {
        self.last.is_some_and(|(last, over)| last == digit && now < over + SAME)
    }

    /// When to ask [`Dialler::next`].
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        match self.doing {
            Doing::Event { at, .. } | Doing::Until(at) => Some(at),
            Doing::Nothing => None,
        }
    }

    /// What is to be said now, in this way.
    pub(crate) fn next(&mut self, saying: Saying, packet_ms: u8, level_below_dbm0: u8, now: Instant) -> Next {
        match &mut self.doing {
            Doing::Event { at, .. } | Doing::Until(at) if now < *at => Next::Nothing,
            Doing::Event { sender, payload_type, clock_rate_hz, packet, at } => {
                let Some(out) = sender.next_packet() else {
                    return self.begin(saying, packet_ms, level_below_dbm0, now);
                };
                *at = if now.saturating_duration_since(*at) > MAX_LAG { now } else { *at } + *packet;
                let next = Next::Event { out, payload_type: *payload_type, clock_rate_hz: *clock_rate_hz };
                if out.is_last {
                    // The first end was said a packet before the event's; the others are a part of the gap.
                    self.doing = Doing::Until(*at + GAP.saturating_sub(*packet * u32::from(ENDS - 1)));
                }
                next
            }
            Doing::Until(_) | Doing::Nothing => self.begin(saying, packet_ms, level_below_dbm0, now),
        }
    }

    fn begin(&mut self, saying: Saying, packet_ms: u8, level_below_dbm0: u8, now: Instant) -> Next {
        self.doing = Doing::Nothing;
        let Some((digit, duration)) = self.waiting.pop_front() else { return Next::Nothing };
        self.last = Some((digit, now + duration));
        match saying {
            Saying::Tones => {
                self.doing = Doing::Until(now + duration + GAP);
                Next::Tone { digit, duration }
            }
            Saying::Events { payload_type, clock_rate_hz } => {
                let packet_ms = packet_ms.clamp(10, 60);
                let mut sender = EventSender::new(digit, duration, packet_ms, clock_rate_hz, level_below_dbm0);
                let packet = Duration::from_millis(packet_ms.into());
                let out = sender.next_packet();
                self.doing = Doing::Event { sender, payload_type, clock_rate_hz, packet, at: now + packet };
                out.map_or(Next::Nothing, |out| Next::Event { out, payload_type, clock_rate_hz })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start::start;

    fn digit(c: char) -> Digit {
        Digit::from_char(c).unwrap()
    }

    #[test]
    fn a_digit_is_marked_grows_and_ends_three_times() {
        let mut sender = EventSender::new(digit('5'), Duration::from_millis(70), 20, 8000, 10);
        let packets: Vec<_> = std::iter::from_fn(|| sender.next_packet()).collect();
        let said: Vec<_> = packets.iter().map(|out| (out.payload.duration, out.payload.is_end, out.marker)).collect();
        let ends = [(640, true, false); 3];
        assert_eq!(said[..3], [(160, false, true), (320, false, false), (480, false, false)]);
        assert_eq!(said[3..], ends);
        assert!(packets.iter().all(|out| out.ahead == 0 && out.payload.event == 5));
    }

    #[test]
    fn a_long_digit_goes_on_in_segments() {
        let mut sender = EventSender::new(digit('5'), Duration::from_secs(3), 20, 48_000, 10);
        let packets: Vec<_> = std::iter::from_fn(|| sender.next_packet()).collect();
        let last = packets.last().unwrap();
        assert_eq!((last.ahead, last.payload.duration), (2 * 65_535, 12_930));
        let full = packets.iter().filter(|out| out.payload.duration == u16::MAX);
        assert_eq!(full.map(|out| out.ahead).collect::<Vec<_>>(), [0, 65_535]);
        assert_eq!(packets.iter().filter(|out| out.payload.is_end).count(), 3);
    }

    #[test]
    fn digits_follow_each_other_with_a_gap_and_only_so_many_wait() {
        let (begin, mut dialler) = (start(), Dialler::default());
        for _ in 0..100 {
            dialler.push(digit('1'), Duration::from_millis(100), begin);
        }
        let (mut begins, mut ends) = (Vec::new(), Vec::new());
        while let Some(now) = dialler.next_timeout() {
            let saying = Saying::Events { payload_type: 101, clock_rate_hz: 8000 };
            if let Next::Event { out, .. } = dialler.next(saying, 20, 6, now) {
                begins.extend(out.marker.then_some(now));
                ends.extend(out.is_last.then_some(now));
            }
        }
        assert_eq!((begins.len(), ends.len()), (MAX_DIGITS, MAX_DIGITS));
        assert!(begins.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(160)));
        assert!(!dialler.is_busy());
    }
}
