//! How long it takes to read a usual offer of eight codecs, to answer it, and to read the answer to ours.

#![expect(clippy::expect_used, reason = "the descriptions are known to be valid")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use warden_sdp::codec::{Codec, Encoding, Format};
use warden_sdp::description::Description;
use warden_sdp::{Direction, Endpoint, LocalMedia, Order, Stamp, answer, offer, read_answer};

const OFFER: &[u8] = include_bytes!("../testdata/phones/grandstream_gxp2170.sdp");
const STAMP: Stamp = Stamp { session_id: 7, version: 1 };

fn local() -> LocalMedia {
    let codecs = [
        (9, Codec::narrow(Encoding::G722)),
        (8, Codec::narrow(Encoding::Pcma)),
        (0, Codec::narrow(Encoding::Pcmu)),
        (107, Codec::opus().with_fmtp("useinbandfec=1")),
        (101, Codec::telephone_event(8000)),
    ];
    LocalMedia {
        endpoint: Endpoint { address: [192, 0, 2, 200].into(), rtp_port: 10_000, rtcp_port: 10_001, rtcp_mux: false },
        direction: Direction::SendRecv,
        ptime_ms: Some(20),
        codecs: codecs.map(|(number, codec)| Format::new(number, codec)).into(),
        fax: None,
    }
}

fn descriptions(criterion: &mut Criterion) {
    let (theirs, local) = (Description::parse(OFFER).expect("valid"), local());
    let ours = offer(&local, STAMP);
    let mut group = criterion.benchmark_group("sdp");
    group.bench_function("answer", |bencher| {
        bencher.iter(|| answer(black_box(&theirs), &local, Order::Ours, STAMP));
    });
    group.bench_function("offer", |bencher| bencher.iter(|| offer(black_box(&local), STAMP)));
    group.bench_function("read_answer", |bencher| bencher.iter(|| read_answer(black_box(&ours), &theirs)));
    group.throughput(Throughput::Bytes(OFFER.len() as u64));
    group.bench_function("parse", |bencher| bencher.iter(|| Description::parse(black_box(OFFER))));
    group.finish();
}

criterion_group!(benches, descriptions);
criterion_main!(benches);
