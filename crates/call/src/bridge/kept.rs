//! What is kept of calls, counted: tests look here for what is left when all calls are over.

use super::Bridge;

/// How many entries there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Calls, those included that are only cleared up.
    pub calls: usize,
    /// Calls that wait for ports.
    pub waiting: usize,
    /// Our tags.
    pub tags: usize,
    /// INVITEs from phones that are not acknowledged.
    pub received: usize,
    /// Requests of ours that are not answered.
    pub sent: usize,
    /// Timers.
    pub timers: usize,
    /// Extensions with calls in set-up.
    pub callers: usize,
}

impl Bridge {
    pub(crate) fn kept(&self) -> Kept {
        Kept {
            calls: self.calls.len(),
            waiting: self.waiting.len(),
            tags: self.desk.by_tag.len(),
            received: self.desk.by_server.len(),
            sent: self.desk.by_client.len(),
            timers: self.desk.wheel.len(),
            callers: self.desk.crowd.len(),
        }
    }

    pub(crate) fn free_ports(&self) -> usize {
        self.desk.ports.len()
    }
}
