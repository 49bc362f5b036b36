//! Starting and ending one media thread.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rustix::process::setpriority_process;
use tokio::sync::mpsc;
use tracing::error;
use warden_sip::random::Random;

use super::orders::{Order, Orders, queue};
use super::radio::Radio;
use super::told::{Outbox, Told};
use super::worker::{Outcome, Worker};
use crate::counters::Counters;
use crate::epoll::Epoll;

/// As `nice` counts; it needs more rights than most have. A thread that is woken for each packet spends more time on it
/// than one that comes late and finds some.
const PRIORITY: i32 = -10;

/// The signalling thread's end of a media thread.
#[derive(Debug)]
pub(crate) struct MediaThread {
    orders: Orders,
    thread: JoinHandle<()>,
    /// How many calls it has.
    pub(crate) calls: usize,
}

impl MediaThread {
    /// Starts number `number`, which may have `max_calls`.
    pub(crate) fn start(
        number: usize,
        max_calls: usize,
        told: mpsc::Sender<Told>,
        radio: Radio,
        random: Random,
        counters: Arc<Counters>,
    ) -> io::Result<Self> {
        let (orders, inbox) = queue(max_calls)?;
        let worker = Worker::new(Epoll::new()?, inbox, Outbox::new(told.clone()), radio, random, counters)?;
        let thread = begin(thread::Builder::new().name(format!("media {number}")), number, told, move || run(worker))?;
        Ok(Self { orders, thread, calls: 0 })
    }

    /// Gives an order without waiting.
    ///
    /// # Errors
    /// The order, when too many wait or the thread has ended.
    pub(crate) fn give(&self, order: Order) -> Result<(), Order> {
        self.orders.give(order)
    }

    /// Whether it can do nothing any more; that is told before long.
    pub(crate) fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Closes its calls, and returns when the thread has ended.
    pub(crate) fn end(self) {
        self.orders.end();
        // A panic has been reported where it happened.
        let _panicked = self.thread.join();
    }
}

/// Only a thread that has begun says farewell: what it is given is dropped here where it cannot be started.
fn begin(
    thread: thread::Builder,
    number: usize,
    told: mpsc::Sender<Told>,
    work: impl FnOnce() -> bool + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    thread.spawn(move || Farewell { number, told, is_expected: false }.after(work))
}

/// Tells that the thread has ended, unless it was to. A panic drops it too.
struct Farewell {
    number: usize,
    told: mpsc::Sender<Told>,
    is_expected: bool,
}

impl Farewell {
    /// `work` says whether its end was wanted.
    fn after(mut self, work: impl FnOnce() -> bool) {
        self.is_expected = work();
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        if !self.is_expected {
            // An error means that the signalling thread has ended.
            let _listens = self.told.blocking_send(Told::Ended { thread: self.number });
        }
    }
}

/// True when it was told to stop.
fn run(mut worker: Worker<Epoll>) -> bool {
    // Of this thread only. Without it media is as punctual as the machine is idle.
    let _permitted = setpriority_process(None, PRIORITY);
    loop {
        match worker.round() {
            Ok(Outcome::GoOn) => {}
            Ok(Outcome::Stop) => return true,
            Err(error) => {
                error!(error = &error as &dyn Error, "a media thread cannot wait for packets");
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_ends_unexpectedly_says_so() {
        let (told, mut listener) = mpsc::channel(4);
        let farewell = |number| Farewell { number, told: told.clone(), is_expected: false };
        let [wanted, failed, panicked] = [1, 2, 3].map(farewell);
        thread::spawn(move || wanted.after(|| true)).join().unwrap();
        thread::spawn(move || failed.after(|| false)).join().unwrap();
        thread::spawn(move || panicked.after(|| panic!("as a test wants it"))).join().unwrap_err();
        for number in [2, 3] {
            assert!(matches!(listener.try_recv(), Ok(Told::Ended { thread }) if thread == number));
        }
        assert!(listener.try_recv().is_err());
    }

    #[test]
    fn a_thread_that_cannot_begin_says_nothing() {
        let (told, mut listener) = mpsc::channel(1);
        let too_large = thread::Builder::new().stack_size(1 << 60);
        assert!(begin(too_large, 0, told, || true).is_err());
        assert!(listener.try_recv().is_err());
    }
}
