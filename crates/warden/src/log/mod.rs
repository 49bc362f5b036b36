//! The log: one line per event on standard error, for people when that is a terminal and as JSON otherwise.
//!
//! A line has one of the documented level names and a tag, `SIP` or `CALL`, that can be searched for. A thread of its
//! own writes the lines, so that nobody waits for a slow terminal or a full pipe.

mod fields;
mod layer;
mod line;

use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use tracing::level_filters::LevelFilter;
use tracing::subscriber::{SetGlobalDefaultError, set_global_default};
use tracing::warn;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, registry, reload};
use warden_config::Level;

use self::layer::Lines;
use self::line::Form;

/// The tags of our own lines; everything else of ours has its module.
const OURS: [&str; 3] = ["SIP", "CALL", "warden"];
/// The most lines that wait; further ones are dropped and counted.
const MAX_WAITING: usize = 8192;

static TARGETS: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();

/// When dropped, waits about a second at most until everything logged so far has been written.
#[derive(Debug)]
pub(crate) struct Log {
    dropped: ErrorCounter,
    _rest: WorkerGuard,
}

/// Begins to log what is at least as important as `level`.
///
/// # Errors
/// When it has begun already.
pub(crate) fn start(level: Level) -> Result<Log, SetGlobalDefaultError> {
    let form = if io::stderr().is_terminal() { Form::People } else { Form::Json };
    let thread = NonBlockingBuilder::default().buffered_lines_limit(MAX_WAITING).thread_name("log");
    let (writer, rest) = thread.finish(io::stderr());
    let dropped = writer.error_counter();
    let (targets, handle) = reload::Layer::new(targets(level));
    set_global_default(registry().with(targets).with(Lines { form, writer }))?;
    TARGETS.get_or_init(|| handle);
    Ok(Log { dropped, _rest: rest })
}

/// From now on logs what is at least as important as `level`.
pub(crate) fn set_level(level: Level) {
    if let Some(handle) = TARGETS.get() {
        // It fails only when the log has gone.
        let _changed = handle.reload(targets(level));
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let dropped = self.dropped.dropped_lines();
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
    Targets::new().with_default(least.min(LevelFilter::WARN)).with_targets(OURS.map(|ours| (ours, least)))
}
