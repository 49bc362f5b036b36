//! Copies of messages for people: what a call that has failed was made of goes to a file, and every message to a
//! collector, when there is one. A thread of its own does both; the signalling thread never waits for it.

mod files;
mod keeper;
mod tap;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use files::{TraceFileError, TraceFiles};
pub(crate) use keeper::{start, trace};
pub(crate) use tap::Tap;
use warden_call::call_event::CallId;
use warden_trace::{Recording, Tapped};

/// Where copies of messages go, told once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureSettings {
    /// Calls that fail are kept; `None`: they are forgotten with the others.
    pub traces: Option<TraceSettings>,
    /// All messages are sent to a collector.
    pub hep: Option<HepSettings>,
}

/// How calls that have failed are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSettings {
    /// The directory, made when it is missing.
    pub directory: PathBuf,
    /// The most bytes of all files; the oldest go first.
    pub max_size: u64,
    /// Older files go.
    pub max_age: Duration,
}

/// A collector of HEP version 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HepSettings {
    /// Where it listens, by UDP.
    pub address: SocketAddr,
    /// What it tells this node by.
    pub id: u32,
}

/// Something that the capture thread has to do. All of it still has secrets in it.
#[derive(Debug)]
pub(crate) enum Job {
    /// A call has failed.
    Failed(Recording),
    /// A message passed.
    Message(Option<CallId>, Tapped),
    /// A call was measured.
    Measured(Recording),
}

/// The most jobs that wait; one more is dropped and counted.
const MAX_JOBS: usize = 4096;
