//! Transactions that are over and only absorb what comes late. However many end at a time, memory has a bound: the oldest
//! are forgotten before their time, since what is repeated is mostly repeated soon.

use std::collections::VecDeque;

use super::{Endpoint, Timed};

/// Who lingers, in the order in which they began to; some have ended since.
pub(super) struct Lingering {
    most: usize,
    queue: VecDeque<Timed>,
}

impl Lingering {
    pub(super) fn new(most: usize) -> Self {
        Self { most, queue: VecDeque::new() }
    }
}

impl Endpoint {
    /// A transaction begins to linger.
    pub(super) fn linger(&mut self, timed: Timed) {
        self.lingering.queue.push_back(timed);
        if self.lingering.queue.len() > self.lingering.most {
            // It may have ended: then its name is stale.
            match self.lingering.queue.pop_front() {
                Some(Timed::Server(id)) => self.forget_server(id),
                Some(Timed::Client(id)) => self.end_client(id, None),
                None => {}
            }
        }
    }
}
