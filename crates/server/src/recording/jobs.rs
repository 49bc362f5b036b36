//! The queue to the thread that writes. Nobody who puts something into it ever waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use jiff::Timestamp;
use warden_call::call_event::CallId;
use warden_call::media::RecordedParty;
use warden_media::recording::Block;
use warden_media::relay::Side;

use crate::counters::Counters;

/// How much sound waits, in bytes: 1000 calls for a second at 8 kHz. What comes then is dropped.
const MAX_SOUND: usize = 32 << 20;
/// What else there is room for; that ends are never dropped is no danger, as each recording has one.
const MAX_BYTES: usize = MAX_SOUND + (4 << 20);
/// What anything but sound is counted as.
const SMALL: usize = 512;

/// What a recording is about.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) call: CallId,
    /// Its name below the place for recordings.
    pub(crate) file: String,
    pub(crate) parties: [RecordedParty; 2],
    pub(crate) dialled: String,
}

/// One thing to write. Places and lengths are in samples of a channel.
#[derive(Debug)]
pub(crate) enum Job {
    Begin {
        about: Box<About>,
        rate_hz: u32,
        at: Timestamp,
    },
    Sound {
        call: CallId,
        block: Block,
    },
    Paused {
        call: CallId,
        place: u64,
        at: Timestamp,
    },
    Resumed {
        call: CallId,
        at: Timestamp,
    },
    Party {
        call: CallId,
        place: u64,
        side: Side,
        party: RecordedParty,
    },
    /// `is_whole` unless its media thread has broken down.
    End {
        call: CallId,
        length: u64,
        at: Timestamp,
        is_whole: bool,
    },
}

impl Job {
    fn weight(&self) -> usize {
        match self {
            Self::Sound { block, .. } => 2 * block.samples.len(),
            Self::Begin { .. } | Self::Paused { .. } | Self::Resumed { .. } | Self::Party { .. } | Self::End { .. } => {
                SMALL
            }
        }
    }

    /// How much may wait before this.
    fn limit(&self) -> usize {
        match self {
            Self::Sound { .. } => MAX_SOUND,
            Self::Begin { .. } | Self::Paused { .. } | Self::Resumed { .. } | Self::Party { .. } => MAX_BYTES,
            Self::End { .. } => usize::MAX,
        }
    }
}

/// The end of those who have something to write.
#[derive(Clone, Debug)]
pub(crate) struct Jobs {
    sender: Sender<Job>,
    waiting: Arc<AtomicUsize>,
    counters: Arc<Counters>,
}

/// The end of who writes.
#[derive(Debug)]
pub(crate) struct Queue {
    receiver: Receiver<Job>,
    waiting: Arc<AtomicUsize>,
}

pub(super) fn queue(counters: Arc<Counters>) -> (Jobs, Queue) {
    let (sender, receiver) = channel();
    let waiting = Arc::<AtomicUsize>::default();
    (Jobs { sender, waiting: Arc::clone(&waiting), counters }, Queue { receiver, waiting })
}

impl Jobs {
    /// Puts a job into the queue; false, and it is counted, when there is no room.
    pub(super) fn give(&self, job: Job) -> bool {
        let weight = job.weight();
        let waiting = self.waiting.fetch_add(weight, Ordering::Relaxed);
        if waiting.saturating_add(weight) > job.limit() || self.sender.send(job).is_err() {
            self.waiting.fetch_sub(weight, Ordering::Relaxed);
            self.counters.recordings_dropped.add_one();
            return false;
        }
        true
    }
}

impl Queue {
    /// The next job; `None` when there will be none any more.
    pub(super) fn next(&self) -> Option<Job> {
        let job = self.receiver.recv().ok()?;
        self.waiting.fetch_sub(job.weight(), Ordering::Relaxed);
        Some(job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_that_finds_no_room_is_dropped_and_counted_and_an_end_never() {
        let counters = Arc::<Counters>::default();
        let (jobs, queue) = queue(Arc::clone(&counters));
        let call = CallId(1);
        let sound = || {
            let block = Block { at: 0, samples: vec![0; 1 << 20], unheard: [false; 2] };
            Job::Sound { call, block }
        };
        let taken = std::iter::repeat_with(|| jobs.give(sound())).take(40).filter(|taken| *taken).count();
        assert_eq!((taken, counters.status().recordings_dropped), (MAX_SOUND >> 21, 24));
        let pause = || Job::Paused { call, place: 0, at: Timestamp::UNIX_EPOCH };
        while jobs.give(pause()) {}
        assert!(jobs.give(Job::End { call, length: 0, at: Timestamp::UNIX_EPOCH, is_whole: true }));
        for _ in 0..taken {
            assert!(matches!(queue.next(), Some(Job::Sound { .. })));
        }
        assert!(jobs.give(sound()), "there is room again");
    }
}
