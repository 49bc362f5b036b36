//! Writes our descriptions: the session's lines, our audio or fax, and media that we refuse.

use std::net::IpAddr;

use crate::codec::Format;
use crate::description::{Builder, Description, Media, MediaWords, Origin, push_connection};
use crate::direction::Direction;
use crate::grammar::{push_number, words};
use crate::local::Endpoint;
use crate::srtp::Crypto;
use crate::t38::T38;

/// Which session of ours is described, and in which version: the numbers of `o=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Unlike that of any other session at this address. Old phones read 31 bits only.
    pub session_id: u64,
    /// One more with every change (RFC 3264 §8).
    pub version: u64,
}

/// Our audio as it is to be written.
pub(crate) struct OurAudio<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) protocol: &'a [u8],
    pub(crate) direction: Direction,
    pub(crate) ptime_ms: Option<u8>,
    pub(crate) rtcp_mux: bool,
    pub(crate) cryptos: &'a [Crypto],
}

/// The lines up to the first media.
pub(crate) fn begin(stamp: Stamp, address: IpAddr) -> Builder {
    let mut builder = Builder::with_capacity(768, 32);
    builder.line(b'v', |out| out.push(b'0'));
    builder.line(b'o', |out| {
        out.extend_from_slice(b"- ");
        push_number(stamp.session_id, out);
        out.push(b' ');
        push_number(stamp.version, out);
        out.push(b' ');
        push_connection(address, out);
    });
    builder.line(b's', |out| out.push(b'-'));
    builder.line(b'c', |out| push_connection(address, out));
    builder.line(b't', |out| out.extend_from_slice(b"0 0"));
    builder
}

/// A description of ours with another stamp.
pub(crate) fn restamped(description: &Description, stamp: Stamp) -> Description {
    let mut text = Vec::with_capacity(description.text().len() + 8);
    for (letter, value) in description.lines() {
        text.extend_from_slice(&[letter, b'=']);
        match Origin::parse(value).filter(|_| letter == b'o') {
            Some(_) => {
                // `- id version IN IP4 address`: all but the numbers stays.
                text.extend_from_slice(b"- ");
                push_number(stamp.session_id, &mut text);
                text.push(b' ');
                push_number(stamp.version, &mut text);
                for word in words(value).skip(3) {
                    text.push(b' ');
                    text.extend_from_slice(word);
                }
            }
            None => text.extend_from_slice(value),
        }
        text.extend_from_slice(b"\r\n");
    }
    Description::parse(&text).unwrap_or_else(|_| description.clone())
}

/// Our audio with its formats, direction and ports.
pub(crate) fn push_audio<'f>(
    builder: &mut Builder,
    audio: &OurAudio<'_>,
    formats: impl Iterator<Item = &'f Format> + Clone,
) {
    let port = audio.endpoint.rtp_port;
    let words = MediaWords { kind: b"audio", port, port_count: 1, protocol: audio.protocol };
    builder.media(words, |out| {
        for format in formats.clone() {
            out.push(b' ');
            push_number(format.payload_type, out);
        }
    });
    for crypto in audio.cryptos {
        builder.line(b'a', |out| {
            out.extend_from_slice(b"crypto:");
            crypto.push(out);
        });
    }
    for format in formats {
        push_format(builder, format);
    }
    if let Some(ptime_ms) = audio.ptime_ms {
        push_named_number(builder, b"ptime:", ptime_ms.into());
    }
    if !audio.rtcp_mux && Some(audio.endpoint.rtcp_port) != port.checked_add(1) {
        push_named_number(builder, b"rtcp:", audio.endpoint.rtcp_port);
    }
    if audio.rtcp_mux {
        builder.line(b'a', |out| out.extend_from_slice(b"rtcp-mux"));
    }
    builder.line(b'a', |out| out.extend_from_slice(audio.direction.text().as_bytes()));
}

/// Our fax with what is said of it. Which way it goes is said only where it is not both ways, as gateways have it.
pub(crate) fn push_fax(
    builder: &mut Builder,
    port: u16,
    [protocol, format]: [&[u8]; 2],
    fax: &T38,
    direction: Direction,
) {
    let words = MediaWords { kind: b"image", port, port_count: 1, protocol };
    builder.media(words, |out| {
        out.push(b' ');
        out.extend_from_slice(format);
    });
    for parameter in fax.parameters() {
        builder.line(b'a', |out| parameter.push(out));
    }
    if direction != Direction::SendRecv {
        builder.line(b'a', |out| out.extend_from_slice(direction.text().as_bytes()));
    }
}

/// A map also where the number has a codec of its own, as some phones want one.
fn push_format(builder: &mut Builder, format: &Format) {
    builder.line(b'a', |out| {
        out.extend_from_slice(b"rtpmap:");
        push_number(format.payload_type, out);
        out.push(b' ');
        format.codec.push_map(out);
    });
    if let Some(fmtp) = format.codec.fmtp.as_deref() {
        builder.line(b'a', |out| {
            out.extend_from_slice(b"fmtp:");
            push_number(format.payload_type, out);
            out.push(b' ');
            out.extend_from_slice(fmtp.as_bytes());
        });
    }
}

fn push_named_number(builder: &mut Builder, name: &[u8], number: u16) {
    builder.line(b'a', |out| {
        out.extend_from_slice(name);
        push_number(number, out);
    });
}

/// `media` with port 0: kind, protocol and formats as they stand (RFC 3264 §6).
pub(crate) fn push_refused(builder: &mut Builder, media: &Media<'_>) {
    let words = MediaWords { kind: media.kind_text(), port: 0, port_count: 1, protocol: media.protocol_text() };
    builder.media(words, |out| {
        for format in media.format_words() {
            out.push(b' ');
            out.extend_from_slice(format);
        }
    });
}
