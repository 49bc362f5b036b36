//! The spans that are open, and which of them each thread is in.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::Value;
use tracing::field::Visit;
use tracing::span::Id;

use super::fields::Fields;

thread_local! {
    /// The spans that this thread has entered, the innermost last.
    static ENTERED: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
}

struct Span {
    /// Its own values after those that its parent had when it was opened.
    fields: Fields,
    handles: usize,
}

/// All open spans.
#[derive(Default)]
pub(crate) struct Spans {
    open: HashMap<u64, Span>,
    last: u64,
}

impl Spans {
    /// Opens a span inside `parent`; `record` fills in its values.
    pub(crate) fn open(&mut self, parent: Option<&Id>, record: impl FnOnce(&mut dyn Visit)) -> Id {
        let mut fields = Fields { message: String::new(), values: self.values(parent).to_vec() };
        record(&mut fields);
        self.last += 1;
        self.open.insert(self.last, Span { fields, handles: 1 });
        Id::from_u64(self.last)
    }

    /// The values of a span and of those around it.
    pub(crate) fn values(&self, id: Option<&Id>) -> &[(&'static str, Value)] {
        id.and_then(|id| self.open.get(&id.into_u64())).map_or(&[], |span| &span.fields.values)
    }

    pub(crate) fn record(&mut self, id: &Id, record: impl FnOnce(&mut dyn Visit)) {
        if let Some(span) = self.open.get_mut(&id.into_u64()) {
            record(&mut span.fields);
        }
    }

    pub(crate) fn add_handle(&mut self, id: &Id) {
        if let Some(span) = self.open.get_mut(&id.into_u64()) {
            span.handles += 1;
        }
    }

    /// True when that was the last handle.
    pub(crate) fn drop_handle(&mut self, id: &Id) -> bool {
        let Some(span) = self.open.get_mut(&id.into_u64()) else { return false };
        span.handles -= 1;
        let is_last = span.handles == 0;
        if is_last {
            self.open.remove(&id.into_u64());
        }
        is_last
    }
}

/// This thread goes into a span.
pub(crate) fn enter(id: &Id) {
    ENTERED.with_borrow_mut(|entered| entered.push(id.clone()));
}

/// This thread comes out of a span.
pub(crate) fn exit(id: &Id) {
    ENTERED.with_borrow_mut(|entered| {
        if let Some(index) = entered.iter().rposition(|other| other == id) {
            entered.remove(index);
        }
    });
}

/// The span that this thread is in.
pub(crate) fn current() -> Option<Id> {
    ENTERED.with_borrow(|entered| entered.last().cloned())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing::{Level, info, info_span};

    use super::super::line::Form;
    use super::super::subscriber::{Log, set_level};
    use super::super::writer::Lines;

    #[test]
    fn a_line_carries_the_values_of_every_span_around_it_until_the_span_is_left() {
        static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
        set_level(tracing::level_filters::LevelFilter::from_level(Level::INFO));
        tracing::subscriber::with_default(Log::new(Form::People, &LINES as &dyn Lines), || {
            let call = info_span!("call", call = "c1", leg = tracing::field::Empty);
            call.in_scope(|| {
                info_span!("leg", leg = 2).in_scope(|| info!(target: "CALL", "inside"));
                call.record("leg", 1);
                info!(target: "CALL", code = 200, "between");
            });
            info!(target: "CALL", "outside");
            tracing::debug!(target: "CALL", "too small");
        });
        let lines: Vec<_> =
            LINES.lock().unwrap().iter().map(|line| line.split_once(' ').unwrap().1.trim_end().to_owned()).collect();
        let expected = [
            "INFO    CALL inside call=c1 leg=2",
            "INFO    CALL between call=c1 leg=1 code=200",
            "INFO    CALL outside",
        ];
        assert_eq!(lines, expected);
    }
}
