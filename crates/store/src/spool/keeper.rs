//! The thread behind the spool: makes it durable, reads along, and empties it into the database.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tracing::{info, warn};

use super::SYNC_EVERY;
use super::gather::Gather;
use super::insertion::{Insertion, RuntimeGone};
use super::place::Place;
use super::reading::Reading;
use super::segment::{self, Leftovers};
use super::status::Shared;
use super::writer::Spool;
use crate::store::Store;

/// With this many finished calls waiting for the database, reading stops: the rest is safe where it is.
const MOST_WAITING: usize = 1000;

/// Between two notes of how far everything is in the database.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// What ends the thread's sleep early.
pub(super) enum Wake {
    /// A batch has arrived, or failed.
    Inserted,
    /// Empty the spool, but not longer than until then.
    Stop { deadline: Instant },
    /// End at once.
    Abandon,
}

/// Moves calls that are over from the spool into the database. Dropping it stops that at once, and loses nothing.
#[derive(Debug)]
pub struct Keeper {
    wake: Sender<Wake>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread. What an earlier run left is put into the database before anything of this one; calls that
    /// it did not finish are recorded as ended by restart.
    ///
    /// `runtime` is the one that `store` was opened on.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(spool: &Spool, leftovers: Leftovers, store: Store, runtime: Handle) -> io::Result<Self> {
        let (wake, woken) = mpsc::channel();
        let work = Work::new(spool, leftovers, Insertion::new(store, runtime, wake.clone()));
        let thread = thread::Builder::new().name("spool".into()).spawn(move || work.run(&woken))?;
        Ok(Self { wake, thread: Some(thread) })
    }

    /// Puts everything that is over into the database, waits for that, and ends the thread. To be called after the
    /// [`Spool`] is dropped. What is not there within `patience` is put by the next start.
    ///
    /// It waits for the database, so it is not for a thread that runs tasks.
    pub fn stop(mut self, patience: Duration) {
        drop(self.wake.send(Wake::Stop { deadline: Instant::now() + patience }));
        if let Some(thread) = self.thread.take() {
            drop(thread.join()); // it does not panic
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.wake.send(Wake::Abandon)); // it is gone already after `stop`
    }
}

/// What the thread works with.
struct Work {
    directory: PathBuf,
    shared: Arc<Shared>,
    insertion: Insertion,
    gather: Gather,
    reading: Reading,
    /// Everything before it was in the database when it was noted.
    progress: Place,
    progress_at: Instant,
    /// Everything before it is on the disk, and the open segment.
    synced: Place,
    synced_at: Instant,
    synced_file: Option<(u32, File)>,
    stop_at: Option<Instant>,
}

impl Work {
    fn new(spool: &Spool, leftovers: Leftovers, insertion: Insertion) -> Self {
        let (directory, shared, live) = spool.parts();
        let progress = segment::load_progress(&directory).unwrap_or_default();
        let reading = Reading::new(directory.clone(), shared.clone(), leftovers, live, progress);
        let now = Instant::now();
        Self {
            directory,
            shared,
            insertion,
            gather: Gather::default(),
            reading,
            progress,
            progress_at: now,
            synced: Place { segment: live, offset: 0 },
            synced_at: now,
            synced_file: None,
            stop_at: None,
        }
    }

