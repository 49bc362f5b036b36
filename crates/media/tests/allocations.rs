//! A relayed packet allocates nothing, and neither do reports and tones.

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_media::g711::Law;
use warden_media::relay::{Leg, LegSetup, OUTPUT_LEN, Output, Payload, Remote, Routes, Session, Side, Verdict};
use warden_media::rtp::Fields;
use warden_media::tone::{Plan, Tone, ToneFormat};

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

fn session(now: Instant) -> (Session, SocketAddr) {
    let address = SocketAddr::from(([192, 0, 2, 1], 4000));
    let mut session = Session::new(Leg::new(1, now, Duration::ZERO), Leg::new(2, now, Duration::ZERO));
    for (side, from, to) in [(Side::A, Payload::PCMU, Payload::PCMA), (Side::B, Payload::PCMA, Payload::PCMU)] {
        let routes = Routes::between(&[from], &[to]);
        let remote = Some(Remote { rtp: address, rtcp: address });
        let tones = Some(ToneFormat { law: Law::Pcma, payload_type: 8 });
        session.set_up(side, &LegSetup { remote, routes, tones, answered: true, ..LegSetup::default() }, now);
    }
    (session, address)
}

#[test]
fn relaying_a_thousand_packets_allocates_nothing() {
    let now = start();
    let (mut session, source) = session(now);
    let mut packet = [0; 172];
    let counted = allocation_counter::measure(|| {
        for sequence in 0..1000u16 {
            let timestamp = u32::from(sequence) * 160;
            Fields { marker: false, payload_type: 0, sequence, timestamp, ssrc: 3 }.write(&mut packet);
            let at = now + Duration::from_millis(20) * u32::from(sequence);
            let verdict = session.receive(Side::A, source, at, black_box(&mut packet));
            assert!(matches!(verdict, Verdict::Forward { .. }));
        }
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn reports_and_tones_allocate_nothing() {
    let now = start();
    let (mut session, source) = session(now);
    session.play(Side::B, Some(Tone::ring_back(Plan::Uk)), now);
    let mut out = [0; OUTPUT_LEN];
    let (mut at, mut sent) = (now, 0);
    let counted = allocation_counter::measure(|| {
        while at < now + Duration::from_secs(20) {
            match session.poll(at, &mut out) {
                Output::Wait(next) => at = next.unwrap_or(at + Duration::from_secs(20)),
                Output::Rtcp { len, .. } => {
                    session.receive_rtcp(Side::A, source, at, &out[..len]);
                }
                Output::Rtp { .. } | Output::Event(_) => sent += 1,
            }
        }
    });
    assert!(sent >= 1000);
    assert_eq!(counted.count_total, 0);
}
