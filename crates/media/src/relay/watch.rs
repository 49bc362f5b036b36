//! Whether a leg that should send does.

use std::time::{Duration, Instant};

/// After this time without audio somebody should know.
pub const SILENT_AFTER: Duration = Duration::from_secs(3);
/// After this time without audio and RTCP the leg has died.
pub const DEAD_AFTER: Duration = Duration::from_mins(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    Silent,
    Back,
    Dead,
}

/// What was said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Nothing,
    Silent,
    Dead,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Watch {
    /// Nothing is expected of it: not answered yet, or on hold.
    #[default]
    Off,
    On {
        audio_at: Instant,
        /// RTCP, or RTP of whatever kind.
        sign_at: Instant,
        told: Told,
        /// Its last packet was comfort noise: it is quiet, and may send nothing until somebody speaks.
        pauses: bool,
        /// Audio has come after it was said to be missing, and nobody knows yet.
        back: bool,
    },
}

impl Watch {
    /// What its SDP says now.
    pub(super) fn expect(&mut self, sends: bool, now: Instant) {
        *self = match *self {
            _ if !sends => Self::Off,
            Self::Off => Self::On { audio_at: now, sign_at: now, told: Told::Nothing, pauses: false, back: false },
            on @ Self::On { .. } => on,
        };
    }

    #[inline]
    pub(super) fn hear_audio(&mut self, now: Instant) {
        if let Self::On { audio_at, sign_at, told, pauses, back } = self {
            (*audio_at, *sign_at, *pauses) = (now, now, false);
            *back |= *told != Told::Nothing;
            *told = Told::Nothing;
        }
    }

    /// Comfort noise: nobody is missed until sound comes again. That a phone has died meanwhile is found by session timers.
    pub(super) fn hear_pause(&mut self, now: Instant) {
        self.hear_audio(now);
        if let Self::On { pauses, .. } = self {
            *pauses = true;
        }
    }

    #[inline]
    pub(super) fn hear_sign(&mut self, now: Instant) {
        if let Self::On { sign_at, .. } = self {
            *sign_at = now;
        }
    }

    /// Whether audio has come within this time, or was not expected before.
    pub(super) fn is_heard(&self, now: Instant, within: Duration) -> bool {
        matches!(self, Self::On { audio_at, .. } if now.saturating_duration_since(*audio_at) < within)
    }

    pub(super) fn has_notice(&self) -> bool {
        matches!(self, Self::On { back: true, .. })
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        match *self {
            Self::On { audio_at, back: true, .. } => Some(audio_at),
            Self::Off | Self::On { pauses: true, .. } | Self::On { told: Told::Dead, .. } => None,
            Self::On { audio_at, told: Told::Nothing, .. } => Some(audio_at + SILENT_AFTER),
            Self::On { audio_at, sign_at, told: Told::Silent, .. } => Some(audio_at.max(sign_at) + DEAD_AFTER),
        }
    }

    pub(super) fn poll(&mut self, now: Instant) -> Option<Notice> {
        let due = self.next_timeout()?;
        let Self::On { told, back, .. } = self else { return None };
        if *back {
            *back = false;
            return Some(Notice::Back);
        }
        if now < due {
            return None;
        }
        let (next, notice) = match told {
            Told::Nothing => (Told::Silent, Notice::Silent),
            Told::Silent => (Told::Dead, Notice::Dead),
            Told::Dead => return None,
        };
        *told = next;
        Some(notice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start::start;

    /// Runs it for `seconds` and notes what it says, with the second.
    fn run(watch: &mut Watch, start: Instant, seconds: u64) -> Vec<(u64, Notice)> {
        let mut said = Vec::new();
        for second in 0..=seconds {
            while let Some(notice) = watch.poll(start + Duration::from_secs(second)) {
                said.push((second, notice));
            }
        }
        said
    }

    #[test]
    fn silence_is_told_once_and_then_death_once() {
        let (mut watch, start) = (Watch::Off, start());
        watch.expect(true, start);
        assert_eq!(run(&mut watch, start, 300), [(3, Notice::Silent), (60, Notice::Dead)]);
        assert_eq!(watch.next_timeout(), None);
    }

    #[test]
    fn rtcp_keeps_a_silent_leg_alive() {
        let (mut watch, start) = (Watch::Off, start());
        watch.expect(true, start);
        assert_eq!(run(&mut watch, start, 50), [(3, Notice::Silent)]);
        watch.hear_sign(start + Duration::from_secs(50));
        assert_eq!(run(&mut watch, start, 200), [(110, Notice::Dead)]);
    }

    #[test]
    fn audio_that_comes_back_is_told_and_its_next_silence_again() {
        let (mut watch, start) = (Watch::Off, start());
        watch.expect(true, start);
        run(&mut watch, start, 5);
        watch.hear_audio(start + Duration::from_secs(6));
        assert!(watch.has_notice());
        let rest = run(&mut watch, start + Duration::from_secs(6), 10);
        assert_eq!(rest, [(0, Notice::Back), (3, Notice::Silent)]);
    }

    #[test]
    fn who_pauses_with_comfort_noise_is_not_missed_until_somebody_has_spoken_again() {
        let (mut watch, start) = (Watch::Off, start());
        watch.expect(true, start);
        watch.hear_pause(start + Duration::from_secs(1));
        assert_eq!(run(&mut watch, start, 600), []);
        watch.hear_audio(start + Duration::from_mins(10));
        assert_eq!(run(&mut watch, start, 620), [(603, Notice::Silent)]);
    }

    #[test]
    fn on_hold_nothing_is_told_and_the_time_begins_anew_afterwards() {
        let (mut watch, start) = (Watch::Off, start());
        watch.expect(true, start);
        watch.expect(false, start);
        assert_eq!(run(&mut watch, start, 300), []);
        watch.expect(true, start + Duration::from_mins(5));
        assert_eq!(run(&mut watch, start, 303), [(303, Notice::Silent)]);
    }
}
