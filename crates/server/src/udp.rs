//! One UDP socket for SIP: datagrams come in batches, each with the address of ours that it was sent to, and go out
//! from the address that they should come from, also on a wildcard address (RFC 3581 §4).

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage, recvmmsg, sendmsg,
    setsockopt, sockopt,
};
use nix::sys::time::TimeSpec;
use socket2::{Domain, Protocol, Socket, Type};

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

    /// The bytes of a datagram that [`UdpSocket::receive`] told of.
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

/// A bound socket.
#[derive(Debug)]
pub(crate) struct UdpSocket {
    socket: Socket,
    bound: SocketAddr,
}

impl AsFd for UdpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl UdpSocket {
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
        let bound = socket.local_addr()?.as_socket().unwrap_or(address);
        Ok(Self { socket, bound })
    }

    /// The address with the port that was found, if 0 was asked for.
    pub(crate) fn address(&self) -> SocketAddr {
        self.bound
    }

    /// Whether datagrams can leave from `local` here.
    pub(crate) fn serves(&self, local: SocketAddr) -> bool {
        let same_place = self.bound.ip() == local.ip() || self.bound.ip().is_unspecified();
        self.bound.port() == local.port() && self.bound.is_ipv4() == local.is_ipv4() && same_place
    }

    /// Takes what is there, at most [`BATCH`] datagrams.
    ///
    /// An entry is `None` when the kernel does not say where the datagram came from or went to.
    /// # Errors
    /// What the kernel says; datagrams may follow.
    pub(crate) fn receive(
        &self,
        buffers: &mut Buffers,
        envelopes: &mut Envelopes,
        datagrams: &mut Vec<Option<Datagram>>,
    ) -> io::Result<()> {
        datagrams.clear();
        let mut slices = buffers.space.each_mut().map(|space| [IoSliceMut::new(space)]);
        let descriptor = self.socket.as_raw_fd();
        match recvmmsg(descriptor, &mut envelopes.0, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None) {
            Ok(received) => datagrams.extend(received.map(|envelope| self.read(&envelope))),
            Err(Errno::EAGAIN) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
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
            sendmsg(self.socket.as_raw_fd(), &[IoSlice::new(bytes)], source, MsgFlags::MSG_DONTWAIT, Some(&remote))
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
