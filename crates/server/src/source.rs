//! Which address of ours a request leaves from, and by which its receiver can reach us.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use warden_call::registrar::Binding;
use warden_sip::header::Transport;

/// The addresses that are listened on, wildcards as such.
#[derive(Debug)]
pub(crate) struct Sources {
    /// For UDP and TCP.
    pub(crate) plain: Vec<SocketAddr>,
    pub(crate) tls: Vec<SocketAddr>,
}

impl Sources {
    /// Our end of the way to `remote`: the address that the system's routes choose, if we listen there, and the port
    /// that we listen on.
    ///
    /// `None` when there is no way, or nothing listens on addresses of its family. Without a port for TLS it is the
    /// plain one: then we can be reached over the same connection only.
    pub(crate) fn local_for(&self, transport: Transport, remote: SocketAddr) -> Option<SocketAddr> {
        choose(self.listening(transport), remote, || route(remote).ok())
    }

    /// The ways to phones that an earlier run had over UDP, with our end as it is now: the same address where it is still
    /// ours and listened on, else the one that a new way would have.
    ///
    /// Those to a family of addresses that nothing listens on any more are left out.
    pub(crate) fn renew(&self, bindings: Vec<Binding>) -> Vec<Binding> {
        // Nearly all of them have the same end.
        let mut known = BTreeMap::new();
        let renewed = |mut binding: Binding| {
            let local = binding.flow.local;
            let is_ours = *known.entry(local).or_insert_with(|| is_ours(local));
            let chosen = || self.local_for(binding.flow.transport, binding.flow.remote);
            binding.flow.local = again(&self.plain, local, is_ours, chosen)?;
            Some(binding)
        };
        bindings.into_iter().filter_map(renewed).collect()
    }

    fn listening(&self, transport: Transport) -> &[SocketAddr] {
        match transport {
            Transport::Tls | Transport::Wss if !self.tls.is_empty() => &self.tls,
            Transport::Udp | Transport::Tcp | Transport::Ws | Transport::Tls | Transport::Wss => &self.plain,
        }
    }
}

fn choose(listening: &[SocketAddr], remote: SocketAddr, route: impl FnOnce() -> Option<IpAddr>) -> Option<SocketAddr> {
    let mut family = listening.iter().filter(|address| address.is_ipv4() == remote.is_ipv4());
    let first = *family.clone().next()?;
    let chosen = route()?;
    let serves = |address: &&SocketAddr| address.ip() == chosen || address.ip().is_unspecified();
    let port = family.find(serves).map(SocketAddr::port);
    // Who was told to listen on one address only sends from there too.
    Some(port.map_or(first, |port| SocketAddr::new(chosen, port)))
}

/// An end of ours that was `before`. While the network is down nobody knows better than that.
fn again(
    listening: &[SocketAddr],
    before: SocketAddr,
    is_ours: bool,
    chosen: impl FnOnce() -> Option<SocketAddr>,
) -> Option<SocketAddr> {
    let serves = |place: &SocketAddr| {
        let is_place = place.ip() == before.ip() || place.ip().is_unspecified();
        is_place && place.port() == before.port() && place.is_ipv4() == before.is_ipv4()
    };
    let before = listening.iter().any(serves).then_some(before);
    before.filter(|_| is_ours).or_else(chosen).or(before)
}

/// Whether this machine has the address now: who has it can bind it.
fn is_ours(mut address: SocketAddr) -> bool {
    address.set_port(0);
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP));
    socket.is_ok_and(|socket| socket.bind(&address.into()).is_ok())
}

/// Asks the system; nothing is sent.
fn route(remote: SocketAddr) -> io::Result<IpAddr> {
    let socket = Socket::new(Domain::for_address(remote), Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
    socket.connect(&remote.into())?;
    let local = socket.local_addr()?.as_socket();
    local.map(|local| local.ip()).ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(listening: &[&str], remote: &str, route: Option<&str>) -> Option<String> {
        let listening: Vec<_> = listening.iter().map(|address| address.parse().unwrap()).collect();
        let route = route.map(|address| address.parse().unwrap());
        choose(&listening, remote.parse().unwrap(), || route).map(|address| address.to_string())
    }

    #[test]
    fn it_is_the_address_of_the_route_with_the_port_that_is_listened_on() {
        let all = ["0.0.0.0:5060", "[::]:5062"];
        let by = |remote, route| chosen(&all, remote, Some(route));
        assert_eq!(by("203.0.113.9:5060", "192.0.2.1").as_deref(), Some("192.0.2.1:5060"));
        assert_eq!(by("[2001:db8::9]:5060", "2001:db8::1").as_deref(), Some("[2001:db8::1]:5062"));
        assert_eq!(chosen(&all, "203.0.113.9:5060", None), None, "there is no way");
        assert_eq!(chosen(&all[..1], "[2001:db8::9]:5060", Some("2001:db8::1")), None, "another family");
    }

    #[test]
    fn who_listens_on_one_address_sends_from_there() {
        let one = ["192.0.2.7:5060", "192.0.2.8:5070"];
        assert_eq!(chosen(&one, "203.0.113.9:5060", Some("192.0.2.8")).as_deref(), Some("192.0.2.8:5070"));
        assert_eq!(chosen(&one, "203.0.113.9:5060", Some("192.0.2.1")).as_deref(), Some("192.0.2.7:5060"));
    }

    #[test]
    fn an_end_of_ours_stays_only_while_it_is_ours_and_listened_on() {
        let end = |before: &str, is_ours, chosen: Option<&str>| {
            let listening = ["192.0.2.7:5060", "[::]:5060"].map(|address| address.parse().unwrap());
            let chosen = || chosen.map(|address| address.parse().unwrap());
            again(&listening, before.parse().unwrap(), is_ours, chosen).map(|address| address.to_string())
        };
        assert_eq!(end("192.0.2.7:5060", true, None).as_deref(), Some("192.0.2.7:5060"));
        assert_eq!(end("[2001:db8::1]:5060", true, None).as_deref(), Some("[2001:db8::1]:5060"));
        let new = Some("192.0.2.8:5060");
        assert_eq!(end("192.0.2.7:5062", true, new).as_deref(), new, "another port");
        assert_eq!(end("192.0.2.1:5060", true, new).as_deref(), new, "not listened on any more");
        assert_eq!(end("[2001:db8::1]:5060", false, Some("[2001:db8::2]:5060")).as_deref(), Some("[2001:db8::2]:5060"));
        assert_eq!(end("[2001:db8::1]:5060", false, None).as_deref(), Some("[2001:db8::1]:5060"), "no network yet");
        assert_eq!(end("192.0.2.1:5060", true, None), None);
    }

    #[test]
    fn the_system_knows_which_addresses_it_has() {
        assert!(is_ours("127.0.0.9:1".parse().unwrap()));
        assert!(!is_ours("192.0.2.1:1".parse().unwrap()));
    }

    #[test]
    fn the_system_knows_the_way_to_the_loopback() {
        let sources = Sources { plain: vec!["0.0.0.0:5060".parse().unwrap()], tls: Vec::new() };
        let local = sources.local_for(Transport::Tls, "127.0.0.9:5061".parse().unwrap());
        assert_eq!(local, Some("127.0.0.1:5060".parse().unwrap()));
    }
}
