//! The values of an event or a span.

use std::error::Error;
use std::{fmt, iter};

use serde_json::Value;
use tracing::field::{Field, Visit};

/// What was recorded, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    /// The fixed words; empty for a span.
    pub(crate) message: String,
    pub(crate) values: Vec<(&'static str, Value)>,
}

impl Fields {
    /// A value recorded again replaces the first.
    pub(crate) fn set(&mut self, name: &'static str, value: Value) {
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.values.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.set(field.name(), value.into());
        }
    }

    /// With every cause behind it.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let causes = iter::successors(Some(value), |&error| error.source());
        self.set(field.name(), causes.map(ToString::to_string).collect::<Vec<_>>().join(": ").into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
