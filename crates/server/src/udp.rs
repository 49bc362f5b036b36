//! One UDP socket for SIP: datagrams come in batches, each with the address of ours that it was sent to, and go out
//! from the address that they should come from, also on a wildcard address (RFC 3581 §4).

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsRawFd, RawFd};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage, recvmmsg, sendmsg,
    setsockopt, sockopt,
};
use nix::sys::time::TimeSpec;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;

/// The most datagrams taken by one system call.
pub(crate) const BATCH: usize = 16;
/// The longest datagram that UDP has room for.
const MAX_DATAGRAM: usize = 65_535;
/// DSCP CS3 in the upper six bits: signalling (RFC 4594 §4.2).
const TRAFFIC_CLASS: u32 = 24 << 2;
/// Room for a burst of several thousand messages; the kernel may grant less.
const RECEIVE_BUFFER: usize = 4 << 20;

/// Room for one batch; pages that no datagram has reached cost nothing.
pub(crate) struct Buffers {
    space: [Box<[u8]>; BATCH],
}

impl Buffers {
    pub(crate) fn new() -> Self {
        Self { space: std::array::from_fn(|_| vec![0; MAX_DATAGRAM].into_boxed_slice()) }
    }

    /// The bytes of a datagram that [`UdpSocket::poll_receive`] told of.
    pub(crate) fn get(&self, index: usize, datagram: &Datagram) -> &[u8] {
        self.space.get(index).and_then(|space| space.get(..datagram.length)).unwrap_or_default()
    }
}

/// One datagram that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Datagram {
    pub(crate) length: usize,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    /// When it came, by the clock on the wall since the Unix epoch; `None` when the kernel does not say, and for one
    /// that is to be sent.
    pub(crate) came_at: Option<Duration>,
}

/// What the kernel writes about each datagram. It shrinks the room for addresses to what one family needs, so each
/// socket has its own.
pub(crate) struct Envelopes(MultiHeaders<SockaddrStorage>);

impl Envelopes {
    pub(crate) fn new() -> Self {
        let space = nix::cmsg_space!(in6_pktinfo, TimeSpec);
        Self(MultiHeaders::preallocate(BATCH, Some(space)))
    }
}

/// A socket that has its address.
#[derive(Debug)]
pub(crate) struct Bound {
    socket: Socket,
    address: SocketAddr,
}

impl Bound {
    /// Binds `address`; an IPv6 wildcard takes IPv6 only.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
        // Before binding, so that no datagram comes without.
        if address.is_ipv4() {
            setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
            socket.set_tos_v4(TRAFFIC_CLASS)?;
        } else {
            socket.set_only_v6(true)?;
            setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
            socket.set_tclass_v6(TRAFFIC_CLASS)?;
        }
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        socket.bind(&address.into())?;
        let address = socket.local_addr()?.as_socket().unwrap_or(address);
        Ok(Self { socket, address })
    }

    /// The address with the port that was found, if 0 was asked for.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A socket in an event loop.
#[derive(Debug)]
pub(crate) struct UdpSocket {
    socket: tokio::net::UdpSocket,
    bound: SocketAddr,
}

impl UdpSocket {
    /// Joins the current event loop.
    pub(crate) fn attach(bound: Bound) -> io::Result<Self> {
        let Bound { socket, address } = bound;
        Ok(Self { socket: tokio::net::UdpSocket::from_std(socket.into())?, bound: address })
    }

    /// Whether datagrams can leave from `local` here.
    pub(crate) fn serves(&self, local: SocketAddr) -> bool {
        let same_place = self.bound.ip() == local.ip() || self.bound.ip().is_unspecified();
        self.bound.port() == local.port() && self.bound.is_ipv4() == local.is_ipv4() && same_place
    }

