//! Marks people's numbers and addresses in the log.

use std::fmt;

/// A person's number or address: wrapped at every place that logs one, so that one place decides what is written.
///
/// The value is shown; PINs, passwords and keys are not to be logged even so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Private<T>(pub T);

impl<T: fmt::Display> fmt::Display for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
