//! Waiting for many descriptors at once.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

/// The most descriptors that one wait tells of.
pub(crate) const MAX_READY: usize = 256;

/// Descriptors that are watched, each with a token.
#[derive(Debug)]
pub(crate) struct Epoll(OwnedFd);

impl Epoll {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(epoll::create(epoll::CreateFlags::CLOEXEC)?))
    }

    /// From now on [`Epoll::wait`] gives `token` while the descriptor can be read from.
    pub(crate) fn watch(&self, descriptor: BorrowedFd<'_>, token: u64) -> io::Result<()> {
        Ok(epoll::add(&self.0, descriptor, epoll::EventData::new_u64(token), epoll::EventFlags::IN)?)
    }

    /// Undoes [`Epoll::watch`].
    pub(crate) fn forget(&self, descriptor: BorrowedFd<'_>) {
        // It fails only when the descriptor is not watched.
        let _watched = epoll::delete(&self.0, descriptor);
    }

    /// Waits for something to read, not longer than `timeout`; appends at most [`MAX_READY`] tokens.
    pub(crate) fn wait(&self, timeout: Option<Duration>, ready: &mut Vec<u64>) -> io::Result<()> {
        // Longer than fits is as good as for ever.
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let mut space = [MaybeUninit::uninit(); MAX_READY];
        match epoll::wait(&self.0, &mut space, timeout.as_ref()) {
            Ok((events, _)) => ready.extend(events.iter().map(|event| event.data.u64())),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
