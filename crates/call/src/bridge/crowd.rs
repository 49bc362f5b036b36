//! How many calls one extension sets up at a time: a program gone wild, or who has stolen a password, is not to take all
//! ports and let all phones ring.

use std::collections::HashMap;

use warden_sip::status::Status;

use super::refusal::Refusal;
use crate::call_event::Cause;
use crate::directory::Extension;

/// The most calls of one extension that are not answered; more than any number of its phones and programs needs.
const MAX_IN_SET_UP: usize = 100;

/// Calls in set-up by who called. One counts until it is answered, or nothing is left to clear up.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    by_caller: HashMap<Extension, usize>,
}

impl Crowd {
    /// What one more call of `caller` gets; `None` while there are not too many.
    pub(super) fn refusal(&self, caller: &Extension) -> Option<Refusal> {
        let is_full = self.by_caller.get(caller).is_some_and(|count| *count >= MAX_IN_SET_UP);
        is_full.then(|| Refusal::new(Status::SERVICE_UNAVAILABLE, "Too Many Calls In Set-Up", Cause::Rejected))
    }

    pub(super) fn enter(&mut self, caller: &Extension) {
        *self.by_caller.entry(caller.clone()).or_default() += 1;
    }

    pub(super) fn leave(&mut self, caller: &Extension) {
        if let Some(count) = self.by_caller.get_mut(caller) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_caller.remove(caller);
            }
        }
    }

    /// How many extensions have any.
    pub(super) fn len(&self) -> usize {
        self.by_caller.len()
    }
}
