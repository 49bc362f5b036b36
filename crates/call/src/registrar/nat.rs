//! Where requests to a phone go: to where its REGISTER came from, or to where its Contact says.

use std::net::{IpAddr, SocketAddr};

use warden_sip::endpoint::Flow;
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::uri::{Host, OwnedUri};

use crate::directory::Nat;

/// The way to a phone whose `request` came on `flow` with this Contact. A connection, and a proxy in between, are always
/// where the request came from.
pub(crate) fn way(request: &Message, flow: Flow, contact: &OwnedUri, nat: Nat) -> Flow {
    if flow.transport.is_reliable() || request.members(HeaderName::Via).nth(1).is_some() {
        return flow;
    }
    let stated = address(contact);
    let remote = match nat {
        Nat::Always => None,
        // RFC 3261 §18: such a phone sends from one port and listens on another. Who asks for rport listens where it sends.
        Nat::Auto => {
            let asks_port = request.via().is_ok_and(|via| via.params.has("rport"));
            stated.filter(|stated| !asks_port && stated.ip() == flow.remote.ip().to_canonical())
        }
        Nat::Never => stated.filter(|stated| is_usable(*stated, flow.remote)),
    };
    // Otherwise as it was seen: a link-local address has its interface with it.
    let remote = remote.map_or(flow.remote, |stated| match flow.remote {
        seen if seen.ip().to_canonical() == stated.ip() => SocketAddr::new(seen.ip(), stated.port()),
        SocketAddr::V4(_) | SocketAddr::V6(_) => stated,
    });
    Flow { remote: with_scope(remote, flow.remote), ..flow }
}

/// Whether a phone that was seen at `source` is behind a router that changes addresses: its Contact says something else.
pub(super) fn is_behind_nat(contact: &OwnedUri, source: SocketAddr) -> bool {
    address(contact).is_none_or(|stated| (stated.ip(), stated.port()) != (source.ip().to_canonical(), source.port()))
}

/// The address in a Contact; `None` when it is a name, or one that nothing can be sent to.
fn address(contact: &OwnedUri) -> Option<SocketAddr> {
    let view = contact.view();
    let host = view.as_sip()?.host;
    let Host::Address(address) = host.host else { return None };
    let port = host.port.unwrap_or(5060);
    (port != 0).then(|| SocketAddr::new(address.to_canonical(), port))
}

/// Of the same family, and one machine's.
fn is_usable(stated: SocketAddr, source: SocketAddr) -> bool {
    let is_one_machine = match stated.ip() {
        IpAddr::V4(v4) => !(v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast()),
        IpAddr::V6(v6) => !(v6.is_unspecified() || v6.is_multicast()),
    };
    is_one_machine && stated.is_ipv4() == source.ip().to_canonical().is_ipv4()
}

/// A Contact cannot say by which interface a link-local address is reached; where the request came from can.
fn with_scope(remote: SocketAddr, seen: SocketAddr) -> SocketAddr {
    match (remote, seen) {
        (SocketAddr::V6(mut remote), SocketAddr::V6(seen)) if remote.ip().is_unicast_link_local() => {
            remote.set_scope_id(seen.scope_id());
            remote.into()
        }
        (SocketAddr::V4(_) | SocketAddr::V6(_), _) => remote,
    }
}
