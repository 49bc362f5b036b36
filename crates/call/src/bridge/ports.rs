//! The RTP ports that calls may take: already bound, so that nothing is waited for when a call is set up.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::media::{MediaCommand, PortPair};

/// With fewer free ones at an address than this, more are asked for in time.
const LOW: usize = 64;
/// How many are asked for at a time.
const BATCH: usize = 128;

/// Free port pairs by the address that they are bound to. That one address has none left concerns no other.
#[derive(Debug, Default)]
pub(super) struct PortPool {
    racks: HashMap<IpAddr, Rack>,
    /// Pairs that a media session gives up and that calls keep, and whether they are back. Calls put back what they keep.
    kept: HashMap<PortPair, bool>,
}

/// Those of one address, the one that has been free longest first: what is still on its way to an old call ends meanwhile.
#[derive(Debug, Default)]
struct Rack {
    free: VecDeque<PortPair>,
    /// More have been asked for, and none have come since.
    asked: bool,
    /// There were no more to be had when they were last asked for.
    exhausted: bool,
}

impl PortPool {
    /// Pairs are newly bound, or have come back from media sessions: all but those that calls keep are free.
    pub(super) fn come(&mut self, pairs: Vec<PortPair>) {
        for pair in pairs {
            match self.kept.get_mut(&pair) {
                Some(is_back) => *is_back = true,
                None => self.put(pair),
            }
        }
    }

    /// A media session is about to give up this pair, which stays with its call.
    pub(super) fn keep(&mut self, pair: PortPair) {
        self.kept.insert(pair, false);
    }

    /// A call uses a pair again that it has kept, or has not used yet; false when it is not back.
    pub(super) fn resume(&mut self, pair: PortPair) -> bool {
        let is_back = self.kept.get(&pair).is_none_or(|is_back| *is_back);
        if is_back {
            self.kept.remove(&pair);
        }
        is_back
    }

    /// A call does without a pair that it has taken; if it is not back from a media session it is free when it is.
    pub(super) fn put_back(&mut self, pair: PortPair) {
        if self.kept.remove(&pair) != Some(false) {
            self.put(pair);
        }
    }

    fn put(&mut self, pair: PortPair) {
        let rack = self.racks.entry(pair.address).or_default();
        rack.asked = false;
        rack.free.push_back(pair);
    }

    /// A pair that is reached at `local`, if there is one.
    pub(super) fn take(&mut self, local: IpAddr) -> Option<PortPair> {
        let addresses = serving(local);
        let found = addresses.iter().find_map(|address| self.racks.get_mut(address)?.free.pop_front());
        if found.is_none() {
            // Somebody does without: it is time to look again.
            for address in addresses {
                self.racks.entry(address).and_modify(|rack| rack.exhausted = false);
            }
        }
        found
    }

    /// None can be had at `address` for now.
    pub(super) fn no_more(&mut self, address: IpAddr) {
        self.racks.entry(address).and_modify(|rack| rack.exhausted = true);
    }

    /// How many are free.
    pub(super) fn len(&self) -> usize {
        self.racks.values().map(|rack| rack.free.len()).sum()
    }

    /// What to ask the media threads for, so that there are always some for `local`; once, until some have come.
    pub(super) fn ask(&mut self, local: IpAddr) -> Option<MediaCommand> {
        serving(local).into_iter().find_map(|address| {
            let rack = self.racks.get_mut(&address)?;
            if rack.free.len() >= LOW || rack.asked || rack.exhausted {
                return None;
            }
            rack.asked = true;
            Some(MediaCommand::Bind { address, count: BATCH })
        })
    }
}

