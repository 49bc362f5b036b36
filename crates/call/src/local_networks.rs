//! Which addresses are of the own network, and so never see us through a NAT.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::access::{Network, NetworkSet};

/// Private, shared (RFC 6598), link-local and loopback addresses.
const USUAL: [(IpAddr, u8); 9] = [
    (v4(10, 0), 8),
    (v4(172, 16), 12),
    (v4(192, 168), 16),
    (v4(100, 64), 10),
    (v4(169, 254), 16),
    (v4(127, 0), 8),
    (v6(0xfc00), 7),
    (v6(0xfe80), 10),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
];

const fn v4(first: u8, second: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(first, second, 0, 0))
}

const fn v6(first: u16) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0))
}

/// The networks that are ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalNetworks(NetworkSet);

impl Default for LocalNetworks {
    /// Private, shared, link-local and loopback addresses.
    fn default() -> Self {
        Self(USUAL.into_iter().filter_map(|(address, prefix)| Network::new(address, prefix)).collect())
    }
}

impl From<NetworkSet> for LocalNetworks {
    /// These, and no others.
    fn from(networks: NetworkSet) -> Self {
        Self(networks)
    }
}

impl LocalNetworks {
    /// Whether `address` is of one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(networks: &LocalNetworks, address: &str) -> bool {
        networks.contains(address.parse().expect("an address"))
    }

    #[test]
    fn usually_all_that_the_internet_does_not_route_is_local() {
        let usual = LocalNetworks::default();
        for inside in [
            "10.255.255.255",
            "172.31.0.1",
            "192.168.1.1",
            "100.127.0.1",
            "169.254.1.1",
            "127.9.9.9",
            "fd00::1",
            "fe80::1",
            "::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(contains(&usual, inside), "{inside}");
        }
        for outside in ["11.0.0.1", "172.32.0.1", "100.128.0.1", "203.0.113.9", "2001:db8::1", "::2"] {
            assert!(!contains(&usual, outside), "{outside}");
        }
    }

    #[test]
    fn networks_of_ones_own_take_the_place_of_the_usual() {
        let own: NetworkSet = Network::new([203, 0, 113, 77].into(), 24).into_iter().collect();
        let own = LocalNetworks::from(own);
        assert!(contains(&own, "203.0.113.9") && !contains(&own, "10.0.0.1") && !contains(&own, "::1"));
    }
}
