//! How long a packet takes from one leg to the other, without its sockets.

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use warden_codec::g711::Law;
use warden_media::dtmf::DigitSetup;
use warden_media::relay::{Leg, LegSetup, Payload, Remote, Routes, Session, Side};
use warden_media::rtp::Fields;
use warden_media::tone::{Generator, Plan, Tone};

fn session(now: Instant, from: Payload, to: Payload, listens: bool, source: SocketAddr) -> Session {
    let mut session = Session::new(Leg::new(1, now, Duration::ZERO), Leg::new(2, now, Duration::ZERO));
    for (side, from, to) in [(Side::A, from, to), (Side::B, to, from)] {
        let routes = Routes::between(&[from], &[to]);
        let remote = Some(Remote { rtp: source, rtcp: source });
        let digits = DigitSetup { listens, mutes: listens, ..DigitSetup::default() };
        session.set_up(side, &LegSetup { remote, routes, digits, answered: true, ..LegSetup::default() }, now);
    }
    session
}

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn relay(criterion: &mut Criterion) {
    let (start, source) = (Instant::now(), SocketAddr::from(([192, 0, 2, 1], 4000)));
    let mut group = criterion.benchmark_group("relay");
    group.throughput(Throughput::Elements(1));
    for (name, to, listens) in [
        ("same_codec", Payload::PCMU, false),
        ("pcmu_to_pcma", Payload::PCMA, false),
        ("listening_for_tones", Payload::PCMU, true),
    ] {
        let mut session = session(start, Payload::PCMU, to, listens, source);
        let (mut packet, mut sequence, mut now, mut timestamp) = ([0x55; 172], 0u16, start, 0u32);
        // As loud as speech, and never the same for long.
        packet.iter_mut().enumerate().for_each(|(at, byte)| *byte = u8::try_from(at * at % 128).unwrap_or(0) | 0x80);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                (sequence, timestamp) = (sequence.wrapping_add(1), timestamp.wrapping_add(160));
                now += Duration::from_millis(20);
                Fields { marker: false, payload_type: 0, sequence, timestamp, ssrc: 3 }.write(&mut packet);
                session.receive(Side::A, source, now, black_box(&mut packet), 172)
            });
        });
    }
    group.finish();
}

fn tone(criterion: &mut Criterion) {
    let mut generator = Generator::new(Tone::ring_back(Plan::Us));
    let mut frame = [0; 160];
    criterion.bench_function("tone/frame", |bencher| {
        bencher.iter(|| {
            generator.next_frame(&mut frame);
            frame.map(|sample| Law::Pcmu.encode(sample))
        });
    });
}

criterion_group!(benches, relay, tone);
criterion_main!(benches);
