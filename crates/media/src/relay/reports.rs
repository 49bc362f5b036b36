//! RTCP of one leg: it ends here, both ways.

use std::net::SocketAddr;
use std::time::Instant;

use super::leg::Leg;
use super::statistics::DropReason;
use crate::latch::{LatchMode, LatchState, is_same, is_same_ip};
use crate::rtcp::{Compound, Packet, Report, ReportBlocks, interval};

impl Leg {
    /// Whether RTCP comes and goes on the RTP port.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.setup.remote.is_some_and(|remote| remote.rtp == remote.rtcp)
    }

    pub(super) fn receive_rtcp(&mut self, source: SocketAddr, bytes: &mut [u8], now: Instant) -> Option<DropReason> {
        let opened = self.guard.open_rtcp(bytes).map(|len| bytes.get(..len).unwrap_or_default());
        let bytes = match opened {
            Ok(bytes) => bytes,
            Err(reason) => return Some(reason),
        };
        if !self.is_rtcp_peer(source) {
            return Some(DropReason::Stray);
        }
        let Ok(compound) = Compound::parse(bytes) else { return Some(DropReason::Malformed) };
        if self.setup.mode == LatchMode::Relaxed {
            self.rtcp_peer = Some(source);
        }
        self.watch.hear_sign(now);
        self.reports += 1;
        compound.packets().for_each(|packet| self.take_report(packet, now));
        None
    }

    /// In relaxed mode the IP must be the one where RTP goes; the port is NAT's choice.
    fn is_rtcp_peer(&self, source: SocketAddr) -> bool {
        let Some(remote) = self.setup.remote.filter(|_| !self.setup.is_fax) else { return false };
        match self.setup.mode {
            LatchMode::Strict => is_same(source, remote.rtcp),
            LatchMode::Relaxed => {
                is_same(source, remote.rtcp) || self.latch.peer().is_some_and(|peer| is_same_ip(peer, source))
            }
        }
    }

    fn take_report(&mut self, packet: Packet<'_>, now: Instant) {
        match packet {
            Packet::SenderReport { ssrc, info, blocks } => {
                self.receiver.note_sender_report(ssrc, info.ntp, now);
                self.take_blocks(blocks, now);
            }
            Packet::ReceiverReport { blocks, .. } => self.take_blocks(blocks, now),
            Packet::Description(_) | Packet::Goodbye(_) | Packet::Other(_) => {}
        }
    }

    fn take_blocks(&mut self, mut blocks: ReportBlocks<'_>, now: Instant) {
        if let Some(block) = blocks.find(|block| block.ssrc == self.outgoing.ssrc) {
            let measured = self.clock.at(now).round_trip(block.last_sr, block.delay_since_sr);
            self.round_trip = measured.or(self.round_trip);
            self.reported = Some(block);
        }
    }

    pub(super) fn poll_report(&mut self, now: Instant, out: &mut [u8]) -> Option<(SocketAddr, usize)> {
        self.report_at.filter(|at| now >= *at)?;
        self.report_at = Some(now + interval(self.random.next_u32()));
        self.note_heard(now);
        self.write_report(false, now, out)
    }

    /// The last words to the peer.
    pub(super) fn goodbye(&mut self, now: Instant, out: &mut [u8]) -> Option<(SocketAddr, usize)> {
        self.report_at = None;
        self.write_report(true, now, out)
    }

    fn write_report(&mut self, goodbye: bool, now: Instant, out: &mut [u8]) -> Option<(SocketAddr, usize)> {
        let to = self.rtcp_destination()?;
        let sender = self.outgoing.sender_info(self.reported_at, now, self.clock.at(now));
        self.reported_at = now;
        let block = self.receiver.report(now);
        let (ssrc, blocks) = (self.outgoing.ssrc, block.as_slice());
        let len = Report { ssrc, sender, blocks, cname: &self.cname, goodbye }.write(out)?;
        Some((to, self.guard.seal_rtcp(out, len)?))
    }

    /// Where RTCP was heard from; else where signalling says, unless RTP has shown that it is wrong.
    fn rtcp_destination(&self) -> Option<SocketAddr> {
        let remote = self.setup.remote.filter(|_| !self.setup.is_fax)?;
        if self.is_multiplexed() {
            return self.latch.peer();
        }
        self.rtcp_peer.or(match self.latch.state() {
            LatchState::Signalled => Some(remote.rtcp),
            LatchState::Provisional(peer) | LatchState::Confirmed(peer) if is_same_ip(peer, remote.rtp) => {
                Some(remote.rtcp)
            }
            LatchState::Provisional(peer) | LatchState::Confirmed(peer) => {
                Some(SocketAddr::new(peer.ip(), peer.port().checked_add(1)?))
            }
        })
    }
}
