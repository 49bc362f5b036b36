//! How datagrams come and go. Everything that touches a socket while a call lasts is behind [`Io`].

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::BorrowedFd;
use std::time::Duration;

use crate::epoll::Epoll;

/// A way to do I/O.
pub(crate) trait Io {
    /// From now on [`Io::wait`] gives `token` while the descriptor can be read from.
    fn watch(&mut self, descriptor: BorrowedFd<'_>, token: u64) -> io::Result<()>;

    /// Undoes [`Io::watch`].
    fn forget(&mut self, descriptor: BorrowedFd<'_>);

    /// Waits for something to read, not longer than `timeout`; appends tokens.
    fn wait(&mut self, timeout: Option<Duration>, ready: &mut Vec<u64>) -> io::Result<()>;

    /// The next datagram.
    fn receive(&mut self, socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)>;

    /// Sends without waiting.
    fn send(&mut self, socket: &UdpSocket, datagram: &[u8], to: SocketAddr) -> io::Result<()>;
}

/// One system call for each datagram, and one wait for many sockets.
impl Io for Epoll {
    fn watch(&mut self, descriptor: BorrowedFd<'_>, token: u64) -> io::Result<()> {
        Self::watch(self, descriptor, token)
    }

    fn forget(&mut self, descriptor: BorrowedFd<'_>) {
        Self::forget(self, descriptor);
    }

    fn wait(&mut self, timeout: Option<Duration>, ready: &mut Vec<u64>) -> io::Result<()> {
        Self::wait(self, timeout, ready)
    }

    fn receive(&mut self, socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        socket.recv_from(buffer)
    }

    fn send(&mut self, socket: &UdpSocket, datagram: &[u8], to: SocketAddr) -> io::Result<()> {
        socket.send_to(datagram, to).map(drop)
    }
}
