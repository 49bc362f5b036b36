//! Going from place to place until one answers (RFC 3263 §4.3).

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::endpoint::NextHop;
use crate::header::Transport;

/// The largest request, in **bytes**, that goes by UDP to a place that was found in DNS, unless there is no other way
/// (RFC 3261 §18.1.1).
pub const LARGEST_DATAGRAM: usize = 1300;

/// The places that are left for one request.
#[derive(Clone, Debug, Default)]
pub struct Attempts {
    left: VecDeque<NextHop>,
    current: Option<NextHop>,
    /// The current one has been tried by TCP just before.
    is_fallback: bool,
}

impl Attempts {
    /// In this order.
    #[must_use]
    pub fn new(hops: Vec<NextHop>) -> Self {
        Self { left: hops.into(), current: None, is_fallback: false }
    }

    /// The next place to be tried; `None` when there are no more.
    pub fn next_hop(&mut self) -> Option<NextHop> {
        let before = self.current.take();
        self.current = self.left.pop_front();
        self.is_fallback = before.is_some_and(|before| {
            let current = self.current.as_ref();
            before.transport == Transport::Tcp && current == Some(&NextHop { transport: Transport::Udp, ..before })
        });
        self.current.clone()
    }

    /// The place that is being tried.
    #[must_use]
    pub fn current(&self) -> Option<&NextHop> {
        self.current.as_ref()
    }

    /// A request of `size` bytes is to go to the current place. True when it must not go there by UDP: then the next place
    /// is the same by TCP, and the one after that the same by UDP again.
    pub fn is_too_large(&mut self, size: usize) -> bool {
        let Some(current) = self.current.as_ref().filter(|hop| hop.transport == Transport::Udp) else { return false };
        if size <= LARGEST_DATAGRAM || self.is_fallback {
            return false;
        }
        self.left.push_front(current.clone());
        self.left.push_front(NextHop { transport: Transport::Tcp, ..current.clone() });
        true
    }
}

/// Places that have failed, so that they are tried last for a while.
#[derive(Debug, Default)]
pub struct FailedHops(HashMap<NextHop, Instant>);

/// For how long a place that has failed is avoided.
const AVOIDED_FOR: Duration = Duration::from_mins(2);
/// And no longer than this, whatever its `Retry-After` says.
const LONGEST: Duration = Duration::from_hours(1);
/// The most that are remembered; further ones are tried like any other.
const MAX_FAILED: usize = 256;

impl FailedHops {
    /// It has failed, and asks to be left alone for so long if it says so.
    pub fn note(&mut self, hop: NextHop, retry_after: Option<Duration>, now: Instant) {
        self.0.retain(|_, until| *until > now);
        if self.0.len() < MAX_FAILED {
            self.0.insert(hop, now + retry_after.unwrap_or(AVOIDED_FOR).min(LONGEST));
        }
    }

    /// It has answered.
    pub fn forget(&mut self, hop: &NextHop) {
        self.0.remove(hop);
    }

    /// The same places: first those that have not failed in their order, then the others, those first whose time is over
    /// soonest.
    pub fn put_last(&self, hops: &mut [NextHop], now: Instant) {
        hops.sort_by_key(|hop| self.0.get(hop).copied().filter(|until| *until > now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(transport: Transport, last: u8) -> NextHop {
        NextHop { transport, remote: ([192, 0, 2, last], 5060).into(), domain: "example.com".into() }
    }

    #[test]
    fn a_large_request_goes_by_tcp_and_falls_back_to_udp() {
        let mut attempts = Attempts::new(vec![hop(Transport::Udp, 1), hop(Transport::Udp, 2)]);
        assert_eq!(attempts.next_hop(), Some(hop(Transport::Udp, 1)));
        assert!(!attempts.is_too_large(1300));
        assert!(attempts.is_too_large(1301));
        assert_eq!(attempts.next_hop(), Some(hop(Transport::Tcp, 1)));
        assert!(!attempts.is_too_large(1301));
        assert_eq!(attempts.next_hop(), Some(hop(Transport::Udp, 1)), "TCP has failed");
        assert!(!attempts.is_too_large(1301), "there is no other way");
        assert_eq!(attempts.next_hop(), Some(hop(Transport::Udp, 2)));
        assert!(attempts.is_too_large(1301), "another server has its own chance");
        assert_eq!(attempts.next_hop(), Some(hop(Transport::Tcp, 2)));
        assert_eq!(attempts.next_hop(), Some(hop(Transport::Udp, 2)));
        assert_eq!(attempts.next_hop(), None);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a start for time that only the test moves")]
    fn who_has_failed_comes_last_until_its_time_is_over() {
        let start = Instant::now();
        let [a, b, c] = [1, 2, 3].map(|last| hop(Transport::Udp, last));
        let mut failed = FailedHops::default();
        failed.note(a.clone(), None, start);
        failed.note(b.clone(), Some(Duration::from_secs(5)), start);
        let order = |failed: &FailedHops, after_s| {
            let mut hops = [a.clone(), b.clone(), c.clone()];
            failed.put_last(&mut hops, start + Duration::from_secs(after_s));
            hops.map(|hop| hop.remote.to_string().as_bytes()[8] - b'0')
        };
        assert_eq!(order(&failed, 0), [3, 2, 1]);
        assert_eq!(order(&failed, 6), [2, 3, 1]);
        assert_eq!(order(&failed, 120), [1, 2, 3]);
        failed.forget(&a);
        assert_eq!(order(&failed, 0), [1, 3, 2]);
    }
}
