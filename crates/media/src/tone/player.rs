//! A tone in real time: one frame every 20 ms, with its place in a stream.

use std::time::{Duration, Instant};

use super::{FRAME, Generator, Tone};
use crate::g711::Law;
use crate::ticks::low32;

/// By how much the timestamp of a stream rises with each frame.
const FRAME_TICKS: u32 = 160;
const FRAME_TIME: Duration = Duration::from_millis(20);
/// Whoever is later than this skips what should have been sent, instead of sending it all at once.
const MAX_LAG: Duration = Duration::from_millis(100);

/// Plays a tone. Where nobody asks for frames, the tone waits and its timestamps go on.
#[derive(Clone, Debug)]
pub(crate) struct Player {
    generator: Generator,
    /// Frames whose time has come, those skipped too.
    frames: u64,
    /// Frames made.
    made: u64,
    next_at: Instant,
}

/// The place of a frame among those of its player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Counts from 0, without gaps.
    pub(crate) number: u64,
    /// In ticks of 8 kHz, from 0.
    pub(crate) timestamp: u32,
}

impl Player {
    /// Begins to play at `start`.
    pub(crate) fn new(tone: Tone, start: Instant) -> Self {
        Self { generator: Generator::new(tone), frames: 0, made: 0, next_at: start }
    }

    /// When the next frame is due; `None` when the tone has ended.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        (!self.generator.has_ended()).then_some(self.next_at)
    }

    /// Writes the next frame; `None` when none is due.
    pub(crate) fn next_frame(&mut self, now: Instant, law: Law, codes: &mut [u8; FRAME]) -> Option<Place> {
        self.next_timeout().filter(|at| now >= *at)?;
        self.skip_lag(now);
        let mut samples = [0; FRAME];
        self.generator.next_frame(&mut samples);
        for (code, sample) in codes.iter_mut().zip(samples) {
            *code = law.encode(sample);
        }
        let place = Place { number: self.made, timestamp: low32(self.frames).wrapping_mul(FRAME_TICKS) };
        (self.frames, self.made) = (self.frames + 1, self.made + 1);
        self.next_at += FRAME_TIME;
        Some(place)
    }

    /// The listener hears a gap and then the tone goes on.
    fn skip_lag(&mut self, now: Instant) {
        let lag = now.saturating_duration_since(self.next_at);
        if lag > MAX_LAG {
            let frames = u32::try_from(lag.as_millis() / FRAME_TIME.as_millis()).unwrap_or(u32::MAX);
            self.frames += u64::from(frames);
            self.next_at += FRAME_TIME * frames;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start::start;
    use crate::tone::Plan;

    #[test]
    fn a_frame_comes_every_20_ms() {
        let (start, mut codes) = (start(), [0; FRAME]);
        let mut player = Player::new(Tone::ring_back(Plan::Itu), start);
        let mut seen = Vec::new();
        while let Some(at) = player.next_timeout().filter(|at| *at < start + Duration::from_millis(60)) {
            seen.extend(player.next_frame(at, Law::Pcma, &mut codes));
            assert_eq!(player.next_frame(at, Law::Pcma, &mut codes), None, "not due again");
        }
        let place = |number, timestamp| Place { number, timestamp };
        assert_eq!(seen, [place(0, 0), place(1, 160), place(2, 320)]);
    }

    #[test]
    fn a_beep_ends() {
        let (start, mut codes) = (start(), [0; FRAME]);
        let mut player = Player::new(Tone::beep(), start);
        let mut frames = 0;
        while let Some(at) = player.next_timeout() {
            player.next_frame(at, Law::Pcmu, &mut codes);
            frames += 1;
        }
        assert_eq!(frames, 15);
    }

    #[test]
    fn both_laws_carry_the_same_sound() {
        let start = start();
        let mut out = [[0; FRAME]; 2];
        for (law, out) in [Law::Pcmu, Law::Pcma].into_iter().zip(&mut out) {
            Player::new(Tone::busy(Plan::Uk), start).next_frame(start, law, out);
        }
        for (mu, a) in out[0].iter().zip(&out[1]) {
            let (mu, a) = (i32::from(Law::Pcmu.decode(*mu)), i32::from(Law::Pcma.decode(*a)));
            assert!((mu - a).abs() <= 16 + mu.abs() / 16, "{mu} {a}");
        }
    }

    #[test]
    fn a_late_owner_skips_and_does_not_hurry() {
        let (start, mut codes) = (start(), [0; FRAME]);
        let mut player = Player::new(Tone::ring_back(Plan::Itu), start);
        let now = start + Duration::from_secs(2);
        let place = player.next_frame(now, Law::Pcma, &mut codes);
        assert_eq!(place, Some(Place { number: 0, timestamp: 16_000 }));
        assert_eq!(player.next_frame(now, Law::Pcma, &mut codes), None);
        assert_eq!(player.next_timeout(), Some(now + FRAME_TIME));
    }
}
