//! How many calls one extension, and one source, sets up at a time: a program gone wild, or who has stolen passwords, is not
//! to take all ports and let all phones ring.

use std::collections::HashMap;
use std::net::IpAddr;

use warden_sip::status::Status;

use super::call::CallView;
use super::refusal::Refusal;
use crate::access::{AccessPolicy, PerSource};
use crate::call_event::Cause;
use crate::directory::Extension;

/// The most calls of one extension that are not answered; more than any number of its phones and programs needs.
const MAX_IN_SET_UP: usize = 100;

/// Calls in set-up by who called, and by source. One counts until it is answered, or nothing is left to clear up.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    by_caller: HashMap<Extension, usize>,
    by_source: PerSource,
}

impl Crowd {
    /// What one more call of `caller` from `source` gets; `None` while there are not too many.
    pub(super) fn refusal(&self, caller: &Extension, source: IpAddr, policy: &AccessPolicy) -> Option<Refusal> {
        let has_many = || self.by_caller.get(caller).is_some_and(|count| *count >= MAX_IN_SET_UP);
        let is_full = || !policy.trusts(source) && self.by_source.is_full(source, policy.half_open);
        let is_too_many = has_many() || is_full();
        is_too_many.then(|| Refusal::new(Status::SERVICE_UNAVAILABLE, "Too Many Calls In Set-Up", Cause::Rejected))
    }

    pub(super) fn enter(&mut self, call: &CallView) {
        *self.by_caller.entry(call.caller.clone()).or_default() += 1;
        self.by_source.enter(call.source.ip());
    }

    pub(super) fn leave(&mut self, call: &CallView) {
        self.by_source.leave(call.source.ip());
        if let Some(count) = self.by_caller.get_mut(&call.caller) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_caller.remove(&call.caller);
            }
        }
    }

    /// How many extensions and sources have any.
    pub(super) fn len(&self) -> usize {
        self.by_caller.len() + self.by_source.len()
    }
}
