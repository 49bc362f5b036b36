//! Numbers that only grow, counted by the signalling thread and read by anybody.

use std::sync::atomic::{AtomicU64, Ordering};

/// One number.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) received: Counter,
    pub(crate) sent: Counter,
    pub(crate) keep_alives: Counter,
    pub(crate) malformed: Counter,
    pub(crate) receive_errors: Counter,
    pub(crate) sends_dropped: Counter,
    pub(crate) saves_dropped: Counter,
}

/// What the server has done since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Messages that came.
    pub received: u64,
    /// Messages that went out.
    pub sent: u64,
    /// Datagrams that only kept a path open.
    pub keep_alives: u64,
    /// Messages that could not be read.
    pub malformed: u64,
    /// Times that a socket failed to give a datagram.
    pub receive_errors: u64,
    /// Messages that the network did not take: its queue was full, or there was no way.
    pub sends_dropped: u64,
    /// Changed bindings that found the queue to their keeper full; the next refresh brings them again.
    pub saves_dropped: u64,
}

impl Counters {
    pub(crate) fn status(&self) -> Status {
        Status {
            received: self.received.get(),
            sent: self.sent.get(),
            keep_alives: self.keep_alives.get(),
            malformed: self.malformed.get(),
            receive_errors: self.receive_errors.get(),
            sends_dropped: self.sends_dropped.get(),
            saves_dropped: self.saves_dropped.get(),
        }
    }
}
