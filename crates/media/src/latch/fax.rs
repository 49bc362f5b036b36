//! The rules for fax: its datagrams have a number, and nothing that names their stream.
//!
//! The signalled address is believed at once, takes over, and then rules. In relaxed mode two datagrams in order are believed
//! from another port of its host, as NAT chooses it; from where the phone's sound came; and from anywhere, if it was never heard.

use std::net::{IpAddr, SocketAddr};

use super::{Admission, Candidate, Latch, LatchMode, LatchState, is_same};

/// What stands for the stream where RTP has its SSRC.
const STREAM: u32 = 0;

impl Latch {
    /// A datagram with this number has come; it looks like fax.
    #[inline]
    pub fn admit_fax(&mut self, source: SocketAddr, sequence: u16) -> Admission {
        let admission = self.judge_fax(source, sequence);
        match admission {
            Admission::Peer => self.newest = Some((STREAM, sequence)),
            Admission::Stray => self.strays.count(source),
            Admission::Learning => {}
        }
        admission
    }

    fn judge_fax(&mut self, source: SocketAddr, sequence: u16) -> Admission {
        let Some(signalled) = self.signalled else { return Admission::Stray };
        if self.is_latched_to(source) {
            return Admission::Peer;
        }
        let is_signalled = is_same(source, signalled);
        let may_be = match self.state {
            LatchState::Signalled => {
                is_signalled || (self.mode == LatchMode::Relaxed && self.is_home(source, signalled))
            }
            LatchState::Provisional(peer) => is_signalled || self.has_moved(peer, source, STREAM, sequence),
            LatchState::Confirmed(peer) => {
                self.mode == LatchMode::Relaxed && self.has_moved(peer, source, STREAM, sequence)
            }
        };
        if !may_be {
            return Admission::Stray;
        }
        if is_signalled {
            self.confirm(source);
            return Admission::Peer;
        }
        // Gateways send a datagram twice, too.
        let follows = self.near.is_some_and(|first| {
            is_same(first.source, source) && [first.next.wrapping_sub(1), first.next].contains(&sequence)
        });
        if follows || self.state != LatchState::Signalled {
            (self.state, self.near) = (LatchState::Provisional(source), None);
            return Admission::Peer;
        }
        self.near = Some(Candidate { source, ssrc: STREAM, next: sequence.wrapping_add(1) });
        Admission::Learning
    }

    /// Whether the phone may be there: nobody knows better where it was never heard.
    fn is_home(&self, source: SocketAddr, signalled: SocketAddr) -> bool {
        let is_at = |ip: IpAddr| ip.to_canonical() == source.ip().to_canonical();
        let is_of_family = source.ip().to_canonical().is_ipv4() == signalled.ip().to_canonical().is_ipv4();
        is_at(signalled.ip()) || self.home.map_or(is_of_family, is_at)
    }

    /// Where the phone was learnt to be, if it goes on to signal the same IP.
    pub(super) fn home_for(&self, address: Option<SocketAddr>) -> Option<IpAddr> {
        let stays = self.signalled.zip(address).is_some_and(|(before, now)| before.ip() == now.ip());
        let learnt = match self.state {
            LatchState::Signalled => self.home,
            LatchState::Provisional(peer) | LatchState::Confirmed(peer) => Some(peer.ip()),
        };
        learnt.filter(|_| stays)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, host], port))
    }

    /// One that is told this address.
    fn latch(mode: LatchMode) -> Latch {
        let mut latch = Latch::new();
        latch.signal(Some(at(1, 4000)), mode);
        latch
    }

    #[test]
    fn fax_from_another_host_than_the_phones_is_a_stray_and_never_leads_us_there() {
        for mode in [LatchMode::Strict, LatchMode::Relaxed] {
            let mut latch = latch(mode);
            latch.home = Some(at(1, 0).ip());
            for sequence in 0..100 {
                assert_eq!(latch.admit_fax(at(2, 4000), sequence), Admission::Stray);
            }
            assert_eq!((latch.peer(), latch.strays().packets()), (Some(at(1, 4000)), 100));
            assert_eq!(latch.admit_fax(at(1, 4000), 0), Admission::Peer);
        }
        assert_eq!(Latch::new().admit_fax(at(1, 4000), 0), Admission::Stray, "nothing is signalled");
    }

    #[test]
    fn another_port_of_the_phones_host_is_believed_in_relaxed_mode_until_the_signalled_one_is_heard() {
        let mut strict = latch(LatchMode::Strict);
        assert_eq!(strict.admit_fax(at(1, 5000), 0), Admission::Stray);
        let mut relaxed = latch(LatchMode::Relaxed);
        assert_eq!(relaxed.admit_fax(at(1, 5000), 0), Admission::Learning);
        assert_eq!(relaxed.admit_fax(at(1, 5000), 0), Admission::Peer, "sent twice");
        assert_eq!(relaxed.peer(), Some(at(1, 5000)));
        assert_eq!(relaxed.admit_fax(at(1, 6000), 900), Admission::Stray);
        assert_eq!(relaxed.admit_fax(at(1, 6000), 1), Admission::Peer, "NAT has another port for it now");
        assert_eq!(relaxed.admit_fax(at(1, 4000), 3), Admission::Peer);
        assert_eq!(relaxed.state(), LatchState::Confirmed(at(1, 4000)));
        assert_eq!(relaxed.admit_fax(at(1, 6000), 2), Admission::Stray);
    }

    #[test]
    fn a_phone_behind_nat_is_believed_where_its_sound_came_from() {
        let mut latch = latch(LatchMode::Relaxed);
        latch.state = LatchState::Provisional(at(9, 30_000));
        latch.signal(Some(at(1, 4006)), LatchMode::Relaxed);
        assert_eq!(latch.peer(), Some(at(1, 4006)), "nobody knows its port yet");
        assert_eq!(latch.admit_fax(at(8, 30_000), 0), Admission::Stray);
        assert_eq!(latch.admit_fax(at(9, 30_002), 0), Admission::Learning);
        assert_eq!(latch.admit_fax(at(9, 30_002), 1), Admission::Peer);
        assert_eq!(latch.peer(), Some(at(9, 30_002)));
        // Another host is signalled: what was learnt says nothing about it.
        latch.signal(Some(at(3, 4006)), LatchMode::Relaxed);
        assert_eq!(latch.admit_fax(at(9, 30_002), 1), Admission::Learning);
        assert_eq!(latch.peer(), Some(at(3, 4006)));
    }

    #[test]
    fn a_machine_that_was_never_heard_is_believed_after_two_datagrams_in_order() {
        let mut latch = latch(LatchMode::Relaxed);
        let admitted = [(7, 40_000), (9, 0), (7, 41_000), (9, 1), (9, 2)];
        let admitted = admitted.map(|(host, sequence)| latch.admit_fax(at(host, 30_000), sequence));
        assert_eq!(admitted[..3], [Admission::Learning; 3]);
        assert_eq!(admitted[3..], [Admission::Learning, Admission::Peer]);
        assert_eq!(latch.admit_fax(at(7, 30_000), 42_000), Admission::Stray);
    }

    #[test]
    fn fax_at_the_port_of_the_sound_goes_where_the_sound_went() {
        let mut latch = latch(LatchMode::Relaxed);
        latch.state = LatchState::Provisional(at(9, 30_000));
        latch.signal(Some(at(1, 4000)), LatchMode::Relaxed);
        assert_eq!(latch.peer(), Some(at(9, 30_000)));
        assert_eq!(latch.admit_fax(at(9, 30_000), 0), Admission::Peer);
    }
}
