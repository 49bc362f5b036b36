//! Messages as a capture file that Wireshark reads: the classic format, raw IP, every message a UDP datagram.
//!
//! What went over TCP, TLS or WebSocket is shown as UDP between the same ports, because SIP is what people look for. A
//! message longer than a datagram is cut.

use std::net::{IpAddr, SocketAddr};

use crate::trace::{Message, Trace};

/// Microseconds, in the byte order of the other fields.
const MAGIC: u32 = 0xA1B2_C3D4;
/// Packets begin with their IP header.
const LINKTYPE_RAW: u32 = 101;
const UDP: u8 = 17;
const UDP_HEADER: usize = 8;
const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
/// What fits one datagram of either family.
const MAX_PAYLOAD: usize = 65_535 - IPV4_HEADER - UDP_HEADER;

/// A file with all messages of a trace.
#[must_use]
pub fn write(trace: &Trace) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(MAGIC.to_le_bytes());
    out.extend(2u16.to_le_bytes());
    out.extend(4u16.to_le_bytes());
    out.extend([0; 8]); // time zone and accuracy: nobody uses them
    out.extend(262_144u32.to_le_bytes());
    out.extend(LINKTYPE_RAW.to_le_bytes());
    trace.messages().for_each(|message| write_packet(message, &mut out));
    out
}

fn write_packet(message: &Message, out: &mut Vec<u8>) {
    let packet = packet(message);
    let (seconds, micros) = (message.at_us / 1_000_000, message.at_us % 1_000_000);
    let length = low32(packet.len() as u64);
    for field in [low32(seconds), low32(micros), length, length] {
        out.extend(field.to_le_bytes());
    }
    out.extend(packet);
}

/// The IP packet that a message might have been.
fn packet(message: &Message) -> Vec<u8> {
    let payload = message.bytes.get(..MAX_PAYLOAD).unwrap_or(&message.bytes);
    let (from, to) = (canonical(message.from), canonical(message.to));
    let length = low16(UDP_HEADER + payload.len());
    let mut udp = Vec::with_capacity(UDP_HEADER + payload.len());
    for field in [from.port(), to.port(), length, 0] {
        udp.extend(field.to_be_bytes());
    }
    udp.extend(payload);
    let (mut packet, pseudo) = match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let addresses = [from.octets(), to.octets()].concat();
            (ipv4_header(&addresses, length), addresses)
        }
        (from, to) => {
            let addresses = [octets(from), octets(to)].concat();
            (ipv6_header(&addresses, length), addresses)
        }
    };
    // RFC 768, and RFC 8200 §8.1: over the addresses, the length and the protocol too. A sum of zero is sent as ones.
    let sum = sum(&pseudo) + u64::from(length) + u64::from(UDP) + sum(&udp);
    let checksum = Some(fold(sum)).filter(|checksum| *checksum != 0).unwrap_or(u16::MAX);
    if let Some(place) = udp.get_mut(6..8) {
        place.copy_from_slice(&checksum.to_be_bytes());
    }
    packet.extend(udp);
    packet
}

fn ipv4_header(addresses: &[u8], length: u16) -> Vec<u8> {
    let total = length.saturating_add(low16(IPV4_HEADER)).to_be_bytes();
    let header = |checksum: [u8; 2]| {
        let fields: [&[u8]; 6] = [&[0x45, 0], &total, &[0, 0, 0x40, 0], &[64, UDP], &checksum, addresses];
        fields.concat()
    };
    header(fold(sum(&header([0, 0]))).to_be_bytes())
}

fn ipv6_header(addresses: &[u8], length: u16) -> Vec<u8> {
    let mut header = Vec::with_capacity(IPV6_HEADER);
    header.extend([0x60, 0, 0, 0]);
    header.extend(length.to_be_bytes());
    header.extend([UDP, 64]);
    header.extend(addresses);
    header
}

/// An IPv4 address that came through an IPv6 socket is an IPv4 address.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn sum(bytes: &[u8]) -> u64 {
    let words = bytes.chunks(2).map(|pair| match *pair {
        [high, low] => u64::from(u16::from_be_bytes([high, low])),
        [high] => u64::from(u16::from_be_bytes([high, 0])),
        _ => 0,
    });
    words.sum()
}

/// The internet checksum of what has been summed up (RFC 1071).
fn fold(mut sum: u64) -> u16 {
    while sum > 0xFFFF {
        sum = (sum >> 16) + (sum & 0xFFFF);
    }
    !low16(usize::try_from(sum).unwrap_or_default())
}

fn low16(number: usize) -> u16 {
    u16::try_from(number & 0xFFFF).unwrap_or_default()
}

fn low32(number: u64) -> u32 {
    u32::try_from(number & 0xFFFF_FFFF).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Line;

    fn message(from: &str, to: &str, bytes: &[u8]) -> Message {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        Message { at_us: 1_790_000_000_000_042, sent: true, from, to, transport: "UDP".into(), bytes: bytes.into() }
    }

    #[test]
    fn a_file_begins_with_its_header_and_each_packet_with_its_time_and_length() {
        let lines = vec![Line::Message(message("192.0.2.1:5060", "192.0.2.2:5062", b"hello"))];
        let file = write(&Trace { call: String::new(), extensions: Vec::new(), lines, left_out: 0 });
        assert_eq!(file[..4], [0xD4, 0xC3, 0xB2, 0xA1]);
        assert_eq!(file[20..24], [101, 0, 0, 0]);
        assert_eq!(file[24..28], 1_790_000_000u32.to_le_bytes());
        assert_eq!(file[28..32], 42u32.to_le_bytes());
        assert_eq!((file[32], file[36], file.len()), (33, 33, 24 + 16 + 33));
    }

    #[test]
    fn headers_of_both_families_sum_up() {
        let v4 = packet(&message("192.0.2.1:5060", "[::ffff:192.0.2.2]:5062", b"hello"));
        assert_eq!((v4.len(), fold(sum(&v4[..20]))), (33, 0));
        assert_eq!(v4[20..28], [0x13, 0xC4, 0x13, 0xC6, 0, 13, v4[26], v4[27]]);
        assert_eq!(fold(sum(&v4[12..]) + 13 + 17), 0, "UDP");
        let v6 = packet(&message("[2001:db8::1]:5060", "[2001:db8::2]:5060", b"hello!"));
        assert_eq!((v6.len(), v6[6]), (54, 17));
        assert_eq!(fold(sum(&v6[8..]) + 14 + 17), 0, "UDP");
    }

    #[test]
    fn what_no_datagram_holds_is_cut() {
        assert_eq!(packet(&message("192.0.2.1:1", "192.0.2.2:2", &vec![7; 70_000])).len(), 65_535);
    }
}
