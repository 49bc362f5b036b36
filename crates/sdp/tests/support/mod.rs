//! What the tests share: a local side with the usual codecs, and short ways to read descriptions.

#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]
#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

use std::net::{IpAddr, Ipv4Addr};

use warden_sdp::codec::{Codec, Encoding, Format};
use warden_sdp::description::{Description, Media};
use warden_sdp::{Capabilities, Capability, Direction, Endpoint, LocalMedia, Negotiated, Stamp, Use};

pub const STAMP: Stamp = Stamp { session_id: 7, version: 1 };

pub fn parse(text: &str) -> Description {
    Description::parse(text.as_bytes()).expect("a description")
}

/// G.722, PCMA, PCMU, Opus, iLBC and digits to end ourselves, G.729 to relay.
pub fn capabilities() -> Capabilities {
    let codecs = [
        (9, Codec::narrow(Encoding::G722)),
        (8, Codec::narrow(Encoding::Pcma)),
        (0, Codec::narrow(Encoding::Pcmu)),
        (107, Codec::opus().with_fmtp("useinbandfec=1")),
        (97, Codec::narrow(Encoding::Ilbc).with_fmtp("mode=20")),
        (101, Codec::telephone_event(8000)),
        (102, Codec::telephone_event(48_000)),
    ];
    let any =
        codecs.map(|(number, codec)| Capability { format: Format::new(number, codec), used_for: Use::Any }).into_iter();
    let g729 = Capability { format: Format::new(18, Codec::narrow(Encoding::G729)), used_for: Use::Relay };
    Capabilities { list: any.chain([g729]).collect() }
}

pub fn endpoint(rtp_port: u16) -> Endpoint {
    Endpoint {
        address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 200)),
        rtp_port,
        rtcp_port: rtp_port.saturating_add(1),
        rtcp_mux: false,
    }
}

pub fn with_codecs(rtp_port: u16, codecs: Vec<Format>) -> LocalMedia {
    LocalMedia { endpoint: endpoint(rtp_port), direction: Direction::SendRecv, ptime_ms: Some(20), codecs, fax: None }
}

pub fn local() -> LocalMedia {
    with_codecs(10_000, capabilities().own())
}

/// A side with these codecs only, named as in `a=rtpmap`.
pub fn local_with(maps: &[(u8, &str)]) -> LocalMedia {
    let codec = |map: &str| {
        let lines = format!("v=0\nc=IN IP4 192.0.2.1\nm=audio 1 RTP/AVP 96\na=rtpmap:96 {map}\n");
        audio(&parse(&lines)).codecs().remove(0).codec
    };
    with_codecs(10_000, maps.iter().map(|(number, map)| Format::new(*number, codec(map))).collect())
}

/// The first media description.
pub fn audio(description: &Description) -> Media<'_> {
    description.media_at(0).expect("a media line")
}

/// The media lines as they are written.
pub fn media_lines(description: &Description) -> Vec<String> {
    let media = description.lines().filter(|(letter, _)| *letter == b'm');
    media.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
}

pub fn text(description: &Description) -> String {
    String::from_utf8_lossy(description.text()).into_owned()
}

pub fn numbers(formats: &[Format]) -> Vec<u8> {
    formats.iter().map(|format| format.payload_type).collect()
}

/// The number of what is sent.
pub fn payload_type(agreed: &Negotiated) -> u8 {
    agreed.codec().expect("sound").payload_type
}
