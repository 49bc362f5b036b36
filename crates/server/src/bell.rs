//! How other threads wake one that waits for its sockets: a descriptor that becomes readable.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Wake;

use rustix::event::{EventfdFlags, eventfd};

/// The thread is at work, and looks for news before it waits.
const AWAKE: u8 = 0;
/// The thread waits, and only the descriptor wakes it.
const WAITING: u8 = 1;
/// There is news.
const RUNG: u8 = 2;

/// Rung by many, heard by one. Only while that one waits does ringing cost a system call.
#[derive(Debug)]
pub(crate) struct Bell {
    descriptor: OwnedFd,
    state: AtomicU8,
}

impl Bell {
    pub(crate) fn new() -> io::Result<Self> {
        let descriptor = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { descriptor, state: AtomicU8::new(AWAKE) })
    }

    /// There is news; whoever rings has put it in its place before.
    pub(crate) fn ring(&self) {
        if self.state.swap(RUNG, Ordering::AcqRel) == WAITING {
            // It fails only when it has rung 2⁶⁴ times unheard.
            let _rung = rustix::io::write(&self.descriptor, &1u64.to_ne_bytes());
        }
    }

    /// The thread is about to wait. False when there is news: then it must not wait, only look at its sockets.
    pub(crate) fn begin_wait(&self) -> bool {
        self.state.compare_exchange(AWAKE, WAITING, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// The thread has waited, and found the descriptor readable or not. True when there is news since the last call.
    pub(crate) fn end_wait(&self, is_readable: bool) -> bool {
        let has_rung = self.state.swap(AWAKE, Ordering::AcqRel) == RUNG;
        if is_readable {
            let mut rings = [0; 8];
            // It cannot fail: nobody else reads.
            let _rings = rustix::io::read(&self.descriptor, &mut rings);
        }
        has_rung
    }
}

impl AsFd for Bell {
    /// Readable when somebody has rung while the thread waited; now and then once more, without news.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::epoll::Epoll;

    fn is_readable(epoll: &Epoll, timeout: Option<Duration>) -> bool {
        let mut ready = Vec::new();
        epoll.wait(timeout, &mut ready).unwrap();
        !ready.is_empty()
    }

    fn watched() -> (Bell, Epoll) {
        let (bell, epoll) = (Bell::new().unwrap(), Epoll::new().unwrap());
        epoll.watch(bell.as_fd(), 0).unwrap();
        (bell, epoll)
    }

    #[test]
    fn who_is_at_work_is_not_woken_and_yet_hears() {
        let (bell, epoll) = watched();
        bell.ring();
        bell.ring();
        assert!(!is_readable(&epoll, Some(Duration::ZERO)));
        assert!(!bell.begin_wait());
        assert!(bell.end_wait(false));
        assert!(bell.begin_wait());
        assert!(!bell.end_wait(false));
    }

    #[test]
    fn who_waits_is_woken_once() {
        let (bell, epoll) = watched();
        assert!(bell.begin_wait());
        bell.ring();
        bell.ring();
        assert!(is_readable(&epoll, None));
        assert!(bell.end_wait(true));
        assert!(!is_readable(&epoll, Some(Duration::ZERO)));
    }

    #[test]
    fn no_ring_is_missed_however_threads_cross() {
        const RINGS: usize = 20_000;
        let (bell, epoll) = watched();
        let (sender, receiver) = std::sync::mpsc::sync_channel(4);
        thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..RINGS {
                    sender.send(number).unwrap();
                    bell.ring();
                }
            });
            let mut heard = 0;
            while heard < RINGS {
                let timeout = (!bell.begin_wait()).then_some(Duration::ZERO);
                let is_readable = is_readable(&epoll, timeout);
                if bell.end_wait(is_readable) {
                    heard += receiver.try_iter().count();
                }
            }
        });
    }
}
