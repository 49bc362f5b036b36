//! What a jitter buffer has done so far.

use std::time::Duration;

/// Counts of one jitter buffer, all its streams together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JitterStatistics {
    /// Packets that came, whatever became of them.
    pub packets: u64,
    /// Packets that did not come in time, or not at all.
    pub lost: u64,
    /// Packets that came when something had been made up in their place. They are `lost`, too, unless they were played
    /// all the same.
    pub late: u64,
    /// Packets that came more than once.
    pub duplicates: u64,
    /// Packets that were left out because too many waited, or sound would have been delayed for too long.
    pub dropped: u64,
    /// Packets with a payload that is too long, or is none of the codec.
    pub unreadable: u64,
    /// How often the next packet was not there in time, but came later and was played.
    pub underruns: u64,
    /// Frames that were made up, wholly or in part.
    pub made_up_frames: u64,
    /// Sound that was left out to lessen the delay.
    pub shortened: Duration,
    /// Sound that was put in to increase the delay.
    pub lengthened: Duration,
    /// How long sound waits at present, from when it could have come at the earliest until it is pulled.
    pub delay: Duration,
    /// The longest that it has waited.
    pub highest_delay: Duration,
    /// How long it should wait, for 98 of 100 packets to be in time.
    pub target_delay: Duration,
}
