//! Where the signalling thread waits: for its sockets, for a time, and for whatever other threads hand it.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crate::bell::Bell;
use crate::epoll::Epoll;
use crate::udp::UdpSocket;

/// The bell's token; a socket's is its place.
const BELL: u64 = u64::MAX;

/// Sockets by their places, and a bell.
pub(crate) struct Poller {
    epoll: Epoll,
    bell: Arc<Bell>,
    tokens: Vec<u64>,
}

impl Poller {
    /// Watches all `sockets`. The bell has rung already, so that whoever waits first looks for news and leaves a waker.
    pub(crate) fn new(sockets: &[UdpSocket]) -> io::Result<Self> {
        let (epoll, bell) = (Epoll::new()?, Arc::new(Bell::new()?));
        epoll.watch(bell.as_fd(), BELL)?;
        for (place, socket) in (0..).zip(sockets) {
            epoll.watch(socket.as_fd(), place)?;
        }
        bell.ring();
        Ok(Self { epoll, bell, tokens: Vec::new() })
    }

    /// For channels: it ends the wait, or keeps the next from beginning.
    pub(crate) fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.bell))
    }

    /// The next wait ends at once, with news.
    pub(crate) fn ring(&self) {
        self.bell.ring();
    }

    /// Waits until there is something to do, not longer than `timeout`. True when there is news from other threads.
    ///
    /// # Errors
    /// The kernel cannot wait.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> io::Result<bool> {
        let timeout = if self.bell.begin_wait() { timeout } else { Some(Duration::ZERO) };
        self.tokens.clear();
        let waited = self.epoll.wait(timeout, &mut self.tokens);
        let has_rung = self.bell.end_wait(self.tokens.contains(&BELL));
        waited.map(|()| has_rung)
    }

    /// The places of the sockets that can be read from, each once.
    pub(crate) fn next_ready(&mut self) -> Option<usize> {
        loop {
            let token = self.tokens.pop()?;
            if let Some(place) = usize::try_from(token).ok().filter(|_| token != BELL) {
                return Some(place);
            }
        }
    }
}
