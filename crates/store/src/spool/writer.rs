//! The end that the signalling thread appends to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use warden_call::call_event::{CallEvent, CallId};

use super::place::Place;
use super::segment::{self, Leftovers};
use super::status::{Shared, SpoolWatch};
use super::{SpoolLimits, line};

/// Why the spool could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Two programs would mix their segments.
    #[error("the spool {} is in use by another program", directory.display())]
    InUse {
        /// Which spool.
        directory: PathBuf,
    },
    /// Its files cannot be read or made.
    #[error("cannot open the spool {}", directory.display())]
    Files {
        /// Which spool.
        directory: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Why events were not written at once. [`SpoolStatus`](super::SpoolStatus) tells whether they are lost.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The segments have reached their limit: the database has been away too long.
    #[error("the spool has reached {limit} bytes")]
    Full {
        /// The limit.
        limit: u64,
    },
    /// The disk refused.
    #[error("cannot write to the spool")]
    Write(#[from] io::Error),
}

/// Takes the events of calls, turn by turn.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    file: File,
    /// The first segment of this run.
    first: u32,
    /// The end of the current segment.
    end: Place,
    /// Lines of this turn, after those that could not be written before.
    buffer: Vec<u8>,
    /// How many events are in `buffer` from before.
    unwritten: u64,
    is_in_trouble: bool,
    /// The current segment ends within a line.
    is_torn: bool,
    shared: Arc<Shared>,
    /// Keeps others out; the system lets go of it when the process ends.
    _lock: File,
}

impl Spool {
    /// Opens the spool in this directory, which is made if it is missing, for its owner only.
    ///
    /// Everything an earlier run has left is for [`Keeper::start`](super::Keeper::start).
    ///
    /// # Errors
    /// [`SpoolError`] when another program uses it, or its files cannot be read or made.
    pub fn open(directory: &Path, limits: SpoolLimits) -> Result<(Self, Leftovers), SpoolError> {
        let failed = |source| SpoolError::Files { directory: directory.into(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
        let lock = new_file(&directory.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(SpoolError::InUse { directory: directory.into() }),
            Err(fs::TryLockError::Error(source)) => return Err(failed(source)),
        }
        let (segments, bytes) = segment::list(directory).map_err(failed)?;
        let end = Place { segment: segment::highest(directory).map_err(failed)? + 1, offset: 0 };
        let spool = Self {
            file: new_file(&segment::path(directory, end.segment)).map_err(failed)?,
            directory: directory.into(),
            first: end.segment,
            end,
            buffer: Vec::with_capacity(4096),
            unwritten: 0,
            is_in_trouble: false,
            is_torn: false,
            shared: Arc::new(Shared::new(limits, end, bytes)),
            _lock: lock,
        };
        Ok((spool, Leftovers { segments }))
    }

    /// Appends the events of one turn, each with its time since the Unix epoch, by one `write`.
    ///
    /// It does not wait for the disk. The calls go on in any case: what could not be written is tried again with the
    /// next turn, as long as [`SpoolLimits::unwritten`] allows.
    ///
    /// # Errors
    /// [`AppendError`], which is also counted and shown by [`SpoolWatch`].
    pub fn append<'e>(
        &mut self,
        events: impl IntoIterator<Item = (CallId, Duration, &'e CallEvent)>,
    ) -> Result<(), AppendError> {
        let (before, mut count) = (self.buffer.len(), 0);
        for (call, at, event) in events {
            line::write(&mut self.buffer, call, at, event);
            count += 1;
        }
        if self.buffer.is_empty() {
            return Ok(());
        }
        let written = self.write();
        match &written {
            Ok(()) => self.succeeded(),
            Err(error) => self.failed(error, before, count),
        }
        written
    }

    /// Tells how the spool is, from any thread.
    #[must_use]
    pub fn watch(&self) -> SpoolWatch {
        SpoolWatch(self.shared.clone())
    }

    /// For the keeper: where it is, what is shared with it, and the first segment of this run.
    pub(super) fn parts(&self) -> (PathBuf, Arc<Shared>, u32) {
        (self.directory.clone(), self.shared.clone(), self.first)
    }

    fn write(&mut self) -> Result<(), AppendError> {
        let limits = self.shared.limits;
        let length = self.buffer.len() as u64;
        if self.shared.bytes.load(Ordering::Relaxed) + length > limits.total {
            return Err(AppendError::Full { limit: limits.total });
        }
        if self.is_torn || u64::from(self.end.offset) >= limits.segment {
            self.next_segment()?;
        }
        let start = u64::from(self.end.offset);
        let end = u32::try_from(start + length).map_err(|_| AppendError::Full { limit: u32::MAX.into() })?;
        if let Err(error) = self.file.write_all(&self.buffer) {
            // What was cut off goes, so that the next line begins where one should.
            self.is_torn = self.file.set_len(start).is_err();
            return Err(error.into());
        }
        self.end.offset = end;
        self.shared.end.set(self.end);
        self.shared.bytes.fetch_add(length, Ordering::Relaxed);
        Ok(())
    }

    fn next_segment(&mut self) -> io::Result<()> {
        let next = Place { segment: self.end.segment + 1, offset: 0 };
        self.file = new_file(&segment::path(&self.directory, next.segment))?;
        self.end = next;
        self.is_torn = false;
        self.shared.end.set(next);
        Ok(())
    }

    fn succeeded(&mut self) {
        self.buffer.clear();
        self.unwritten = 0;
        if self.is_in_trouble {
            self.is_in_trouble = false;
            self.shared.append_error.replace(None);
        }
    }

    fn failed(&mut self, error: &AppendError, before: usize, events: u64) {
        self.shared.failed_appends.fetch_add(1, Ordering::Relaxed);
        if self.buffer.len() > self.shared.limits.unwritten {
            self.buffer.truncate(before);
            self.shared.lost_events.fetch_add(events, Ordering::Relaxed);
        } else {
            self.unwritten += events;
        }
        self.is_in_trouble = true;
        self.shared.append_error.replace(Some(match error {
            AppendError::Full { .. } => error.to_string(),
            AppendError::Write(cause) => format!("{error}: {cause}"),
        }));
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if !self.buffer.is_empty() && self.write().is_err() {
            self.shared.lost_events.fetch_add(self.unwritten, Ordering::Relaxed);
        }
        self.shared.is_closed.store(true, Ordering::Release);
    }
}

/// A file that only its owner can read: it says who called whom.
fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}
