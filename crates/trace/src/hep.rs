//! HEP version 3, in which Homer and others take copies of messages: each a datagram of chunks.

use std::net::{IpAddr, SocketAddr};

use serde_json::{Value, json};
use warden_call::call_event::{CallEvent, CallId, Measurement};
use warden_call::directory::Side;

use crate::recording::{Clock, Item, Recording};
use crate::trace::Message;

/// The longest packet that UDP has room for.
const MAX_PACKET: usize = 65_507;

/// Types of chunks of the generic vendor.
mod chunk {
    pub(super) const FAMILY: u16 = 0x01;
    pub(super) const PROTOCOL: u16 = 0x02;
    pub(super) const SOURCE_V4: u16 = 0x03;
    pub(super) const DESTINATION_V4: u16 = 0x04;
    pub(super) const SOURCE_V6: u16 = 0x05;
    pub(super) const DESTINATION_V6: u16 = 0x06;
    pub(super) const SOURCE_PORT: u16 = 0x07;
    pub(super) const DESTINATION_PORT: u16 = 0x08;
    pub(super) const SECONDS: u16 = 0x09;
    pub(super) const MICROSECONDS: u16 = 0x0A;
    pub(super) const KIND: u16 = 0x0B;
    pub(super) const AGENT: u16 = 0x0C;
    pub(super) const PAYLOAD: u16 = 0x0F;
    pub(super) const CORRELATION: u16 = 0x11;
}

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Sip = 1,
    RtcpJson = 5,
}

/// What the packets of one node have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Tells the nodes of a collector apart.
    pub id: u32,
}

impl Agent {
    /// A message, which has been made free of secrets, with the call that it is of. `None` when it is too long.
    #[must_use]
    pub fn sip(self, message: &Message, call: Option<CallId>) -> Option<Vec<u8>> {
        let is_udp = message.transport == "UDP";
        self.packet(Kind::Sip, message.at_us, [message.from, message.to], is_udp, call, &message.bytes)
    }

    /// How a call sounded: what came from the caller's phone and from the other one, as reports.
    #[must_use]
    pub fn reports(self, recording: &Recording, clock: Clock) -> Vec<Vec<u8>> {
        let Some((at, legs)) = recording.items.iter().rev().find_map(measured) else { return Vec::new() };
        let at_us = u64::try_from(clock.time(at).as_micros()).unwrap_or_default();
        let phones = phones(recording);
        let packets = phones.iter().zip(legs).filter_map(|(addresses, leg)| {
            let report = report(leg).to_string();
            self.packet(Kind::RtcpJson, at_us, (*addresses)?, true, Some(recording.call), report.as_bytes())
        });
        packets.collect()
    }

    fn packet(
        self,
        kind: Kind,
        at_us: u64,
        [from, to]: [SocketAddr; 2],
        is_udp: bool,
        call: Option<CallId>,
        payload: &[u8],
    ) -> Option<Vec<u8>> {
        let mut packet = Packet::new();
        packet.addresses(from.ip().to_canonical(), to.ip().to_canonical());
        packet.chunk(chunk::PROTOCOL, &[if is_udp { 17 } else { 6 }]);
        packet.chunk(chunk::SOURCE_PORT, &from.port().to_be_bytes());
        packet.chunk(chunk::DESTINATION_PORT, &to.port().to_be_bytes());
        packet.chunk(chunk::SECONDS, &low32(at_us / 1_000_000).to_be_bytes());
        packet.chunk(chunk::MICROSECONDS, &low32(at_us % 1_000_000).to_be_bytes());
        packet.chunk(chunk::KIND, &[kind as u8]);
        packet.chunk(chunk::AGENT, &self.id.to_be_bytes());
        if let Some(call) = call {
            packet.chunk(chunk::CORRELATION, call.to_string().as_bytes());
        }
        packet.chunk(chunk::PAYLOAD, payload);
        packet.finish()
    }
}

/// One packet being written.
struct Packet {
    bytes: Vec<u8>,
}

impl Packet {
    fn new() -> Self {
        Self { bytes: b"HEP3\0\0".to_vec() }
    }

    fn addresses(&mut self, from: IpAddr, to: IpAddr) {
        // The numbers that Linux has for the families.
        if let (IpAddr::V4(from), IpAddr::V4(to)) = (from, to) {
            self.chunk(chunk::FAMILY, &[2]);
            self.chunk(chunk::SOURCE_V4, &from.octets());
            self.chunk(chunk::DESTINATION_V4, &to.octets());
            return;
        }
        let octets = |address: IpAddr| match address {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        };
        self.chunk(chunk::FAMILY, &[10]);
        self.chunk(chunk::SOURCE_V6, &octets(from));
        self.chunk(chunk::DESTINATION_V6, &octets(to));
    }

    /// Vendor 0, the type, the length with these six bytes, the value.
    fn chunk(&mut self, kind: u16, value: &[u8]) {
        self.bytes.extend([0, 0]);
        self.bytes.extend(kind.to_be_bytes());
        // A value that is too long makes the whole packet too long, and then it is not sent.
        self.bytes.extend(u16::try_from(value.len() + 6).unwrap_or_default().to_be_bytes());
        self.bytes.extend(value);
    }

    fn finish(mut self) -> Option<Vec<u8>> {
        let length = u16::try_from(self.bytes.len()).ok().filter(|_| self.bytes.len() <= MAX_PACKET)?;
        self.bytes.get_mut(4..6)?.copy_from_slice(&length.to_be_bytes());
        Some(self.bytes)
    }
}

