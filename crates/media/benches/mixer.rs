//! How long a room takes for 20 ms, by how many are in it; and what a jitter buffer takes of each of them. Coding is not
//! counted.

#![expect(clippy::expect_used, reason = "what is wrong here fails the benchmark")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use warden_codec::Codec;
use warden_codec::g711::Law;
use warden_media::jitter::{Content, JitterBuffer, Packet};
use warden_media::mixer::{Mixer, Place};

fn mixer(criterion: &mut Criterion) {
    for rate_hz in [8000, 16_000, 48_000] {
        let frame: Vec<i16> =
            (0..20).chain((0..20).rev()).cycle().map(|at| at * 100).take(rate_hz as usize / 50).collect();
        for count in [10, 50, 100] {
            let mut mixer = Mixer::new(rate_hz, count).expect("a rate");
            let places: Vec<Place> = std::iter::from_fn(|| mixer.join()).collect();
            criterion.bench_function(&format!("mixer/{count}_at_{rate_hz}"), |bencher| {
                bencher.iter(|| {
                    for place in &places {
                        mixer.hear(*place, black_box(&frame));
                    }
                    mixer.mix();
                    while mixer.poll().is_some() {}
                    places.first().map(|place| mixer.heard(*place).frame().len())
                });
            });
        }
    }
}

fn jitter(criterion: &mut Criterion) {
    #[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
    let mut now = Instant::now();
    let mut buffer = JitterBuffer::new(Codec::G711(Law::Pcma), 8000).expect("a rate");
    let (mut number, mut frame) = (0u32, [0; 160]);
    criterion.bench_function("jitter/pcma", |bencher| {
        bencher.iter(|| {
            now += Duration::from_millis(20);
            number = number.wrapping_add(1);
            let content = Content::Sound(black_box(&[0x55; 160]));
            let timestamp = number.wrapping_mul(160);
            buffer.put(now, Packet { epoch: 1, extended: 70_000 + u64::from(number), timestamp, content });
            buffer.pull(now, &mut frame)
        });
    });
}

criterion_group!(benches, mixer, jitter);
criterion_main!(benches);