    /// Takes what is there, at most [`BATCH`] datagrams and at least one.
    ///
    /// An entry is `None` when the kernel does not say where the datagram came from or went to.
    /// # Errors
    /// What the kernel says; more datagrams may follow.
    pub(crate) fn poll_receive(
        &self,
        buffers: &mut Buffers,
        envelopes: &mut Envelopes,
        datagrams: &mut Vec<Option<Datagram>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        datagrams.clear();
        loop {
            ready!(self.socket.poll_recv_ready(context))?;
            let taken = self.socket.try_io(Interest::READABLE, || {
                let mut slices = buffers.space.each_mut().map(|space| [IoSliceMut::new(space)]);
                let received = recvmmsg(self.raw(), &mut envelopes.0, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None)?;
                datagrams.extend(received.map(|envelope| self.read(&envelope)));
                // Fewer than asked for: that was all, and asking again only to hear so would cost a system call.
                if datagrams.len() < BATCH { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match taken {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && datagrams.is_empty() => {}
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Poll::Ready(Err(error)),
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }

    fn raw(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    fn read(&self, envelope: &RecvMsg<'_, '_, SockaddrStorage>) -> Option<Datagram> {
        let remote = remote_address(&envelope.address?)?;
        let local = if self.bound.ip().is_unspecified() {
            let ip = envelope.cmsgs().ok()?.find_map(|message| destination(&message))?;
            with_port(ip, self.bound.port())
        } else {
            self.bound
        };
        let came_at = envelope.cmsgs().ok().and_then(|mut messages| messages.find_map(|message| arrival(&message)));
        Some(Datagram { length: envelope.bytes, local, remote, came_at })
    }

    /// Sends from `local`, which this socket [serves](Self::serves); never waits.
    pub(crate) fn send(&self, bytes: &[u8], local: SocketAddr, remote: SocketAddr) -> io::Result<()> {
        let remote = SockaddrStorage::from(remote);
        let send = |source: &[ControlMessage<'_>]| {
            sendmsg(self.raw(), &[IoSlice::new(bytes)], source, MsgFlags::MSG_DONTWAIT, Some(&remote))
        };
        let outcome = match local {
            _ if !self.bound.ip().is_unspecified() => send(&[]),
            SocketAddr::V4(local) => {
                let ipi_spec_dst = in_addr { s_addr: u32::from_ne_bytes(local.ip().octets()) };
                let from = in_pktinfo { ipi_ifindex: 0, ipi_spec_dst, ipi_addr: in_addr { s_addr: 0 } };
                send(&[ControlMessage::Ipv4PacketInfo(&from)])
            }
            SocketAddr::V6(local) => {
                let ipi6_addr = in6_addr { s6_addr: local.ip().octets() };
                let from = in6_pktinfo { ipi6_addr, ipi6_ifindex: local.scope_id() };
                send(&[ControlMessage::Ipv6PacketInfo(&from)])
            }
        };
        Ok(outcome.map(drop)?)
    }
}

fn remote_address(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address.as_sockaddr_in().map(|v4| SocketAddr::new(v4.ip().into(), v4.port()));
    v4.or_else(|| {
        let v6 = address.as_sockaddr_in6()?;
        Some(SocketAddr::V6(SocketAddrV6::new(v6.ip(), v6.port(), 0, v6.scope_id())))
    })
}

/// Our address that a datagram was sent to, port 0; for a broadcast the one that it came in by.
#[expect(clippy::wildcard_enum_match_arm, reason = "fifty kinds that were not asked for")]
fn destination(message: &ControlMessageOwned) -> Option<SocketAddr> {
    match message {
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            let octets = info.ipi_spec_dst.s_addr.to_ne_bytes();
            Some(SocketAddr::new(IpAddr::V4(octets.into()), 0))
        }
        ControlMessageOwned::Ipv6PacketInfo(info) => {
            let ip = Ipv6Addr::from(info.ipi6_addr.s6_addr);
            let scope = if ip.is_unicast_link_local() { info.ipi6_ifindex } else { 0 };
            Some(SocketAddr::V6(SocketAddrV6::new(ip, 0, 0, scope)))
        }
        _ => None,
    }
}

/// When the kernel took the datagram.
#[expect(clippy::wildcard_enum_match_arm, reason = "fifty kinds that were not asked for")]
fn arrival(message: &ControlMessageOwned) -> Option<Duration> {
    match message {
        ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(*time)),
        _ => None,
    }
}

fn with_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    address.set_port(port);
    address
}
