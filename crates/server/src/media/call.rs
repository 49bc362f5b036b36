//! One call on a media thread: its session with the sockets.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::time::Instant;

use warden_call::call_event::CallId;
use warden_media::relay::{Session, Side};
use warden_media::station::Tuned;
use warden_sip::wheel::TimerId;

use super::io::Io;
use super::pair::SocketPair;
use super::token::{Port, Token};
use crate::recording::Tape;

/// A timer of a call, and for when it is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alarm {
    pub(crate) at: Instant,
    pub(crate) id: TimerId,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: CallId,
    pub(crate) session: Session,
    /// Of A and B.
    pub(crate) pairs: Box<[SocketPair; 2]>,
    pub(crate) alarm: Option<Alarm>,
    /// What A and B listen to, as the stations know it.
    pub(crate) tuned: [Option<Tuned>; 2],
    /// While it is recorded.
    pub(crate) tape: Option<Tape>,
}

impl Call {
    pub(crate) fn pair(&self, side: Side) -> &SocketPair {
        let [a, b] = &*self.pairs;
        match side {
            Side::A => a,
            Side::B => b,
        }
    }

    pub(crate) fn pair_mut(&mut self, side: Side) -> &mut SocketPair {
        let [a, b] = &mut *self.pairs;
        match side {
            Side::A => a,
            Side::B => b,
        }
    }

    /// The socket that RTCP to a leg leaves from.
    pub(crate) fn rtcp(&self, side: Side) -> &UdpSocket {
        let SocketPair { rtp, rtcp, .. } = self.pair(side);
        if self.session.is_multiplexed(side) { rtp } else { rtcp }
    }
}

impl SocketPair {
    /// The one that `port` names.
    pub(crate) fn socket(&self, port: Port) -> &UdpSocket {
        match port {
            Port::Rtp => &self.rtp,
            Port::Rtcp => &self.rtcp,
        }
    }

    /// Makes both ready for a leg, and has them watched, or neither.
    pub(crate) fn join(&self, io: &mut impl Io, place: usize, side: Side) -> io::Result<()> {
        self.begin();
        let token = |port| Token::Socket { place, side, port }.pack();
        let watched = io.watch(self.rtp.as_fd(), token(Port::Rtp));
        // What is not watched may be forgotten too.
        watched.and_then(|()| io.watch(self.rtcp.as_fd(), token(Port::Rtcp))).inspect_err(|_| self.leave(io))
    }

    /// Undoes [`SocketPair::join`].
    pub(crate) fn leave(&self, io: &mut impl Io) {
        for socket in [&self.rtp, &self.rtcp] {
            io.forget(socket.as_fd());
        }
        self.rest();
    }
}
