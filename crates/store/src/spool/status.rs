//! What the spool tells about itself.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::SpoolLimits;
use super::place::{Place, SharedPlace};

/// How the spool is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpoolStatus {
    /// Turns whose events could not be appended at once. Rises by itself while the disk is full or the spool too long.
    pub failed_appends: u64,
    /// Events that were given up, so that their calls lack them.
    pub lost_events: u64,
    /// Lines that could not be read back.
    pub damaged_lines: u64,
    /// Calls that are over and not in the database yet, as far as they have been read.
    pub backlog_calls: usize,
    /// What the segments have on disk, in bytes.
    pub bytes: u64,
    /// What goes wrong at present; `None` when nothing does.
    pub last_error: Option<String>,
}

/// Tells how the spool is, from any thread.
#[derive(Clone, Debug)]
pub struct SpoolWatch(pub(super) Arc<Shared>);

impl SpoolWatch {
    /// How it is now.
    #[must_use]
    pub fn status(&self) -> SpoolStatus {
        let Shared { failed_appends, lost_events, damaged_lines, backlog_calls, bytes, .. } = &*self.0;
        let Shared { append_error, files_error, database_error, .. } = &*self.0;
        SpoolStatus {
            failed_appends: failed_appends.load(Ordering::Relaxed),
            lost_events: lost_events.load(Ordering::Relaxed),
            damaged_lines: damaged_lines.load(Ordering::Relaxed),
            backlog_calls: backlog_calls.load(Ordering::Relaxed),
            bytes: bytes.load(Ordering::Relaxed),
            last_error: [append_error, files_error, database_error].into_iter().find_map(Trouble::get),
        }
    }
}

/// What the writer and the keeper both know.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) limits: SpoolLimits,
    /// The end of what was appended.
    pub(super) end: SharedPlace,
    /// There will be no more appends.
    pub(super) is_closed: AtomicBool,
    pub(super) failed_appends: AtomicU64,
    pub(super) lost_events: AtomicU64,
    pub(super) damaged_lines: AtomicU64,
    pub(super) backlog_calls: AtomicUsize,
    pub(super) bytes: AtomicU64,
    pub(super) append_error: Trouble,
    pub(super) files_error: Trouble,
    pub(super) database_error: Trouble,
}

impl Shared {
    pub(super) fn new(limits: SpoolLimits, end: Place, bytes: u64) -> Self {
        Self {
            limits,
            end: SharedPlace::new(end),
            is_closed: AtomicBool::new(false),
            failed_appends: AtomicU64::new(0),
            lost_events: AtomicU64::new(0),
            damaged_lines: AtomicU64::new(0),
            backlog_calls: AtomicUsize::new(0),
            bytes: AtomicU64::new(bytes),
            append_error: Trouble::default(),
            files_error: Trouble::default(),
            database_error: Trouble::default(),
        }
    }
}

/// What goes wrong at present.
#[derive(Debug, Default)]
pub(super) struct Trouble(Mutex<Option<String>>);

impl Trouble {
    pub(super) fn replace(&self, text: Option<String>) -> Option<String> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), text)
    }

    fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
