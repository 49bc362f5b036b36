//! What holds for any bytes and any order of packets.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use warden_media::dtmf::DigitSetup;
use warden_media::latch::LatchMode;
use warden_media::relay::{
    Direction, Leg, LegSetup, OUTPUT_LEN, Output, Payload, Remote, Routes, Session, Side, Verdict,
};
use warden_media::rtcp::{Compound, NtpTime, Packet, Report, ReportBlock, SenderInfo};
use warden_media::rtp::{Fields, RtpHeader};

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

const PAYLOADS: [Payload; 2] = [Payload::PCMU, Payload::telephone_event(101, 8000)];

fn addr(host: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], 4000))
}

fn session(mode: LatchMode, now: Instant) -> Session {
    let mut session = Session::new(Leg::new(1, now, Duration::ZERO), Leg::new(2, now, Duration::ZERO));
    for (side, host) in [(Side::A, 1), (Side::B, 2)] {
        let remote = Some(Remote { rtp: addr(host), rtcp: addr(host) });
        let routes = Routes::between(&PAYLOADS, &PAYLOADS);
        session.set_up(side, &LegSetup { remote, mode, routes, answered: true, ..LegSetup::default() }, now);
    }
    session
}

/// Bytes that often begin like RTP or RTCP.
fn datagram() -> impl Strategy<Value = Vec<u8>> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    (bytes, prop_oneof![Just(None), (0x80..=0xBFu8, any::<u8>()).prop_map(Some)]).prop_map(|(mut bytes, head)| {
        if let (Some((flags, kind)), [first, second, ..]) = (head, &mut bytes[..]) {
            (*first, *second) = (flags, kind);
        }
        bytes
    })
}

proptest! {
    #[test]
    fn no_bytes_panic(packets in proptest::collection::vec((datagram(), 1..4u8, any::<bool>(), 0..9000u64), 1..40)) {
        let mut now = start();
        let mut session = session(LatchMode::Relaxed, now);
        let mut out = [0; OUTPUT_LEN];
        for (mut bytes, host, a, ms) in packets {
            now += Duration::from_millis(ms);
            let side = if a { Side::A } else { Side::B };
            let len = bytes.len();
            { let len = bytes.len(); session.receive(side, addr(host), now, &mut bytes, len); }
            prop_assert_eq!(bytes.len(), len);
            session.receive_rtcp(side, addr(host), now, &mut bytes);
            while !matches!(session.poll(now, &mut out), Output::Wait(_)) {}
        }
        drop(session.close());
    }

    #[test]
    fn in_strict_mode_nothing_from_a_wrong_source_is_forwarded(
        packets in proptest::collection::vec((1..6u8, any::<u16>(), 0..2u32, any::<bool>()), 1..100)
    ) {
        let now = start();
        let mut session = session(LatchMode::Strict, now);
        for (host, sequence, ssrc, a) in packets {
            let (side, right) = if a { (Side::A, 1) } else { (Side::B, 2) };
            let mut packet = [0; 40];
            Fields { marker: false, payload_type: 0, sequence, timestamp: 0, ssrc }.write(&mut packet).unwrap();
            if let Verdict::Forward { to, .. } = session.receive(side, addr(host), now, &mut packet, 172) {
                prop_assert_eq!(host, right);
                prop_assert_eq!(to, addr(3 - right));
            }
        }
    }

    /// Numbers rise by as much as they did, or less where something was left out; none is used twice.
    #[test]
    fn forwarded_packets_keep_their_order_and_no_number_is_used_twice(
        packets in proptest::collection::vec((0..6u16, 0..3u16, 0..20u8, 0..4u8), 1..300)
    ) {
        let now = start();
        let mut session = session(LatchMode::Strict, now);
        let (mut seen, mut newest, mut sequence, mut ssrc) = (HashSet::new(), None::<u16>, 0u16, 0);
        for (ahead, behind, chance, kind) in packets {
            sequence = sequence.wrapping_add(ahead);
            match chance {
                0 => ssrc += 1,
                1 => sequence = sequence.wrapping_add(20_000),
                2..=4 => {
                    let direction = if chance == 2 { Direction::SendOnly } else { Direction::SendRecv };
                    let remote = Some(Remote { rtp: addr(2), rtcp: addr(2) });
                    let (mode, routes) = (LatchMode::Strict, Routes::between(&PAYLOADS, &PAYLOADS));
                    session.set_up(Side::B, &LegSetup { remote, mode, direction, routes, voice: None, tones: None, digits: DigitSetup::default(), srtp: None, is_fax: false, answered: true }, now);
                }
                _ => {}
            }
            let in_order = behind == 0 && ahead > 0;
            let payload_type = if kind == 0 { 13 } else { 0 };
            let mut packet = [0; 20];
            let its = sequence.wrapping_sub(behind);
            Fields { marker: false, payload_type, sequence: its, timestamp: 0, ssrc }.write(&mut packet).unwrap();
            if let Verdict::Forward { .. } = session.receive(Side::A, addr(1), now, &mut packet, 172) {
                let out = RtpHeader::parse(&packet).unwrap().sequence;
                prop_assert!(seen.insert(out), "{} is used twice", out);
                if let Some(newest) = newest {
                    let rise = out.wrapping_sub(newest);
                    prop_assert!(rise < 3000 || !in_order, "rises by {}", rise);
                }
                if newest.is_none_or(|newest| out.wrapping_sub(newest) < 1 << 15) {
                    newest = Some(out);
                }
            }
        }
    }

    #[test]
    fn a_report_is_read_back_as_it_was_written(
        ssrc: u32, ntp: u64, numbers: [u32; 3], is_sender: bool, goodbye: bool,
        blocks in proptest::collection::vec((any::<[u32; 5]>(), any::<u8>(), -0x80_0000..0x80_0000i32), 0..32),
        cname in proptest::collection::vec(1u8.., 0..256),
    ) {
        let blocks: Vec<_> = blocks.into_iter().map(|([ssrc, highest, jitter, last_sr, delay], fraction_lost, lost)| {
            ReportBlock { ssrc, fraction_lost, lost, highest, jitter, last_sr, delay_since_sr: delay }
        }).collect();
        let [timestamp, packets, octets] = numbers;
        let info = SenderInfo { ntp: NtpTime(ntp), timestamp, packets, octets };
        let sender = is_sender.then_some(info);
        let mut out = [0; 2000];
        let len = Report { ssrc, sender, blocks: &blocks, cname: &cname, goodbye }.write(&mut out).unwrap();
        let compound = Compound::parse(&out[..len]).unwrap();
        let (from, read) = match compound.packets().next() {
            Some(Packet::SenderReport { ssrc, info: read, blocks }) => {
                prop_assert_eq!(sender, Some(read));
                (ssrc, blocks.collect::<Vec<_>>())
            }
            Some(Packet::ReceiverReport { ssrc, blocks }) => (ssrc, blocks.collect()),
            Some(Packet::Description(_) | Packet::Goodbye(_) | Packet::Other(_)) | None => unreachable!(),
        };
        prop_assert_eq!((from, read), (ssrc, blocks));
        prop_assert_eq!(compound.cname(ssrc), &cname[..]);
        prop_assert_eq!(compound.packets().count(), if goodbye { 3 } else { 2 });
    }
}
