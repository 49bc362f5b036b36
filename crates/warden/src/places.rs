//! The addresses of this machine that a phone can be pointed to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::InterfaceFlags;

/// An address, and the network card that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) address: IpAddr,
    /// `None` when no card has the address now.
    pub(crate) card: Option<String>,
}

/// Where a server that listens on `hosts` can be reached: on the loopback when there is nothing else.
pub(crate) fn places(hosts: &[IpAddr]) -> Vec<Place> {
    // A machine that does not tell its addresses has none that we know of.
    let found = getifaddrs().into_iter().flatten();
    choose(hosts, &found.filter_map(|found| place(&found)).collect::<Vec<_>>())
}

fn place(found: &InterfaceAddress) -> Option<Place> {
    let address = found.address.as_ref()?;
    let v4 = address.as_sockaddr_in().map(|it| it.ip().into());
    let v6 = || address.as_sockaddr_in6().map(|it| it.ip().into());
    let address = v4.or_else(v6).filter(|_| found.flags.contains(InterfaceFlags::IFF_UP))?;
    Some(Place { address, card: Some(found.interface_name.clone()) })
}

fn choose(hosts: &[IpAddr], cards: &[Place]) -> Vec<Place> {
    let mut chosen = Vec::new();
    for host in hosts {
        let here: Vec<_> = cards.iter().filter(|place| is_meant(*host, place.address)).cloned().collect();
        chosen.extend(here);
        if !host.is_unspecified() && chosen.iter().all(|place| place.address != *host) {
            chosen.push(Place { address: *host, card: None });
        }
    }
    if chosen.is_empty() {
        chosen.extend(hosts.iter().map(|host| Place { address: loopback(*host), card: None }));
    }
    chosen
}

fn is_meant(host: IpAddr, address: IpAddr) -> bool {
    if host.is_unspecified() {
        host.is_ipv4() == address.is_ipv4() && !address.is_loopback() && !is_link_local(address)
    } else {
        host == address
    }
}

/// Such an address is of no use without the name of a card, or is there because nothing gave a better one.
fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

/// The loopback of the same family.
fn loopback(host: IpAddr) -> IpAddr {
    if host.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(hosts: &[&str], cards: &[(&str, &str)]) -> Vec<String> {
        let ip = |text: &str| text.parse().unwrap();
        let cards = cards.iter().map(|(card, address)| Place { address: ip(address), card: Some((*card).into()) });
        let hosts: Vec<_> = hosts.iter().map(|host| ip(host)).collect();
        let text = |place: Place| format!("{} {}", place.address, place.card.unwrap_or_default());
        choose(&hosts, &cards.collect::<Vec<_>>()).into_iter().map(text).collect()
    }

    const CARDS: [(&str, &str); 6] = [
        ("lo", "127.0.0.1"),
        ("eth0", "192.0.2.2"),
        ("eth1", "198.51.100.7"),
        ("eth2", "169.254.3.4"),
        ("eth0", "2001:db8::2"),
        ("eth0", "fe80::2"),
    ];

    #[test]
    fn all_addresses_means_those_that_others_can_reach() {
        assert_eq!(chosen(&["0.0.0.0"], &CARDS), ["192.0.2.2 eth0", "198.51.100.7 eth1"]);
        assert_eq!(chosen(&["::"], &CARDS), ["2001:db8::2 eth0"]);
        assert_eq!(chosen(&["0.0.0.0", "::"], &CARDS).len(), 3);
    }

    #[test]
    fn an_address_that_is_written_is_the_only_one() {
        assert_eq!(chosen(&["198.51.100.7"], &CARDS), ["198.51.100.7 eth1"]);
        assert_eq!(chosen(&["127.0.0.1", "203.0.113.9"], &CARDS), ["127.0.0.1 lo", "203.0.113.9 "]);
    }

    #[test]
    fn a_machine_without_a_network_has_its_loopback() {
        assert_eq!(chosen(&["0.0.0.0"], &CARDS[..1]), ["127.0.0.1 "]);
        assert_eq!(chosen(&["::"], &CARDS[..1]), ["::1 "]);
    }

    #[test]
    fn this_machine_has_an_address() {
        assert_eq!(places(&[Ipv4Addr::LOCALHOST.into()]).first().unwrap().card.as_deref(), Some("lo"));
        assert!(!places(&[Ipv4Addr::UNSPECIFIED.into()]).is_empty());
    }
}
