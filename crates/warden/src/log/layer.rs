//! Makes a line of each event, with the values of the spans around it.

use std::io::Write;

use jiff::Timestamp;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::fields::Fields;
use super::line::Form;
use super::security;

/// Makes the lines for every outlet.
pub(crate) struct Lines<W> {
    pub(crate) outlets: Vec<Outlet<W>>,
}

/// Gives `writer` each line whole.
pub(crate) struct Outlet<W> {
    pub(crate) form: Form,
    pub(crate) writer: W,
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let (time, metadata, mut fields) = (Timestamp::now(), event.metadata(), Fields::default());
        let is_security = metadata.target() == security::TARGET;
        // The security log has its own order and no room for more.
        let spans = if is_security { None } else { context.event_scope(event) };
        for span in spans.into_iter().flat_map(Scope::from_root) {
            if let Some(outer) = span.extensions().get::<Fields>() {
                for (name, value) in &outer.values {
                    fields.set(name, value.clone());
                }
            }
        }
        event.record(&mut fields);
        for Outlet { form, writer } in &self.outlets {
            if (*form == Form::Security) == is_security {
                let line = form.line(time, *metadata.level(), metadata.target(), &fields);
                // There is nowhere to complain about the log.
                let _written = writer.make_writer().write_all(line.as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing::{info, info_span};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::registry;
    use warden_config::Level;

    use super::*;
    use crate::log::targets;

    #[test]
    fn a_line_carries_the_values_of_every_span_around_it_until_the_span_is_left() {
        static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());
        let lines = Lines { outlets: vec![Outlet { form: Form::People, writer: || WRITTEN.make_writer() }] };
        tracing::subscriber::with_default(registry().with(targets(Level::Info)).with(lines), || {
            let call = info_span!("call", call = "c1", leg = tracing::field::Empty);
            call.in_scope(|| {
                info_span!("leg", leg = 2).in_scope(|| info!(target: "CALL", "inside"));
                call.record("leg", 1);
                info!(target: "CALL", code = 200, "between");
            });
            info!(target: "CALL", "outside");
            tracing::debug!(target: "CALL", "too small");
        });
        let written = String::from_utf8(WRITTEN.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = written.lines().map(|line| line.split_once(' ').unwrap().1.trim_end()).collect();
        let expected = [
            "INFO    CALL inside call=c1 leg=2",
            "INFO    CALL between call=c1 leg=1 code=200",
            "INFO    CALL outside",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn the_security_log_has_its_own_events_at_every_level_and_no_others() {
        static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());
        let outlet = |form| Outlet { form, writer: || WRITTEN.make_writer() };
        let lines = Lines { outlets: vec![outlet(Form::Security), outlet(Form::People), outlet(Form::Json)] };
        tracing::subscriber::with_default(registry().with(targets(Level::Critical)).with(lines), || {
            tracing::error_span!("call", call = "c1").in_scope(|| {
                tracing::warn!(target: "SECURITY", SecurityEvent = "FailedACL", AccountID = "1001");
                tracing::warn!(target: "SIP", "too small");
                tracing::error!(target: "SIP", "other");
            });
        });
        let written = String::from_utf8(WRITTEN.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = written.lines().collect();
        let [security, people, json] = lines[..] else { panic!("{written}") };
        assert!(security.ends_with("+0000\",AccountID=\"1001\"") && !security.contains("c1"), "{security}");
        assert!(
            people.ends_with("ERROR   SIP other call=c1") && json.ends_with("\"other\",\"call\":\"c1\"}"),
            "{written}"
        );
    }
}
