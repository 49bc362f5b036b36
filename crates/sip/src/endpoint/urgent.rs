//! Calls that must get through: those to the numbers that the owner names.

use std::sync::Arc;

use crate::message::Message;
use crate::method::Method;

/// The numbers, which are emergency numbers.
#[derive(Default)]
pub(super) struct Urgent {
    numbers: Arc<[Box<str>]>,
}

impl Urgent {
    pub(super) fn new(numbers: Arc<[Box<str>]>) -> Self {
        Self { numbers }
    }

    /// Whether somebody dials one of the numbers.
    pub(super) fn is_dialled_by(&self, request: &Message) -> bool {
        let number = request.request_uri().ok().and_then(|uri| uri.dialled());
        request.method() == Method::Invite && self.has(number)
    }

    /// The same, or whether a request belongs to such a call: its To is still what was dialled (RFC 3261 §12.2.1.1).
    pub(super) fn is_concerned_by(&self, request: &Message) -> bool {
        let called = || request.to().ok().and_then(|to| to.uri().ok()?.dialled());
        self.is_dialled_by(request) || (request.to_tag().is_some() && self.has(called()))
    }

    fn has(&self, number: Option<Vec<u8>>) -> bool {
        number.is_some_and(|number| self.numbers.iter().any(|urgent| urgent.as_bytes() == number))
    }
}
