//! The two sockets behind a port pair.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use warden_call::media::PortPair;
use warden_media::relay::LegSetup;

/// DSCP EF in the upper six bits: telephony (RFC 4594 §4.1).
const TRAFFIC_CLASS: u32 = 46 << 2;
/// Room for seconds of one stream; the kernel may grant less.
const RTP_BUFFER: usize = 256 << 10;
/// RTCP is one packet in some seconds. Free sockets keep that room too: it is little, and changing it costs each call.
const RTCP_BUFFER: usize = 8 << 10;
/// Between calls the kernel keeps a few datagrams at most, however many are sprayed over the free ports.
const IDLE_BUFFER: usize = 0;
/// More datagrams than an idle socket can hold.
const MAX_STALE: usize = 64;

/// Bound sockets; dropped, their ports are free for anybody.
#[derive(Debug)]
pub(crate) struct SocketPair {
    pub(crate) ports: PortPair,
    pub(crate) rtp: UdpSocket,
    pub(crate) rtcp: UdpSocket,
}

/// A leg to begin with.
#[derive(Debug)]
pub(crate) struct NewLeg {
    pub(crate) pair: SocketPair,
    pub(crate) setup: LegSetup,
}

impl SocketPair {
    /// Binds both ports or none.
    pub(crate) fn bind(ports: PortPair) -> io::Result<Self> {
        let socket = |port, room| bind(SocketAddr::new(ports.address, port), room);
        Ok(Self { ports, rtp: socket(ports.rtp, IDLE_BUFFER)?, rtcp: socket(ports.rtcp(), RTCP_BUFFER)? })
    }

    /// A leg begins: what somebody sent before is thrown away, and there is room for what comes.
    pub(crate) fn begin(&self) {
        drain(&self.rtp);
        drain(&self.rtcp);
        // With a smaller buffer it works too.
        let _granted = SockRef::from(&self.rtp).set_recv_buffer_size(RTP_BUFFER);
    }

    /// The leg has ended.
    pub(crate) fn rest(&self) {
        let _granted = SockRef::from(&self.rtp).set_recv_buffer_size(IDLE_BUFFER);
    }
}

fn bind(address: SocketAddr, room: usize) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
    if address.is_ipv4() {
        socket.set_tos_v4(TRAFFIC_CLASS)?;
    } else {
        socket.set_only_v6(true)?;
        socket.set_tclass_v6(TRAFFIC_CLASS)?;
    }
    socket.set_recv_buffer_size(room)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn drain(socket: &UdpSocket) {
    let mut stale = [0; 1];
    for _ in 0..MAX_STALE {
        // Any other error stands for a datagram of ours that did not arrive; more may be there.
        if socket.recv_from(&mut stale).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
            return;
        }
    }
}
