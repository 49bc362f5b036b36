//! Fax between two legs that have both agreed on it: datagrams pass as they are.
//!
//! There is no stream to renumber, nothing to report to the peer and nothing to play. Nobody watches for silence either: a
//! machine that receives a page says nothing for minutes. Who has died is found by the session timers.

use std::net::SocketAddr;

use super::leg::Leg;
use super::statistics::DropReason;
use super::{Session, Side};
use crate::latch::Admission;
use crate::rtp::RtpHeader;
use crate::udptl;

/// What a leg has said and heard as fax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaxCount {
    /// Datagrams taken from it.
    pub received: u64,
    /// Datagrams sent to it.
    pub sent: u64,
}

impl FaxCount {
    pub(super) fn add(&mut self, other: Self) {
        self.received += other.received;
        self.sent += other.sent;
    }
}

impl Session {
    /// A datagram has come to the socket of a leg that carries fax: where it goes to, unchanged.
    pub(super) fn relay_fax(
        &mut self,
        side: Side,
        source: SocketAddr,
        datagram: &[u8],
    ) -> Result<SocketAddr, DropReason> {
        let (from, to) = self.way(side);
        from.take_fax(source, datagram)?;
        let peer = to.fax_destination(from)?;
        to.fax.sent += 1;
        Ok(peer)
    }
}

impl Leg {
    fn take_fax(&mut self, source: SocketAddr, datagram: &[u8]) -> Result<(), DropReason> {
        if self.is_late_sound(datagram) {
            return Err(DropReason::PayloadType);
        }
        let sequence = udptl::sequence(datagram).ok_or(DropReason::Malformed)?;
        match self.latch.admit_fax(source, sequence) {
            Admission::Peer => {}
            Admission::Learning => return Err(DropReason::Learning),
            Admission::Stray => return Err(DropReason::Stray),
        }
        self.fax.received += 1;
        Ok(())
    }

    /// Whether it is RTP of the sound before, still on its way.
    fn is_late_sound(&self, datagram: &[u8]) -> bool {
        let ssrc = RtpHeader::parse(datagram).ok().map(|header| header.ssrc);
        ssrc.is_some() && ssrc == self.receiver.ssrc()
    }

    fn fax_destination(&self, from: &Self) -> Result<SocketAddr, DropReason> {
        if !self.setup.is_fax {
            return Err(DropReason::PayloadType);
        }
        if !from.setup.direction.sends() {
            return Err(DropReason::NotSending);
        }
        if !self.setup.direction.receives() {
            return Err(DropReason::NotReceiving);
        }
        self.latch.peer().ok_or(DropReason::NoDestination)
    }
}
