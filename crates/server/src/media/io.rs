//! How datagrams come and go. Everything that touches a socket while a call lasts is behind [`Io`].

use std::io;
use std::mem::MaybeUninit;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

/// The most sockets that are served before commands and timers have their turn.
pub(crate) const MAX_READY: usize = 256;

/// A way to do I/O.
pub(crate) trait Io {
    /// From now on [`Io::wait`] gives `token` while the descriptor can be read from.
    fn watch(&mut self, descriptor: BorrowedFd<'_>, token: u64) -> io::Result<()>;

    /// Undoes [`Io::watch`].
    fn forget(&mut self, descriptor: BorrowedFd<'_>);

    /// Waits for something to read, not longer than `timeout`; appends at most [`MAX_READY`] tokens.
    fn wait(&mut self, timeout: Option<Duration>, ready: &mut Vec<u64>) -> io::Result<()>;

    /// The next datagram.
    fn receive(&mut self, socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)>;

    /// Sends without waiting.
    fn send(&mut self, socket: &UdpSocket, datagram: &[u8], to: SocketAddr) -> io::Result<()>;
}

/// One system call for each datagram, and one wait for many sockets.
#[derive(Debug)]
pub(crate) struct Epoll(OwnedFd);

impl Epoll {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(epoll::create(epoll::CreateFlags::CLOEXEC)?))
    }
}

impl Io for Epoll {
    fn watch(&mut self, descriptor: BorrowedFd<'_>, token: u64) -> io::Result<()> {
        Ok(epoll::add(&self.0, descriptor, epoll::EventData::new_u64(token), epoll::EventFlags::IN)?)
    }

    fn forget(&mut self, descriptor: BorrowedFd<'_>) {
        // It fails only when the descriptor is not watched.
        let _watched = epoll::delete(&self.0, descriptor);
    }

    fn wait(&mut self, timeout: Option<Duration>, ready: &mut Vec<u64>) -> io::Result<()> {
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

    fn receive(&mut self, socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        socket.recv_from(buffer)
    }

    fn send(&mut self, socket: &UdpSocket, datagram: &[u8], to: SocketAddr) -> io::Result<()> {
        socket.send_to(datagram, to).map(drop)
    }
}
