//! How often a source may ask before it has shown who it is: a bucket of tokens for each, filled at an even rate.
//!
//! A full bucket is the same as none, so only sources that have asked lately are remembered. Those are in two
//! generations: memory stays within bounds however many sources there are, and the price is that a source is forgotten,
//! and has a full bucket, once [`GENERATION`] others have asked after it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use warden_sip::endpoint::network;

/// How many requests are heard of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// On average; 0 is no limit.
    pub per_second: u32,
    /// So many may come at once.
    pub burst: u32,
}

impl Pace {
    /// Ten seconds' worth may come at once: all phones of an office after a power failure.
    #[must_use]
    pub fn per_second(per_second: u32) -> Self {
        Self { per_second, burst: per_second.saturating_mul(10) }
    }
}

impl Default for Pace {
    /// 200 a second.
    fn default() -> Self {
        Self::per_second(200)
    }
}

/// One bucket: the moment at which it is full again (the generic cell rate algorithm of ITU-T I.371).
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    pub(super) fn full(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes one token; false when there is none.
    pub(super) fn take(&mut self, pace: Pace, now: Instant) -> bool {
        let Some(interval) = Duration::from_secs(1).checked_div(pace.per_second) else { return true };
        let full_at = self.full_at.max(now) + interval;
        let is_there = full_at.saturating_duration_since(now) <= interval.saturating_mul(pace.burst.max(1));
        if is_there {
            self.full_at = full_at;
        }
        is_there
    }
}

/// The most sources of one generation.
const GENERATION: usize = 10_000;

/// The buckets of all sources, an IPv4 address or an IPv6 /64 each.
#[derive(Default)]
pub(super) struct Buckets {
    young: HashMap<IpAddr, Bucket>,
    old: HashMap<IpAddr, Bucket>,
}

impl Buckets {
    /// Takes one token of a source; false when there is none.
    pub(super) fn take(&mut self, source: IpAddr, pace: Pace, now: Instant) -> bool {
        let source = network(source);
        if let Some(bucket) = self.young.get_mut(&source) {
            return bucket.take(pace, now);
        }
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        let mut bucket = self.old.remove(&source).unwrap_or_else(|| Bucket::full(now));
        let is_there = bucket.take(pace, now);
        self.young.insert(source, bucket);
        is_there
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const PACE: Pace = Pace { per_second: 10, burst: 50 };

    struct Bench {
        buckets: Buckets,
        now: Instant,
    }

    impl Bench {
        #[expect(clippy::disallowed_methods, reason = "simulated time has to start somewhere")]
        fn new() -> Self {
            Self { buckets: Buckets::default(), now: Instant::now() }
        }

        /// How many of so many requests at once are heard.
        fn flood(&mut self, source: &str, requests: usize) -> usize {
            let source = source.parse().unwrap();
            (0..requests).filter(|_| self.buckets.take(source, PACE, self.now)).count()
        }
    }

    #[test]
    fn a_burst_is_heard_and_then_so_many_a_second() {
        let mut bench = Bench::new();
        assert_eq!(bench.flood("192.0.2.1", 1000), 50);
        bench.now += Duration::from_secs(1);
        assert_eq!(bench.flood("192.0.2.1", 1000), 10);
        bench.now += Duration::from_hours(1);
        assert_eq!(bench.flood("192.0.2.1", 1000), 50, "no more gathers than a burst");
    }

    #[test]
    fn another_source_has_a_bucket_of_its_own_and_an_ipv6_network_one_for_all() {
        let mut bench = Bench::new();
        assert_eq!(bench.flood("192.0.2.1", 1000), 50);
        assert_eq!(bench.flood("192.0.2.2", 1000), 50);
        assert_eq!(bench.flood("2001:db8::1", 1000), 50);
        assert_eq!(bench.flood("2001:db8::2", 1000), 0);
    }

    #[test]
    fn memory_has_an_end_and_who_goes_on_is_not_forgotten() {
        let mut bench = Bench::new();
        bench.flood("192.0.2.1", 1000);
        for number in 0..100_000u32 {
            bench.buckets.take(Ipv4Addr::from(number).into(), PACE, bench.now);
            if number % 5000 == 0 {
                assert_eq!(bench.flood("192.0.2.1", 1), 0, "after {number}");
            }
        }
        assert!(bench.buckets.young.len() + bench.buckets.old.len() <= 2 * GENERATION);
    }

    #[test]
    fn no_limit_is_none() {
        let mut bench = Bench::new();
        let none = Pace { per_second: 0, burst: 0 };
        assert!((0..10_000).all(|_| bench.buckets.take([192, 0, 2, 1].into(), none, bench.now)));
    }
}
