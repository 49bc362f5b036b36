//! What a phone says about its sound: codecs, and descriptions in messages.

use std::net::{IpAddr, SocketAddr};

use warden_sdp::codec::{Codec, Encoding, Format};
use warden_sdp::description::Description;
use warden_sdp::{Direction, Endpoint, LocalMedia};
use warden_sip::message::Message;
use warden_sip::write::Body;

/// G.711 µ-law.
pub const PCMU: Format = Format::new(0, Codec::narrow(Encoding::Pcmu));
/// G.711 A-law.
pub const PCMA: Format = Format::new(8, Codec::narrow(Encoding::Pcma));
/// G.722.
pub const G722: Format = Format::new(9, Codec::narrow(Encoding::G722));
/// G.729; the phones of the world cannot really speak it, but their packets are relayed.
pub const G729: Format = Format::new(18, Codec::narrow(Encoding::G729));

/// The first RTP port of a phone.
const RTP_PORT: u16 = 4000;

/// These codecs, and telephone events.
pub(crate) fn with_events(codecs: &[Format]) -> Vec<Format> {
    codecs.iter().cloned().chain([Format::new(101, Codec::telephone_event(8000))]).collect()
}

/// A phone at `address` that has just been unpacked.
pub(super) fn usual_media(address: SocketAddr) -> LocalMedia {
    LocalMedia {
        endpoint: endpoint(address.ip(), RTP_PORT),
        direction: Direction::SendRecv,
        ptime_ms: Some(20),
        codecs: with_events(&[PCMU, PCMA]),
        fax: None,
    }
}

/// An RTP port with the next one for RTCP.
pub(super) fn endpoint(address: IpAddr, rtp_port: u16) -> Endpoint {
    Endpoint { address, rtp_port, rtcp_port: rtp_port.saturating_add(1), rtcp_mux: false }
}

/// Another port at the same address.
pub(super) fn next_endpoint(endpoint: &Endpoint) -> Endpoint {
    self::endpoint(endpoint.address, endpoint.rtp_port.saturating_add(10))
}

/// The session description in a message; `None` when there is none, or it cannot be read.
pub(super) fn description(message: &Message) -> Option<Description> {
    let is_there = message.has_content_type("application/sdp") && !message.body().is_empty();
    is_there.then(|| Description::parse(message.body()).ok()).flatten()
}

pub(super) fn body(description: &Description) -> Body {
    Body::sdp(description.text().to_vec())
}
