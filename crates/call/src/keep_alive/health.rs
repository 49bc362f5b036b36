//! Whether a phone answers.

use std::time::{Duration, Instant};

/// What the last question to a phone has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answers.
    Answers {
        /// From the question to the answer; more than half a second when one of them was lost.
        round_trip: Duration,
    },
    /// It does not answer.
    SilentSince(Instant),
}

impl Health {
    /// A question that was asked at `asked_at` had no answer.
    pub(super) fn after_silence(before: Option<Self>, asked_at: Instant) -> Self {
        match before {
            Some(silent @ Self::SilentSince(_)) => silent,
            Some(Self::Answers { .. }) | None => Self::SilentSince(asked_at),
        }
    }
}
