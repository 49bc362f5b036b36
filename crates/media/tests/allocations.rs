//! A packet allocates nothing, relayed or converted, and neither do reports, tones and music.

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_codec::g711::Law;
use warden_codec::{Codec, g726, ilbc, opus, speex};
use warden_media::relay::{
    Leg, LegSetup, OUTPUT_LEN, Output, Payload, Program, Remote, Routes, Session, Side, Verdict,
};
use warden_media::rtp::Fields;
use warden_media::station::{Class, FRAME, Stations};
use warden_media::tone::{Plan, Tone};
use warden_media::voice::Voice;

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

fn session(now: Instant) -> (Session, SocketAddr) {
    session_with(Codec::G711(Law::Pcma), now)
}

/// A speaks PCMU, B something else.
fn session_with(codec: Codec, now: Instant) -> (Session, SocketAddr) {
    let address = SocketAddr::from(([192, 0, 2, 1], 4000));
    let mut session = Session::new(Leg::new(1, now, Duration::ZERO), Leg::new(2, now, Duration::ZERO));
    let other = Payload::sound(8, codec);
    for (side, from, to) in [(Side::A, Payload::PCMU, other), (Side::B, other, Payload::PCMU)] {
        let routes = Routes::between(&[from], &[to]);
        let remote = Some(Remote { rtp: address, rtcp: address });
        let voice = Some(if side == Side::A { Voice::new(Codec::G711(Law::Pcmu), 0) } else { Voice::new(codec, 8) });
        session.set_up(
            side,
            &LegSetup { remote, routes, voice, tones: voice, answered: true, ..LegSetup::default() },
            now,
        );
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
            let verdict = session.receive(Side::A, source, at, black_box(&mut packet), 172);
            assert!(matches!(verdict, Verdict::Forward { .. }));
        }
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn converting_with_loss_allocates_nothing_once_it_has_begun() {
    for codec in [
        Codec::G722,
        Codec::G726(g726::Rate::Kbit32, g726::Packing::Rfc3551),
        Codec::Ilbc(ilbc::Mode::Ms20),
        Codec::Opus(opus::Parameters::default()),
        Codec::Speex(speex::Band::Wide),
    ] {
        let now = start();
        let (mut session, source) = session_with(codec, now);
        let (mut packet, mut out, mut said) = ([0x55; 172], [0; OUTPUT_LEN], 0);
        let mut hear = |sequence: u16| {
            let timestamp = u32::from(sequence) * 160;
            Fields { marker: false, payload_type: 0, sequence, timestamp, ssrc: 3 }.write(&mut packet);
            let at = now + Duration::from_millis(20) * u32::from(sequence);
            assert_eq!(session.receive(Side::A, source, at, black_box(&mut packet), 172), Verdict::Taken);
            while let Output::Rtp { .. } = session.poll(at, &mut out) {
                said += 1;
            }
        };
        hear(0);
        let counted = allocation_counter::measure(|| (1..200).filter(|sequence| sequence % 20 > 0).for_each(&mut hear));
        assert_eq!(counted.count_total, 0, "{codec:?}");
        assert!(said >= 198, "{codec:?}: {said}");
    }
}

#[test]
fn reports_and_tones_allocate_nothing() {
    let now = start();
    let (mut session, source) = session(now);
    session.play(Side::B, Some(Program::Tone(Tone::ring_back(Plan::Uk))), now);
    let mut out = [0; OUTPUT_LEN];
    let (mut at, mut sent) = (now, 0);
    let counted = allocation_counter::measure(|| {
        while at < now + Duration::from_secs(20) {
            match session.poll(at, &mut out) {
                Output::Wait(next) => at = next.unwrap_or(at + Duration::from_secs(20)),
                Output::Rtcp { len, .. } => {
                    session.receive_rtcp(Side::A, source, at, &mut out[..len]);
                }
                Output::Rtp { .. } | Output::Event(_) => sent += 1,
            }
        }
    });
    assert!(sent >= 1000);
    assert_eq!(counted.count_total, 0);
}

#[test]
fn music_for_a_hundred_listeners_allocates_nothing_once_they_have_come() {
    for codec in [Codec::G711(Law::Pcma), Codec::G722, Codec::Opus(opus::Parameters::default())] {
        let now = start();
        let mut sessions: Vec<Session> = (0..100).map(|_| session_with(codec, now).0).collect();
        let mut stations = Stations::default();
        for (number, session) in (0..).zip(&mut sessions) {
            session.play(Side::B, Some(Program::Music(Class::new("default"))), now);
            stations.tune(number, None, session.tuned(Side::B).as_ref(), now);
        }
        let (mut out, mut sent) = ([0; OUTPUT_LEN], 0);
        let counted = allocation_counter::measure(|| {
            for _ in 0..50 {
                let Some(at) = stations.next_timeout() else { break };
                while let Some(station) = stations.next_due(at) {
                    station.hear(black_box(&[1000; FRAME]), |number: usize, packet| {
                        let session = sessions.get_mut(number);
                        sent += usize::from(
                            session.is_some_and(|it| it.broadcast(Side::B, packet, at, &mut out).is_some()),
                        );
                    });
                }
            }
        });
        assert_eq!((counted.count_total, sent), (0, 5000), "{codec:?}");
    }
}
