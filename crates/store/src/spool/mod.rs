//! Call events on their way into the database: appended to files at once, folded into records behind.
//!
//! [`Spool`] belongs to the signalling thread, which waits for one `write` per turn and for nothing else. [`Keeper`] is
//! a thread that makes the files durable every 100 ms, reads along, and puts calls that are over into the database. A
//! killed process loses nothing that was appended; a power failure loses the last 100 ms at most.
//!
//! The directory holds segments of about 8 MiB, `00000001.events` and so on. One is deleted when every call that has
//! an event in it is in the database. One with lines that cannot be read is renamed to `.damaged` instead, for people
//! to look at. `progress` names the place before which everything is in the database, so that a start need not read
//! it again; putting a call twice does no harm.
//!
//! While the database is away, segments stay, 256 MiB of them at most; then appends are refused and counted, and the
//! records of the calls concerned are lost or lack events.

mod gather;
mod insertion;
mod keeper;
mod line;
mod place;
mod reading;
mod segment;
mod status;
mod writer;

use std::time::Duration;

pub use keeper::Keeper;
pub use segment::Leftovers;
pub use status::{SpoolStatus, SpoolWatch};
pub use writer::{AppendError, Spool, SpoolError};

/// Sizes of the spool. All in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolLimits {
    /// A segment that has reached this is followed by another.
    pub segment: u64,
    /// With this much on disk, appends are refused.
    pub total: u64,
    /// What could not be written is kept in memory, and tried again with the next append, up to this.
    pub unwritten: usize,
}

impl Default for SpoolLimits {
    /// 8 MiB, 256 MiB and 256 KiB.
    fn default() -> Self {
        Self { segment: 8 << 20, total: 256 << 20, unwritten: 256 << 10 }
    }
}

/// How often what was appended is made durable.
const SYNC_EVERY: Duration = Duration::from_millis(100);

/// After the end of an answered call its measurement is waited for, this long at most.
const MEASURED_WITHIN: Duration = Duration::from_secs(5);
