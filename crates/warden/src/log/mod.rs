//! The log: one line per event on standard error, for people when that is a terminal and as JSON otherwise.
//!
//! A line has one of the documented level names and a tag, `SIP` or `CALL`, that can be searched for.

mod fields;
mod line;
mod spans;
mod subscriber;
mod writer;

use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use tracing::level_filters::LevelFilter;
use tracing::subscriber::{SetGlobalDefaultError, set_global_default};
use warden_config::Level;

use self::line::Form;
use self::subscriber::Log;
use self::writer::Writer;

static WRITER: OnceLock<Writer> = OnceLock::new();

/// Begins to log what is at least as important as `level`.
///
/// # Errors
/// When it has begun already.
pub(crate) fn start(level: Level) -> Result<(), SetGlobalDefaultError> {
    let form = if io::stderr().is_terminal() { Form::People } else { Form::Json };
    let writer = WRITER.get_or_init(Writer::start);
    subscriber::set_level(filter(level));
    set_global_default(Log::new(form, writer))
}

/// From now on logs what is at least as important as `level`.
pub(crate) fn set_level(level: Level) {
    subscriber::set_level(filter(level));
    tracing::callsite::rebuild_interest_cache();
}

/// Returns when everything logged so far has been written.
pub(crate) fn flush() {
    if let Some(writer) = WRITER.get() {
        writer.flush();
    }
}

fn filter(level: Level) -> LevelFilter {
    match level {
        Level::Trace => LevelFilter::TRACE,
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warning => LevelFilter::WARN,
        Level::Error | Level::Critical => LevelFilter::ERROR,
    }
}
