//! What the signalling thread orders a media thread to do: a bounded queue with a bell that wakes the thread.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::time::Duration;

use warden_call::call_event::CallId;
use warden_media::dtmf::Digit;
use warden_media::relay::{LegSetup, Program, Side};

use super::pair::NewLeg;
use super::record::Record;
use crate::bell::Bell;

/// The most orders that wait; one more is refused, unless it closes a session.
const MAX_ORDERS: usize = 1024;

/// One thing to do.
#[derive(Debug)]
pub(crate) enum Order {
    Open { call: CallId, legs: Box<[NewLeg; 2]> },
    SetUp { call: CallId, side: Side, setup: Box<LegSetup> },
    Replace { call: CallId, side: Side, leg: Box<NewLeg> },
    Play { call: CallId, side: Side, program: Option<Program> },
    Digit { call: CallId, side: Side, digit: Digit, duration: Duration },
    Record { call: CallId, what: Box<Record> },
    Close { call: CallId },
}

/// Both ends have it.
#[derive(Debug)]
struct Shared {
    bell: Bell,
    waiting: AtomicUsize,
}

/// The signalling thread's end.
#[derive(Debug)]
pub(crate) struct Orders {
    queue: SyncSender<Order>,
    shared: Arc<Shared>,
}

/// The media thread's end.
#[derive(Debug)]
pub(crate) struct Inbox {
    queue: Receiver<Order>,
    shared: Arc<Shared>,
}

/// What the media thread finds in its inbox.
#[derive(Debug)]
pub(crate) enum Next {
    Order(Order),
    Nothing,
    /// It is time to stop.
    End,
}

/// A queue with room for every one of `max_calls` sessions to be closed, however much waits besides.
pub(crate) fn queue(max_calls: usize) -> io::Result<(Orders, Inbox)> {
    let shared = Arc::new(Shared { bell: Bell::new()?, waiting: AtomicUsize::new(0) });
    let (sender, receiver) = sync_channel(MAX_ORDERS + max_calls);
    Ok((Orders { queue: sender, shared: Arc::clone(&shared) }, Inbox { queue: receiver, shared }))
}

impl Orders {
    /// Gives an order without waiting.
    ///
    /// # Errors
    /// The order, when too many wait or the thread has ended.
    pub(crate) fn give(&self, order: Order) -> Result<(), Order> {
        let may_wait = matches!(order, Order::Close { .. });
        if !may_wait && self.shared.waiting.load(Ordering::Relaxed) >= MAX_ORDERS {
            return Err(order);
        }
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        if let Err(TrySendError::Full(order) | TrySendError::Disconnected(order)) = self.queue.try_send(order) {
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(order);
        }
        self.shared.bell.ring();
        Ok(())
    }

    /// Lets the thread stop.
    pub(crate) fn end(self) {
        drop(self.queue);
        self.shared.bell.ring();
    }
}

impl Inbox {
    /// Rings when there is an order.
    pub(crate) fn bell(&self) -> &Bell {
        &self.shared.bell
    }

    pub(crate) fn next(&self) -> Next {
        match self.queue.try_recv() {
            Ok(order) => {
                self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
                Next::Order(order)
            }
            Err(TryRecvError::Empty) => Next::Nothing,
            Err(TryRecvError::Disconnected) => Next::End,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_refuses_everything_but_the_end_of_a_session() {
        let (orders, inbox) = queue(2).unwrap();
        let set_up = || Order::SetUp { call: CallId(1), side: Side::A, setup: Box::default() };
        while orders.give(set_up()).is_ok() {}
        for number in [1, 2] {
            assert!(orders.give(Order::Close { call: CallId(number) }).is_ok());
        }
        assert!(matches!(inbox.next(), Next::Order(Order::SetUp { .. })));
        assert!(orders.give(set_up()).is_err());
        orders.end();
        let taken = std::iter::from_fn(|| if let Next::Order(order) = inbox.next() { Some(order) } else { None });
        assert_eq!(taken.count(), MAX_ORDERS + 1);
        assert!(matches!(inbox.next(), Next::End));
    }
}
