//! How long it takes to parse a usual INVITE and to read what matching needs.

#![expect(clippy::expect_used, reason = "the message is known to be valid")]

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use warden_sip::framer::StreamFramer;
use warden_sip::message::Message;

const INVITE: &[u8] = include_bytes!("../testdata/messages/invite.sip");

fn parse(criterion: &mut Criterion) {
    let invite = Bytes::from_static(INVITE);
    let mut group = criterion.benchmark_group("invite");
    group.throughput(Throughput::Bytes(INVITE.len() as u64));
    group.bench_function("parse", |bencher| bencher.iter(|| Message::parse(black_box(&invite).clone())));
    let message = Message::parse(invite.clone()).expect("valid");
    group.bench_function("read_addresses", |bencher| {
        bencher.iter(|| {
            let message = black_box(&message);
            let uris = [message.from(), message.to()].map(|address| address.is_ok_and(|it| it.uri().is_ok()));
            (message.via(), message.request_uri(), uris)
        });
    });
    group.bench_function("frame", |bencher| {
        let mut framer = StreamFramer::new();
        bencher.iter(|| {
            framer.push(black_box(INVITE));
            framer.next_frame()
        });
    });
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
