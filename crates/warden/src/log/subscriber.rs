//! Takes what the program reports and makes lines of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::fields::Fields;
use super::line::{Entry, Form};
use super::spans::{self, Spans};
use super::writer::Lines;

/// How many of the five levels are logged, the most important first.
static LEVELS: AtomicUsize = AtomicUsize::new(0);

const BY_IMPORTANCE: [Level; 5] = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];

/// The tags of our own lines; everything else of ours has its module.
const OURS: [&str; 3] = ["SIP", "CALL", "warden"];

pub(crate) fn set_level(level: LevelFilter) {
    LEVELS.store(BY_IMPORTANCE.iter().filter(|one| **one <= level).count(), Ordering::Relaxed);
}

fn level() -> LevelFilter {
    let levels = LEVELS.load(Ordering::Relaxed);
    let least = levels.checked_sub(1).and_then(|index| BY_IMPORTANCE.get(index));
    least.copied().map_or(LevelFilter::OFF, LevelFilter::from_level)
}

/// What the program's reports go to.
pub(crate) struct Log {
    form: Form,
    lines: &'static dyn Lines,
    spans: Mutex<Spans>,
}

impl Log {
    pub(crate) fn new(form: Form, lines: &'static dyn Lines) -> Self {
        Self { form, lines, spans: Mutex::default() }
    }

    fn spans(&self) -> MutexGuard<'_, Spans> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber for Log {
    /// Libraries are heard from warnings up.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_ours = OURS.iter().any(|ours| metadata.target().starts_with(ours));
        let least = if is_ours { level() } else { level().min(LevelFilter::WARN) };
        *metadata.level() <= least
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(level())
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let parent = if span.is_contextual() { spans::current() } else { span.parent().cloned() };
        self.spans().open(parent.as_ref(), |visit| span.record(visit))
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.spans().record(span, |visit| values.record(visit));
    }

    /// Not shown.
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let (time, metadata) = (Timestamp::now(), event.metadata());
        let entry = Entry { time, level: *metadata.level(), tag: metadata.target(), fields: &fields };
        let span = if event.is_contextual() { spans::current() } else { event.parent().cloned() };
        let line = self.form.line(&entry, self.spans().values(span.as_ref()));
        self.lines.take(line);
    }

    fn enter(&self, span: &Id) {
        spans::enter(span);
    }

    fn exit(&self, span: &Id) {
        spans::exit(span);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.spans().add_handle(id);
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        self.spans().drop_handle(&id)
    }
}