fn measured(item: &Item) -> Option<(std::time::Instant, &[Measurement; 2])> {
    match item {
        Item::Decision { at, event: CallEvent::Measured(legs) } => Some((*at, legs)),
        Item::Decision { .. } | Item::Message(_) => None,
    }
}

/// From which phone to which address of ours its sound came, by their signalling.
fn phones(recording: &Recording) -> [Option<[SocketAddr; 2]>; 2] {
    let mut phones = [None, None];
    for item in &recording.items {
        let Item::Decision { event, .. } = item else { continue };
        let (place, source) = match event {
            CallEvent::Started(started) => (0, started.source),
            CallEvent::Answered(answered) => (1, answered.source),
            CallEvent::Joined(joined) => (usize::from(joined.side == Side::B), joined.party.source),
            CallEvent::Routed { .. }
            | CallEvent::Ringing { .. }
            | CallEvent::Declined { .. }
            | CallEvent::Held { .. }
            | CallEvent::Resumed { .. }
            | CallEvent::Silent { .. }
            | CallEvent::WrongKey { .. }
            | CallEvent::AudioBack { .. }
            | CallEvent::Recording(_)
            | CallEvent::Transfer(_)
            | CallEvent::TransferOver { .. }
            | CallEvent::Left { .. }
            | CallEvent::CalledBack { .. }
            | CallEvent::Ended(_)
            | CallEvent::Measured(_) => continue,
        };
        let ours = recording.items.iter().find_map(|item| match item {
            Item::Message(tapped) if tapped.flow.remote == source => Some(tapped.flow.local),
            Item::Message(_) | Item::Decision { .. } => None,
        });
        if let Some(phone) = phones.get_mut(place) {
            *phone = ours.map(|ours| [source, ours]);
        }
    }
    phones
}

/// As collectors know RTCP: a receiver report about what came, with the score besides.
fn report(leg: &Measurement) -> Value {
    let Measurement { codec, packets, lost, worst_jitter, round_trip, mos } = leg;
    let due = packets + lost;
    let fraction_lost = (lost * 256).checked_div(due).unwrap_or(0).min(255);
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    json!({
        "type": 201,
        "report_count": 1,
        "report_blocks": [{
            "source_ssrc": 0,
            "fraction_lost": fraction_lost,
            "packets_lost": lost,
            "highest_seq_no": due,
            "ia_jitter": ms(*worst_jitter),
        }],
        "packets": packets,
        "codec": codec,
        "round_trip_ms": round_trip.map(ms),
        "mos": mos,
    })
}

fn low32(number: u64) -> u32 {
    u32::try_from(number & 0xFFFF_FFFF).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Type and value of each chunk.
    fn chunks(packet: &[u8]) -> Vec<(u16, Vec<u8>)> {
        assert_eq!(packet[..4], *b"HEP3");
        assert_eq!(usize::from(u16::from_be_bytes([packet[4], packet[5]])), packet.len());
        let (mut rest, mut found) = (&packet[6..], Vec::new());
        while let [0, 0, k0, k1, l0, l1, ..] = *rest {
            let length = usize::from(u16::from_be_bytes([l0, l1]));
            found.push((u16::from_be_bytes([k0, k1]), rest[6..length].to_vec()));
            rest = &rest[length..];
        }
        assert!(rest.is_empty());
        found
    }

    fn message(from: &str, transport: &str, length: usize) -> Message {
        let (from, to) = (from.parse().unwrap(), "192.0.2.9:5060".parse().unwrap());
        let bytes = vec![b'x'; length];
        Message { at_us: 1_790_000_000_000_042, sent: false, from, to, transport: transport.into(), bytes }
    }

    #[test]
    fn a_message_is_written_chunk_by_chunk() {
        let packet = Agent { id: 2001 }.sip(&message("192.0.2.1:5062", "UDP", 3), Some(CallId(0xC1))).unwrap();
        let expected: Vec<(u16, Vec<u8>)> = vec![
            (1, vec![2]),
            (3, vec![192, 0, 2, 1]),
            (4, vec![192, 0, 2, 9]),
            (2, vec![17]),
            (7, 5062u16.to_be_bytes().to_vec()),
            (8, 5060u16.to_be_bytes().to_vec()),
            (9, 1_790_000_000u32.to_be_bytes().to_vec()),
            (10, 42u32.to_be_bytes().to_vec()),
            (11, vec![1]),
            (12, 2001u32.to_be_bytes().to_vec()),
            (17, b"00000000000000c1".to_vec()),
            (15, b"xxx".to_vec()),
        ];
        assert_eq!(chunks(&packet), expected);
    }

    #[test]
    fn streams_are_tcp_families_are_not_mixed_and_what_is_too_long_is_not_sent() {
        let agent = Agent { id: 1 };
        let packet = agent.sip(&message("[2001:db8::1]:5060", "TLS", 3), None).unwrap();
        let chunks = chunks(&packet);
        assert_eq!((&chunks[0], &chunks[3]), (&(1, vec![10]), &(2, vec![6])));
        assert_eq!((chunks[1].0, chunks[1].1.len(), chunks[2].0), (5, 16, 6));
        assert!(chunks.iter().all(|(kind, _)| *kind != chunk::CORRELATION));
        assert_eq!(agent.sip(&message("192.0.2.1:5062", "UDP", 65_530), None), None);
    }
}
