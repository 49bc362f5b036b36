//! A tone in real time: one frame every 20 ms.

use std::time::{Duration, Instant};

use super::{FRAME, Generator, Tone};

const FRAME_TIME: Duration = Duration::from_millis(20);
/// Whoever is later than this skips what should have been sent, instead of sending it all at once.
const MAX_LAG: Duration = Duration::from_millis(100);

/// Plays a tone. Where nobody asks for frames, the tone waits.
#[derive(Clone, Debug)]
pub(crate) struct Player {
    generator: Generator,
    next_at: Instant,
}

impl Player {
    /// The rate of its samples.
    pub(crate) const SAMPLE_RATE_HZ: u32 = 8000;

    /// Begins to play at `start`.
    pub(crate) fn new(tone: Tone, start: Instant) -> Self {
        Self { generator: Generator::new(tone), next_at: start }
    }

    /// When the next frame is due; `None` when the tone has ended.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        (!self.generator.has_ended()).then_some(self.next_at)
    }

    /// Makes the next frame: how many samples were skipped before it. `None` when none is due.
    pub(crate) fn next_frame(&mut self, now: Instant, samples: &mut [i16; FRAME]) -> Option<u64> {
        self.next_timeout().filter(|at| now >= *at)?;
        let skipped = self.skip_lag(now);
        self.generator.next_frame(samples);
        self.next_at += FRAME_TIME;
        Some(skipped)
    }

    /// The listener hears a gap and then the tone goes on.
    fn skip_lag(&mut self, now: Instant) -> u64 {
        let lag = now.saturating_duration_since(self.next_at);
        if lag <= MAX_LAG {
            return 0;
        }
        let frames = u32::try_from(lag.as_millis() / FRAME_TIME.as_millis()).unwrap_or(u32::MAX);
        self.next_at += FRAME_TIME * frames;
        u64::from(frames) * FRAME as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start::start;
    use crate::tone::Plan;

    #[test]
    fn a_frame_comes_every_20_ms() {
        let (start, mut samples) = (start(), [0; FRAME]);
        let mut player = Player::new(Tone::ring_back(Plan::Itu), start);
        let mut seen = Vec::new();
        while let Some(at) = player.next_timeout().filter(|at| *at < start + Duration::from_millis(60)) {
            seen.push((at - start, player.next_frame(at, &mut samples)));
            assert_eq!(player.next_frame(at, &mut samples), None, "not due again");
        }
        assert_eq!(seen, [0, 20, 40].map(|ms| (Duration::from_millis(ms), Some(0))));
    }

    #[test]
    fn a_beep_ends() {
        let (start, mut samples) = (start(), [0; FRAME]);
        let mut player = Player::new(Tone::beep(), start);
        let mut frames = 0;
        while let Some(at) = player.next_timeout() {
            player.next_frame(at, &mut samples);
            frames += 1;
        }
        assert_eq!(frames, 15);
    }

    #[test]
    fn a_late_owner_skips_and_does_not_hurry() {
        let (start, mut samples) = (start(), [0; FRAME]);
        let mut player = Player::new(Tone::ring_back(Plan::Itu), start);
        let now = start + Duration::from_secs(2);
        assert_eq!(player.next_frame(now, &mut samples), Some(16_000));
        assert_eq!(player.next_frame(now, &mut samples), None);
        assert_eq!(player.next_timeout(), Some(now + FRAME_TIME));
    }
}
