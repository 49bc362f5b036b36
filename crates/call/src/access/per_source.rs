//! How many of something each source has under way: calls that nobody has answered yet, say, or subscriptions.

use std::collections::HashMap;
use std::net::IpAddr;

use warden_sip::endpoint::network;

/// Counts by source, an IPv4 address or an IPv6 /64. It holds no more sources than there are things counted.
#[derive(Debug, Default)]
pub(crate) struct PerSource {
    counts: HashMap<IpAddr, usize>,
}

impl PerSource {
    /// Whether a source has as many as it may have.
    pub(crate) fn is_full(&self, source: IpAddr, most: usize) -> bool {
        self.counts.get(&network(source)).is_some_and(|count| *count >= most)
    }

    /// One more.
    pub(crate) fn enter(&mut self, source: IpAddr) {
        *self.counts.entry(network(source)).or_default() += 1;
    }

    /// One less.
    pub(crate) fn leave(&mut self, source: IpAddr) {
        let source = network(source);
        if let Some(count) = self.counts.get_mut(&source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(&source);
            }
        }
    }

    /// Whether a source has any.
    pub(crate) fn has(&self, source: IpAddr) -> bool {
        !self.counts.is_empty() && self.counts.contains_key(&network(source))
    }

    /// How many sources have any.
    pub(crate) fn len(&self) -> usize {
        self.counts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_full_at_its_limit_and_forgotten_with_its_last() {
        let mut counted = PerSource::default();
        let [here, there] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
        counted.enter(here);
        counted.enter(here);
        assert!(counted.is_full(here, 2) && !counted.is_full(here, 3) && !counted.is_full(there, 1));
        counted.leave(here);
        assert!(!counted.is_full(here, 2) && counted.has(here));
        counted.leave(here);
        counted.leave(here);
        assert_eq!((counted.has(here), counted.len()), (false, 0));
    }
}