/// What a pair that is reached at `local` may be bound to: itself, or any address of its family.
fn serving(local: IpAddr) -> [IpAddr; 2] {
    let any = match local {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    [local, any]
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn pair(address: IpAddr, rtp: u16) -> PortPair {
        PortPair { address, rtp }
    }

    #[test]
    fn a_pair_is_reached_at_its_own_address_or_at_any_of_its_family() {
        let mut pool = PortPool::default();
        pool.come(vec![pair(Ipv6Addr::UNSPECIFIED.into(), 1000), pair(Ipv4Addr::UNSPECIFIED.into(), 1002)]);
        assert_eq!(pool.take(LOOPBACK).map(|pair| pair.rtp), Some(1002));
        assert_eq!(pool.take(LOOPBACK), None);
        pool.come(vec![pair(LOOPBACK, 1004)]);
        assert_eq!(pool.take(Ipv4Addr::new(10, 0, 0, 1).into()), None);
        assert_eq!(pool.take(LOOPBACK).map(|pair| pair.rtp), Some(1004));
    }

    #[test]
    fn the_pair_that_was_free_longest_is_taken_first() {
        let mut pool = PortPool::default();
        pool.come([1000, 1002].map(|port| pair(LOOPBACK, port)).into());
        let first = pool.take(LOOPBACK);
        pool.put_back(first.expect("one was free"));
        assert_eq!(pool.take(LOOPBACK).map(|pair| pair.rtp), Some(1002));
    }

    #[test]
    fn more_are_asked_for_once() {
        let mut pool = PortPool::default();
        pool.come(vec![pair(LOOPBACK, 1000)]);
        assert_eq!(pool.ask(LOOPBACK), Some(MediaCommand::Bind { address: LOOPBACK, count: BATCH }));
        assert_eq!(pool.ask(LOOPBACK), None);
        pool.come(vec![pair(LOOPBACK, 1002)]);
        assert!(pool.ask(LOOPBACK).is_some());
    }

    #[test]
    fn when_there_are_no_more_nobody_asks_until_one_is_missing_and_others_have_come_back() {
        let mut pool = PortPool::default();
        pool.come(vec![pair(LOOPBACK, 1000)]);
        assert!(pool.ask(LOOPBACK).is_some());
        pool.no_more(LOOPBACK);
        let taken = pool.take(LOOPBACK);
        assert_eq!((pool.ask(LOOPBACK), pool.take(LOOPBACK), pool.ask(LOOPBACK)), (None, None, None));
        pool.put_back(taken.expect("one was free"));
        assert!(pool.ask(LOOPBACK).is_some());
    }

    #[test]
    fn an_address_without_ports_does_not_keep_others_from_getting_more() {
        let mut pool = PortPool::default();
        let other = IpAddr::V6(Ipv6Addr::LOCALHOST);
        pool.come(vec![pair(LOOPBACK, 1000), pair(other, 1000)]);
        assert!(pool.ask(LOOPBACK).is_some());
        assert_eq!(pool.ask(other), Some(MediaCommand::Bind { address: other, count: BATCH }));
        pool.no_more(LOOPBACK);
        pool.come(vec![pair(LOOPBACK, 1002), pair(other, 1002)]);
        assert_eq!((pool.ask(LOOPBACK), pool.ask(other).is_some()), (None, true));
        // A call that does without at one address says nothing of the other.
        pool.no_more(other);
        pool.come(vec![pair(other, 1004)]);
        assert!((0..2).all(|_| pool.take(LOOPBACK).is_some()) && pool.take(LOOPBACK).is_none());
        assert_eq!((pool.ask(other), pool.ask(LOOPBACK).is_some()), (None, true));
    }

    #[test]
    fn a_pair_that_is_kept_is_free_when_it_is_put_back_and_has_come() {
        let (mut pool, pairs) = (PortPool::default(), [1000, 1002].map(|port| pair(LOOPBACK, port)));
        let [early, late] = pairs;
        for pair in pairs {
            pool.keep(pair);
        }
        pool.come(vec![early]);
        assert_eq!((pool.len(), pool.resume(early), pool.resume(late)), (0, true, false));
        for pair in pairs {
            pool.put_back(pair);
        }
        assert_eq!(pool.len(), 1);
        pool.come(vec![late]);
        assert_eq!((pool.take(LOOPBACK), pool.take(LOOPBACK)), (Some(early), Some(late)));
    }
}
