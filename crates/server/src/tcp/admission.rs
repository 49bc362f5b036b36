//! How many connections there may be, in all and from one source.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use warden_sip::endpoint::network;

/// The most connections at a time: each costs a file descriptor and a few kilobytes.
const MAX_CONNECTIONS: usize = 4096;
/// The most from one source, an address or an IPv6 /64: an office behind one router has that many phones.
const MAX_PER_SOURCE: usize = 256;

/// Counts the connections that are open.
#[derive(Clone, Debug, Default)]
pub(super) struct Admission {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection's place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    admission: Admission,
    source: IpAddr,
}

impl Admission {
    /// A place for a connection from `address`; `None` when there are too many.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = open.values().sum();
        let source = network(address);
        let from_here = open.get(&source).copied().unwrap_or(0);
        if all >= MAX_CONNECTIONS || from_here >= MAX_PER_SOURCE {
            return None;
        }
        open.insert(source, from_here + 1);
        Some(Place { admission: self.clone(), source })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.admission.open.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.get(&self.source).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            open.remove(&self.source);
        } else {
            open.insert(self.source, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_gets_its_share_and_a_place_given_back_is_free() {
        let admission = Admission::default();
        let (here, there) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let mut places: Vec<_> = (0..MAX_PER_SOURCE).map_while(|_| admission.admit(here)).collect();
        assert_eq!(places.len(), MAX_PER_SOURCE);
        assert!(admission.admit(here).is_none());
        assert!(admission.admit(there).is_some());
        places.pop();
        assert!(admission.admit(here).is_some());
        places.clear();
        assert!(admission.open.lock().unwrap().is_empty());
    }

    #[test]
    fn who_has_a_whole_ipv6_network_is_one_source() {
        let admission = Admission::default();
        let address = |number: u16| std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number).into();
        let places: Vec<_> = (0..1000).filter_map(|number| admission.admit(address(number))).collect();
        assert_eq!(places.len(), MAX_PER_SOURCE);
    }

    #[test]
    fn all_addresses_together_are_bounded() {
        let admission = Admission::default();
        let address = |number: u32| std::net::Ipv4Addr::from(number).into();
        let places: Vec<_> = (0..10_000).filter_map(|number| admission.admit(address(number))).collect();
        assert_eq!(places.len(), MAX_CONNECTIONS);
    }
}
