//! Puts batches of calls into the database, one batch at a time, without keeping the spool's thread waiting.

use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::gather::{Gather, Held};
use super::keeper::Wake;
use super::place::Place;
use crate::error::StoreError;
use crate::finished::FinishedCall;
use crate::store::Store;

/// Calls per transaction.
const LARGEST_BATCH: usize = 256;

/// Between two batches that are not full: a transaction costs the same for one call as for many.
const BATCH_EVERY: Duration = Duration::from_secs(1);

/// Between two attempts while the database is away.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(5)];

/// A database that takes longer is said not to answer; the batch waits for it all the same.
const SILENCE: Duration = Duration::from_secs(10);

/// The runtime that the database lives on has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RuntimeGone;

type Outcome = (Vec<(Held, FinishedCall)>, Result<(), StoreError>);

/// A batch that is on its way.
struct Flight {
    outcome: Receiver<Outcome>,
    oldest: Option<Place>,
    calls: usize,
    since: Instant,
}

/// The way into the database.
pub(super) struct Insertion {
    store: Store,
    runtime: Handle,
    wake: Sender<Wake>,
    flight: Option<Flight>,
    /// The size of the next batch: halved by a failure, in case that one call is what the database refuses.
    batch: usize,
    pause: Duration,
    retry_at: Option<Instant>,
    /// Before it only a full batch is sent off.
    gather_until: Option<Instant>,
}

impl Insertion {
    pub(super) fn new(store: Store, runtime: Handle, wake: Sender<Wake>) -> Self {
        let [pause, _] = PAUSES;
        Self { store, runtime, wake, flight: None, batch: LARGEST_BATCH, pause, retry_at: None, gather_until: None }
    }

    /// Sends the next batch off, unless one is on its way, an attempt has just failed, or there is time to gather more.
    pub(super) fn start(&mut self, gather: &mut Gather, in_a_hurry: bool, now: Instant) {
        if self.flight.is_some() || gather.waiting() == 0 || self.retry_at.is_some_and(|at| now < at) {
            return;
        }
        let may_wait = !in_a_hurry && gather.waiting() < self.batch;
        if may_wait && self.gather_until.is_some_and(|until| now < until) {
            return;
        }
        self.gather_until = Some(now + BATCH_EVERY);
        let calls = gather.take(self.batch);
        let oldest = calls.iter().map(|(held, _)| held.begin).min();
        let (sender, outcome) = mpsc::channel();
        self.flight = Some(Flight { outcome, oldest, calls: calls.len(), since: now });
        let (store, wake) = (self.store.clone(), self.wake.clone());
        self.runtime.spawn(async move {
            let (held, calls): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
            let result = store.insert_records(&calls).await;
            // Nobody listens once the keeper has been dropped.
            drop(sender.send((held.into_iter().zip(calls).collect(), result)));
            drop(wake.send(Wake::Inserted));
        });
    }

    /// Looks whether the batch has arrived, and lets go of its calls; `None` while nothing is known.
    ///
    /// # Errors
    /// [`RuntimeGone`] when it never will: its calls are still in the spool.
    pub(super) fn finish(
        &mut self,
        gather: &mut Gather,
        now: Instant,
    ) -> Result<Option<Result<(), StoreError>>, RuntimeGone> {
        let Some(flight) = &self.flight else { return Ok(None) };
        let (calls, result) = match flight.outcome.try_recv() {
            Ok(outcome) => outcome,
            Err(TryRecvError::Empty) => return Ok(None),
            Err(TryRecvError::Disconnected) => return Err(RuntimeGone),
        };
        self.flight = None;
        let [shortest, longest] = PAUSES;
        if result.is_ok() {
            for (held, _) in &calls {
                gather.release(held);
            }
            (self.pause, self.retry_at) = (shortest, None);
            self.batch = (2 * self.batch).min(LARGEST_BATCH);
        } else {
            gather.put_back(calls);
            self.retry_at = Some(now + self.pause);
            self.pause = (2 * self.pause).min(longest);
            self.batch = (self.batch / 2).max(1);
        }
        Ok(Some(result))
    }

    /// Whether the database has not answered for long.
    pub(super) fn is_unanswered(&self, now: Instant) -> bool {
        self.flight.as_ref().is_some_and(|flight| now.saturating_duration_since(flight.since) > SILENCE)
    }

    /// How many calls are on their way.
    pub(super) fn calls(&self) -> usize {
        self.flight.as_ref().map_or(0, |flight| flight.calls)
    }

    /// The beginning of the oldest call on its way.
    pub(super) fn oldest(&self) -> Option<Place> {
        self.flight.as_ref().and_then(|flight| flight.oldest)
    }
}
