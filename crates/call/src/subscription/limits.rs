//! How many subscriptions there may be: enough for every key of every phone, too few to do harm.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use warden_sip::endpoint::Reply;
use warden_sip::header::HeaderName;
use warden_sip::status::Status;

use super::request::refuse;
use crate::access::PerSource;
use crate::directory::Extension;

/// Of all devices of one extension.
const MAX_OF_WATCHER: usize = 400;
/// From one address: a branch office behind NAT.
const MAX_OF_SOURCE: usize = 5_000;
/// In all.
const MAX: usize = 20_000;

/// Subscriptions by who has made them, as our tags name them.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    by_watcher: HashMap<Extension, BTreeSet<u64>>,
    by_source: PerSource,
    all: usize,
}

impl Crowd {
    /// What one more subscription gets; `None` while there is room.
    pub(super) fn refusal(&self, watcher: &Extension, source: IpAddr) -> Option<Reply> {
        if self.of(watcher).count() >= MAX_OF_WATCHER {
            return Some(refuse(Status::FORBIDDEN, "Too Many Subscriptions"));
        }
        (self.by_source.is_full(source, MAX_OF_SOURCE) || self.all >= MAX).then(|| {
            let mut reply = refuse(Status::SERVICE_UNAVAILABLE, "Too Many Subscriptions");
            reply.headers.add(HeaderName::RetryAfter, b"300");
            reply
        })
    }

    /// The subscriptions of one extension's phones.
    pub(super) fn of(&self, watcher: &Extension) -> impl ExactSizeIterator<Item = u64> {
        static NONE: BTreeSet<u64> = BTreeSet::new();
        self.by_watcher.get(watcher).unwrap_or(&NONE).iter().copied()
    }

    pub(super) fn enter(&mut self, tag: u64, watcher: &Extension, source: IpAddr) {
        self.by_watcher.entry(watcher.clone()).or_default().insert(tag);
        self.by_source.enter(source);
        self.all += 1;
    }

    pub(super) fn leave(&mut self, tag: u64, watcher: &Extension, source: IpAddr) {
        if let Some(tags) = self.by_watcher.get_mut(watcher) {
            tags.remove(&tag);
            if tags.is_empty() {
                self.by_watcher.remove(watcher);
            }
        }
        self.by_source.leave(source);
        self.all = self.all.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extension(number: usize) -> Extension {
        Extension::parse(format!("{}", 1000 + number).as_bytes()).expect("an extension")
    }

    /// Fills it with `count` subscriptions from `source`, as many of each extension as there may be, beginning with `first`.
    fn fill(crowd: &mut Crowd, first: usize, count: usize, source: IpAddr) {
        for tag in first..first + count {
            let watcher = extension(tag / MAX_OF_WATCHER);
            assert_eq!(crowd.refusal(&watcher, source).map(|reply| reply.status), None, "number {tag}");
            crowd.enter(tag as u64, &watcher, source);
        }
    }

    /// The status, and whether it says when to try again.
    fn refusal(crowd: &Crowd, watcher: usize, source: IpAddr) -> Option<(u16, bool)> {
        let reply = crowd.refusal(&extension(watcher), source)?;
        Some((reply.status.code(), reply.headers.text().starts_with(b"Retry-After: 300\r\n")))
    }

    #[test]
    fn the_phones_of_one_extension_watch_no_more_than_their_part() {
        let mut crowd = Crowd::default();
        let here = IpAddr::from([192, 0, 2, 1]);
        fill(&mut crowd, 0, MAX_OF_WATCHER, here);
        assert_eq!(refusal(&crowd, 0, IpAddr::from([192, 0, 2, 2])), Some((403, false)), "from wherever");
        assert_eq!(refusal(&crowd, 1, here), None, "others may");
        crowd.leave(7, &extension(0), here);
        assert_eq!(refusal(&crowd, 0, here), None);
    }

    #[test]
    fn one_source_takes_no_more_than_its_part_and_hears_when_to_try_again() {
        let mut crowd = Crowd::default();
        let [here, there] = ["2001:db8::1", "2001:db8:0:1::1"].map(|ip| ip.parse::<IpAddr>().expect("an address"));
        fill(&mut crowd, 0, MAX_OF_SOURCE, here);
        let neighbour = "2001:db8::2".parse().expect("an address");
        assert_eq!(refusal(&crowd, 99, here), Some((503, true)));
        assert_eq!(refusal(&crowd, 99, neighbour), Some((503, true)), "of the same /64");
        assert_eq!(refusal(&crowd, 99, there), None, "others may");
        crowd.leave(0, &extension(0), here);
        assert_eq!(refusal(&crowd, 99, here), None);
    }

    #[test]
    fn there_are_no_more_than_can_be_told_and_all_are_forgotten_with_the_last() {
        let mut crowd = Crowd::default();
        let source = |part: usize| IpAddr::from([192, 0, 2, u8::try_from(part).expect("few")]);
        let parts = MAX / MAX_OF_SOURCE;
        (0..parts).for_each(|part| fill(&mut crowd, part * MAX_OF_SOURCE, MAX_OF_SOURCE, source(part)));
        assert_eq!(refusal(&crowd, 99, source(99)), Some((503, true)));
        for tag in 0..MAX {
            crowd.leave(tag as u64, &extension(tag / MAX_OF_WATCHER), source(tag / MAX_OF_SOURCE));
        }
        assert_eq!((crowd.all, crowd.by_watcher.len(), crowd.by_source.len()), (0, 0, 0));
    }
}
