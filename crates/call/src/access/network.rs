//! Networks as CIDR writes them, and sets of them that are asked once per message.

use std::net::IpAddr;
use std::sync::Arc;

/// Addresses that begin with the same bits, such as `192.168.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    last: u128,
}

impl Network {
    /// The network of `address` whose first `prefix` bits all of its addresses share; other bits do not matter.
    ///
    /// `None` when the address has not so many bits, 32 or 128.
    #[must_use]
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let bits = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let host = u32::from(u8::checked_sub(bits, prefix)?);
        let host_bits = 1u128.checked_shl(host).map_or(u128::MAX, |end| end - 1);
        let first = number(address) & !host_bits;
        Some(Self { first, last: first | host_bits })
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        let only = number(address);
        Self { first: only, last: only }
    }
}

/// An IPv4 address counts as the IPv6 address that stands for it, so that one table serves both.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// Any of several networks. To ask costs a binary search, a clone nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSet {
    /// In order, and none touches another.
    ranges: Arc<[Network]>,
}

impl NetworkSet {
    /// Whether there is no network in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether the address is in any of them; an IPv4 address is known in its IPv6 form too.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        if self.ranges.is_empty() {
            return false;
        }
        let wanted = number(address);
        let after = self.ranges.partition_point(|range| range.first <= wanted);
        let candidate = after.checked_sub(1).and_then(|index| self.ranges.get(index));
        candidate.is_some_and(|range| wanted <= range.last)
    }
}

impl FromIterator<Network> for NetworkSet {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Self {
        let mut all: Vec<Network> = networks.into_iter().collect();
        all.sort_unstable_by_key(|network| network.first);
        let mut ranges: Vec<Network> = Vec::with_capacity(all.len());
        for network in all {
            match ranges.last_mut() {
                Some(before) if network.first <= before.last.saturating_add(1) => {
                    before.last = before.last.max(network.last);
                }
                Some(_) | None => ranges.push(network),
            }
        }
        Self { ranges: ranges.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn set(networks: &[(&str, u8)]) -> NetworkSet {
        networks.iter().map(|(address, prefix)| Network::new(ip(address), *prefix).unwrap()).collect()
    }

    #[test]
    fn an_address_is_in_the_networks_that_begin_like_it() {
        let office = set(&[("192.168.1.0", 24), ("10.0.0.0", 8), ("2001:db8::", 32), ("198.51.100.7", 32)]);
        for inside in ["192.168.1.0", "192.168.1.255", "10.255.255.255", "2001:db8:ffff::1", "198.51.100.7"] {
            assert!(office.contains(ip(inside)), "{inside}");
        }
        for outside in ["192.168.0.255", "192.168.2.0", "11.0.0.0", "2001:db9::", "198.51.100.8", "::1"] {
            assert!(!office.contains(ip(outside)), "{outside}");
        }
        assert!(!NetworkSet::default().contains(ip("192.0.2.1")));
    }

    #[test]
    fn an_ipv4_address_seen_by_an_ipv6_socket_is_the_same() {
        assert!(set(&[("192.168.1.0", 24)]).contains(ip("::ffff:192.168.1.9")));
        assert!(set(&[("::ffff:192.168.1.0", 120)]).contains(ip("192.168.1.9")));
    }

    #[test]
    fn all_of_ipv4_is_not_all_of_ipv6() {
        let all = set(&[("0.0.0.0", 0)]);
        assert!(all.contains(ip("255.255.255.255")) && all.contains(ip("0.0.0.0")) && !all.contains(ip("::1")));
        let all = set(&[("::", 0)]);
        assert!(all.contains(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
    }

    #[test]
    fn networks_within_and_beside_each_other_are_one() {
        let one = set(&[("10.1.0.0", 16), ("10.0.0.0", 8), ("10.2.0.0", 16), ("11.0.0.0", 8)]);
        assert_eq!(one, set(&[("10.0.0.0", 7)]));
        assert!(one.contains(ip("10.200.0.1")));
    }

    #[test]
    fn a_longer_prefix_than_the_address_has_is_none() {
        assert!(Network::new(ip("192.0.2.1"), 33).is_none() && Network::new(ip("::1"), 129).is_none());
    }
}
