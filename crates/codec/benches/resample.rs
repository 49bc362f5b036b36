//! How long 20 ms take from one rate to another, and how long it takes to make what does it.

#![expect(clippy::expect_used, reason = "what is wrong here fails the benchmark")]

#[path = "../tests/sound/mod.rs"]
mod sound;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use warden_codec::resample::Resampler;

fn resample(criterion: &mut Criterion) {
    for (from_hz, to_hz) in [(8000, 16_000), (16_000, 8000), (8000, 48_000), (48_000, 8000), (32_000, 24_000)] {
        let mut resampler = Resampler::new(from_hz, to_hz).expect("made");
        let speech = sound::speech(from_hz, from_hz as usize);
        let mut frames = speech.chunks_exact(from_hz as usize / 50).cycle();
        let mut out = [0; 960];
        criterion.bench_function(&format!("resample/{from_hz}_to_{to_hz}"), |bencher| {
            bencher.iter(|| resampler.resample(black_box(frames.next().expect("endless")), &mut out));
        });
    }
    criterion.bench_function("resample/make", |bencher| bencher.iter(|| Resampler::new(black_box(8000), 16_000)));
}

criterion_group!(benches, resample);
criterion_main!(benches);
