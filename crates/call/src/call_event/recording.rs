//! What becomes of the recording of a call.

/// One thing that happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingEvent {
    /// What is said is written to this file from now on.
    Begun {
        /// Below the place for recordings.
        file: String,
    },
    /// What is said is not kept for a while.
    Paused,
    /// It is kept again.
    Resumed,
    /// Somebody has ended it before the call.
    Stopped,
    /// It has ended, as it cannot be written; a part of it may be there.
    Failed {
        /// Why, in words for people.
        reason: String,
    },
}
