//! The RTP ports that calls may take: already bound, so that nothing is waited for when a call is set up.

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::media::{MediaCommand, PortPair};

/// With fewer free ones than this, more are asked for in time.
const LOW: usize = 64;
/// How many are asked for at a time.
const BATCH: usize = 128;

/// Free port pairs, the one that has been free longest first: what is still on its way to an old call ends meanwhile.
#[derive(Debug, Default)]
pub(super) struct PortPool {
    free: VecDeque<PortPair>,
    /// More have been asked for and have not come.
    asked: bool,
    /// There were no more to be had when they were last asked for.
    exhausted: bool,
}

impl PortPool {
    /// Takes pairs that are newly bound, or free again.
    pub(super) fn put(&mut self, pairs: impl IntoIterator<Item = PortPair>) {
        self.asked = false;
        self.free.extend(pairs);
    }

    /// A pair that is reached at `local`, if there is one.
    pub(super) fn take(&mut self, local: IpAddr) -> Option<PortPair> {
        let serves = |pair: &PortPair| {
            pair.address == local || (pair.address.is_unspecified() && pair.address.is_ipv4() == local.is_ipv4())
        };
        let index = self.free.iter().position(serves);
        // Somebody does without: it is time to look again.
        self.exhausted &= index.is_some();
        self.free.remove(index?)
    }

    /// None can be had for now.
    pub(super) fn no_more(&mut self) {
        self.exhausted = true;
    }

    /// How many are free.
    pub(super) fn len(&self) -> usize {
        self.free.len()
    }

    /// What to ask the media threads for, so that there are always some; once, until some have come.
    pub(super) fn ask(&mut self) -> Option<MediaCommand> {
        if self.free.len() >= LOW || self.asked || self.exhausted {
            return None;
        }
        self.asked = true;
        Some(MediaCommand::Bind { count: BATCH })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn pair(address: IpAddr, rtp: u16) -> PortPair {
        PortPair { address, rtp }
    }

    #[test]
    fn a_pair_is_reached_at_its_own_address_or_at_any_of_its_family() {
        let mut pool = PortPool::default();
        pool.put([pair(Ipv6Addr::UNSPECIFIED.into(), 1000), pair(Ipv4Addr::UNSPECIFIED.into(), 1002)]);
        assert_eq!(pool.take(LOOPBACK).map(|pair| pair.rtp), Some(1002));
        assert_eq!(pool.take(LOOPBACK), None);
        pool.put([pair(LOOPBACK, 1004)]);
        assert_eq!(pool.take(Ipv4Addr::new(10, 0, 0, 1).into()), None);
        assert_eq!(pool.take(LOOPBACK).map(|pair| pair.rtp), Some(1004));
    }

    #[test]
    fn the_pair_that_was_free_longest_is_taken_first() {
        let mut pool = PortPool::default();
        pool.put([1000, 1002].map(|port| pair(LOOPBACK, port)));
        let first = pool.take(LOOPBACK);
        pool.put(first);
        assert_eq!(pool.take(LOOPBACK).map(|pair| pair.rtp), Some(1002));
    }

    #[test]
    fn more_are_asked_for_once() {
        let mut pool = PortPool::default();
        assert_eq!(pool.ask(), Some(MediaCommand::Bind { count: BATCH }));
        assert_eq!(pool.ask(), None);
        pool.put([pair(LOOPBACK, 1000)]);
        assert!(pool.ask().is_some());
    }

    #[test]
    fn when_there_are_no_more_nobody_asks_until_one_is_missing() {
        let mut pool = PortPool::default();
        pool.put([pair(LOOPBACK, 1000)]);
        pool.no_more();
        assert_eq!((pool.take(LOOPBACK).is_some(), pool.ask()), (true, None));
        assert_eq!(pool.take(LOOPBACK), None);
        assert!(pool.ask().is_some());
    }
}
