//! Where messages come from and go to.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;

use crate::header::{Transport, Via};
use crate::message::Message;

/// One connection of a stream transport; numbered by who owns the sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub NonZeroU32);

/// A way between this endpoint and another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    /// How messages travel on it.
    pub transport: Transport,
    /// Our end: the address that the peer sent to, never a wildcard.
    pub local: SocketAddr,
    /// The peer's end.
    pub remote: SocketAddr,
    /// The connection of a stream, from the moment on at which it is asked for; `None` for datagrams.
    pub connection: Option<ConnectionId>,
}

impl Flow {
    /// Where the answer to a request that came on this flow goes (RFC 3261 §18.2.2, RFC 3581 §4).
    ///
    /// `maddr` is not followed: it would let anybody make Warden send to a third party.
    #[must_use]
    pub fn answer_to(self, request: &Message) -> Self {
        let Ok(via) = request.via() else { return self };
        if self.transport.is_reliable() || via.params.has("rport") {
            return self;
        }
        let port = via.sent_by.port.unwrap_or(5060);
        Self { remote: SocketAddr::new(self.remote.ip(), port), ..self }
    }

    /// Whether the Via's own account of its sender is not what was seen, so that `received` must say so.
    #[must_use]
    pub(super) fn contradicts(&self, via: &Via<'_>) -> bool {
        match via.sent_by.host {
            crate::uri::Host::Name(_) => true,
            crate::uri::Host::Address(address) => address.to_canonical() != self.remote.ip().to_canonical(),
        }
    }
}

/// Where a request may be sent for which there is no flow yet: one of the places that RFC 3263 finds for a URI.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NextHop {
    /// How to get there.
    pub transport: Transport,
    /// Where it is.
    pub remote: SocketAddr,
    /// The host of the URI, before DNS made other names of it: whom a certificate must name (RFC 5922 §4).
    pub domain: Box<str>,
}

/// What counts as one source: an IPv4 address, or the /64 of an IPv6 address, since one host has all of it.
#[must_use]
pub fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}
