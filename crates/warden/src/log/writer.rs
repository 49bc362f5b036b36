//! Writes lines in a thread of its own, so that nobody waits for a slow terminal or a full pipe.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

/// The most lines that wait; further ones are dropped and counted.
const MAX_WAITING: usize = 8192;
/// The longest that a flush waits for whoever reads.
const PATIENCE: Duration = Duration::from_secs(1);

enum Work {
    Line(String),
    Flush(SyncSender<()>),
}

/// Where lines go; taking one never waits.
pub(crate) trait Lines: Sync {
    /// `line` ends with a line feed.
    fn take(&self, line: String);
}

/// The way to standard error.
#[derive(Debug)]
pub(crate) struct Writer {
    work: SyncSender<Work>,
    dropped: AtomicU64,
}

impl Writer {
    pub(crate) fn start() -> Self {
        let (work, incoming) = sync_channel(MAX_WAITING);
        // Without the thread the channel closes, and lines go to the standard error at once.
        let _thread = thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&incoming));
        Self { work, dropped: AtomicU64::new(0) }
    }

    /// Waits until what was given is written, at most a second.
    pub(crate) fn flush(&self) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            write(&format!("{dropped} lines of the log were dropped\n"));
        }
        let (done, wait) = sync_channel(1);
        if self.work.try_send(Work::Flush(done)).is_ok() {
            // Either it is written, or nobody reads.
            let _written = wait.recv_timeout(PATIENCE);
        }
    }
}

impl Lines for Writer {
    fn take(&self, line: String) {
        match self.work.try_send(Work::Line(line)) {
            Ok(()) | Err(TrySendError::Disconnected(Work::Flush(_))) => {}
            Err(TrySendError::Full(_)) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
            Err(TrySendError::Disconnected(Work::Line(line))) => write(&line),
        }
    }
}

fn write_all(incoming: &Receiver<Work>) {
    for work in incoming {
        match work {
            Work::Line(line) => write(&line),
            Work::Flush(done) => {
                let _waiter = done.try_send(());
            }
        }
    }
}

/// There is nowhere to complain about standard error.
fn write(line: &str) {
    let _written = io::stderr().lock().write_all(line.as_bytes());
}

#[cfg(test)]
impl Lines for std::sync::Mutex<Vec<String>> {
    fn take(&self, line: String) {
        self.lock().unwrap().push(line);
    }
}
