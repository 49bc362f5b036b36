//! The log: one line per event on standard error, for people when that is a terminal and as JSON otherwise; in a file
//! too, for people, when there is one in the configuration. What ban tools read goes to the security log alone.
//!
//! A line has one of the documented level names and a tag, `SIP` or `CALL`, that can be searched for. Threads of their
//! own write the lines, one for each place, so that nobody waits for a slow terminal, a full pipe or a disk.

mod fields;
mod layer;
mod line;
mod rotated;
mod security;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use tracing::level_filters::LevelFilter;
use tracing::subscriber::{SetGlobalDefaultError, set_global_default};
use tracing::warn;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, registry, reload};
use warden_config::{Level, Logging};

use self::layer::{Lines, Outlet};
use self::line::Form;
use self::rotated::{RotatedFile, Shared};

/// The tags of our own lines; everything else of ours has its module.
const OURS: [&str; 3] = ["SIP", "CALL", "warden"];
/// The most lines that wait in each place; further ones are dropped and counted.
const MAX_WAITING: usize = 8192;
/// How large the security log and its backups grow, and how many of the latter there are.
const SECURITY_MAX_SIZE: u64 = 10 << 20;
const SECURITY_BACKUPS: u32 = 5;

static CONTROLS: OnceLock<Controls> = OnceLock::new();

/// What can be changed while it runs.
struct Controls {
    targets: reload::Handle<Targets, Registry>,
    files: Vec<LogFile>,
}

/// A file, and the way to its thread.
#[derive(Clone, Debug)]
struct LogFile {
    shared: Shared,
    queue: NonBlocking,
}

impl LogFile {
    /// Soon; nobody waits for it.
    fn open(mut self) {
        // With a full queue, the next line opens it.
        let _woken = self.queue.write_all(b"");
    }
}

/// When dropped, waits about a second at most for each place until everything logged so far has been written.
#[derive(Debug, Default)]
pub(crate) struct Log {
    dropped: Vec<ErrorCounter>,
    files: Vec<LogFile>,
    rest: Vec<WorkerGuard>,
}

/// Begins to log as `logging` says, with the security log in `data_dir`.
///
/// A file that cannot be written is complained about on standard error and tried again with each line.
/// # Errors
/// When it has begun already.
pub(crate) fn start(logging: &Logging, data_dir: &Path) -> Result<Log, SetGlobalDefaultError> {
    let mut log = Log::default();
    let form = if io::stderr().is_terminal() { Form::People } else { Form::Json };
    let security = data_dir.join("security.log");
    let mut outlets = vec![
        Outlet { form, writer: log.queue("log", io::stderr()) },
        Outlet {
            form: Form::Security,
            writer: log.file_queue("log-security", &security, SECURITY_MAX_SIZE, SECURITY_BACKUPS),
        },
    ];
    if let Some(file) = &logging.file {
        let writer = log.file_queue("log-file", file, logging.max_size, logging.backup_count);
        outlets.push(Outlet { form: Form::People, writer });
    }
    let (targets, handle) = reload::Layer::new(targets(logging.level));
    set_global_default(registry().with(targets).with(Lines { outlets }))?;
    log.files.iter().cloned().for_each(LogFile::open);
    CONTROLS.get_or_init(|| Controls { targets: handle, files: log.files.clone() });
    Ok(log)
}

/// From now on logs what is at least as important as `level`.
pub(crate) fn set_level(level: Level) {
    if let Some(controls) = CONTROLS.get() {
        // It fails only when the log has gone.
        let _changed = controls.targets.reload(targets(level));
    }
}

/// Opens every file anew: whoever keeps old logs, such as logrotate, may have put them aside.
pub(crate) fn reopen() {
    for file in CONTROLS.get().into_iter().flat_map(|controls| &controls.files) {
        file.shared.reopen.store(true, Ordering::Relaxed);
        file.clone().open();
    }
}

impl Log {
    fn queue(&mut self, thread: &str, writer: impl Write + Send + 'static) -> NonBlocking {
        let thread = NonBlockingBuilder::default().buffered_lines_limit(MAX_WAITING).thread_name(thread);
        let (queue, rest) = thread.finish(writer);
        self.dropped.push(queue.error_counter());
        self.rest.push(rest);
        queue
    }

    fn file_queue(&mut self, thread: &str, path: &Path, max_size: u64, backup_count: u32) -> NonBlocking {
        let shared = Shared::default();
        let queue = self.queue(thread, RotatedFile::new(path, max_size, backup_count, shared.clone()));
        self.files.push(LogFile { shared, queue: queue.clone() });
        queue
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let lost = self.files.iter().map(|file| file.shared.lost.load(Ordering::Relaxed));
        let dropped = self.dropped.iter().map(ErrorCounter::dropped_lines).chain(lost).sum::<usize>();
        if dropped > 0 {
            warn!(lines = dropped, "lines of the log were dropped");
        }
    }
}

/// Libraries are heard from warnings up.
fn targets(level: Level) -> Targets {
    let least = match level {
        Level::Trace => LevelFilter::TRACE,
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warning => LevelFilter::WARN,
        Level::Error | Level::Critical => LevelFilter::ERROR,
    };
    Targets::new()
        .with_default(least.min(LevelFilter::WARN))
        .with_targets(OURS.map(|ours| (ours, least)))
        .with_target(security::TARGET, LevelFilter::WARN)
}