    fn run(mut self, woken: &Receiver<Wake>) {
        loop {
            let is_busy = match self.turn(Instant::now()) {
                Ok(is_busy) => is_busy,
                Err(RuntimeGone) => return self.report_database(Some("the runtime of the database has ended".into())),
            };
            if self.is_done(Instant::now()) {
                return self.leave();
            }
            let pause = if is_busy { Duration::ZERO } else { SYNC_EVERY };
            match woken.recv_timeout(pause) {
                Ok(Wake::Inserted) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Wake::Stop { deadline }) => self.stop_at = Some(deadline),
                Ok(Wake::Abandon) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Does what there is to do; whether there is more.
    fn turn(&mut self, now: Instant) -> Result<bool, RuntimeGone> {
        let synced = self.sync(now);
        match self.insertion.finish(&mut self.gather, now)? {
            Some(result) => self.report_database(result.err().map(|error| described(&error))),
            None if self.insertion.is_unanswered(now) => {
                self.report_database(Some("the database does not answer".into()));
            }
            None => {}
        }
        let read = self.read(now);
        self.gather.settle(now, self.stop_at.is_some());
        self.insertion.start(&mut self.gather, self.stop_at.is_some(), now);
        let tidied = self.retire_segments().and_then(|()| self.note_progress(now));
        let waiting = self.gather.waiting() + self.insertion.calls();
        self.shared.backlog_calls.store(waiting, Ordering::Relaxed);
        let is_busy = matches!(read, Ok(true));
        self.report_files([synced, read.map(drop), tidied]);
        Ok(is_busy)
    }

    /// Makes durable what was appended, every [`SYNC_EVERY`]; after a failure with each turn.
    fn sync(&mut self, now: Instant) -> io::Result<()> {
        let end = self.shared.end.get();
        if end == self.synced || now < self.synced_at + SYNC_EVERY {
            return Ok(());
        }
        for segment in self.synced.segment..=end.segment {
            if self.synced_file.as_ref().is_none_or(|(open, _)| *open != segment) {
                self.synced_file = match File::open(segment::path(&self.directory, segment)) {
                    Ok(file) => Some((segment, file)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // all of it is in the database
                    Err(error) => return Err(error),
                };
                segment::sync_directory(&self.directory)?;
            }
            if let Some((_, file)) = &self.synced_file {
                file.sync_data()?;
            }
        }
        self.synced = end;
        self.synced_at = now;
        Ok(())
    }

    /// Reads some more, as long as the database keeps up; whether there may be more at once.
    fn read(&mut self, now: Instant) -> io::Result<bool> {
        if self.gather.waiting() >= MOST_WAITING { Ok(false) } else { self.reading.step(&mut self.gather, now) }
    }

    fn retire_segments(&mut self) -> io::Result<()> {
        let is_free = |segment: &u32| !self.gather.needs(*segment);
        let free: Vec<_> = self.reading.done.keys().copied().filter(is_free).collect();
        for segment in free {
            let is_damaged = self.reading.done.remove(&segment).unwrap_or_default();
            self.retire(segment, is_damaged)?;
        }
        Ok(())
    }

    fn retire(&self, segment: u32, is_damaged: bool) -> io::Result<()> {
        let bytes = segment::retire(&self.directory, segment, is_damaged)?;
        let less = |total: u64| Some(total.saturating_sub(bytes));
        let _ = self.shared.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        if is_damaged {
            warn!(segment, "a segment of the spool has lines that cannot be read; it is kept as .damaged");
        }
        Ok(())
    }

    /// Everything before it is in the database.
    fn settled(&self) -> Place {
        let held = [self.gather.oldest(), self.insertion.oldest()];
        held.into_iter().flatten().fold(self.reading.place(), Place::min)
    }

    /// Every [`PROGRESS_EVERY`]; after a failure with each turn.
    fn note_progress(&mut self, now: Instant) -> io::Result<()> {
        if now < self.progress_at + PROGRESS_EVERY {
            return Ok(());
        }
        let settled = self.settled();
        if settled > self.progress {
            segment::save_progress(&self.directory, settled)?;
            self.progress = settled;
        }
        self.progress_at = now;
        Ok(())
    }

    fn is_done(&self, now: Instant) -> bool {
        let has_nothing_to_put = self.gather.waiting() == 0 && self.insertion.calls() == 0;
        self.stop_at.is_some_and(|deadline| now >= deadline || (self.reading.is_at_end() && has_nothing_to_put))
    }

    /// The last deed after a stop.
    fn leave(mut self) {
        let now = Instant::now();
        let synced = self.sync(now + SYNC_EVERY);
        let noted = self.note_progress(now + PROGRESS_EVERY);
        let is_empty = self.reading.is_at_end() && self.gather.is_empty() && self.insertion.calls() == 0;
        let mut retired = Ok(());
        if is_empty && self.shared.is_closed.load(Ordering::Acquire) {
            retired = self.retire(self.shared.end.get().segment, self.reading.is_damaged());
        }
        self.report_files([synced, noted, retired]);
    }

    /// Shows what the disk said in this turn, and logs trouble once.
    fn report_files(&self, results: [io::Result<()>; 3]) {
        let trouble = results.into_iter().find_map(Result::err).map(|error| format!("cannot keep the spool: {error}"));
        let before = self.shared.files_error.replace(trouble.clone());
        match (before, trouble) {
            (None, Some(error)) => warn!(error, "trouble with the files of the spool"),
            (Some(_), None) => info!("the files of the spool are well again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    /// Shows what the database said, and logs trouble once.
    fn report_database(&self, trouble: Option<String>) {
        let before = self.shared.database_error.replace(trouble.clone());
        match (before, trouble) {
            (None, Some(error)) => warn!(error, "call records wait in the spool"),
            (Some(_), None) => info!("call records reach the database again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }
}

/// An error with its causes, on one line.
fn described(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
