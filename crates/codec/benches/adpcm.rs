//! How long 20 ms of sound take, coded, decoded or made up.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use warden_codec::conceal::Concealer;
use warden_codec::{g722, g726};

/// Two seconds of a voice-like sum of tones with noise, so that no branch is always taken the same way.
fn sound(rate_hz: u32) -> Vec<i16> {
    let (mut noise, rate) = (1u32, f64::from(rate_hz));
    let made = (0..2 * rate_hz).map(|n| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let at = f64::from(n) / rate * std::f64::consts::TAU;
        let voice: f64 = (1..=20).map(|k| (f64::from(k) * 137.0 * at).sin() / f64::from(k)).sum();
        let level = 5000.0 * voice * (2.0 * at).sin() + f64::from(noise >> 22);
        #[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
        let sample = level as i16;
        sample
    });
    made.collect()
}

fn wideband(criterion: &mut Criterion) {
    let samples = sound(g722::SAMPLE_RATE_HZ);
    let mut payloads = vec![0; samples.len() / 2];
    g722::Encoder::new().encode(&samples, &mut payloads);

    let (mut encoder, mut frames, mut payload) = (g722::Encoder::new(), samples.chunks_exact(320).cycle(), [0; 160]);
    criterion.bench_function("g722/encode_20_ms", |bencher| {
        bencher.iter(|| encoder.encode(frames.next().unwrap_or_default(), black_box(&mut payload)));
    });
    let (mut decoder, mut frames, mut samples) = (g722::Decoder::new(), payloads.chunks_exact(160).cycle(), [0; 320]);
    criterion.bench_function("g722/decode_20_ms", |bencher| {
        bencher.iter(|| decoder.decode(frames.next().unwrap_or_default(), black_box(&mut samples)));
    });
}

fn narrowband(criterion: &mut Criterion) {
    let samples = sound(g726::SAMPLE_RATE_HZ);
    let (rate, packing) = (g726::Rate::Kbit32, g726::Packing::Rfc3551);
    let mut payloads = vec![0; samples.len() / 2];
    g726::Encoder::new(rate, packing).encode(&samples, &mut payloads);

    let mut encoder = g726::Encoder::new(rate, packing);
    let (mut frames, mut payload) = (samples.chunks_exact(160).cycle(), [0; 80]);
    criterion.bench_function("g726/encode_20_ms", |bencher| {
        bencher.iter(|| encoder.encode(frames.next().unwrap_or_default(), black_box(&mut payload)));
    });
    let mut decoder = g726::Decoder::new(rate, packing);
    let (mut frames, mut samples) = (payloads.chunks_exact(80).cycle(), [0; 160]);
    criterion.bench_function("g726/decode_20_ms", |bencher| {
        bencher.iter(|| decoder.decode(frames.next().unwrap_or_default(), black_box(&mut samples)));
    });
}

/// A frame that is lost after one that is not, with the search for its pitch and the join to what follows.
fn concealment(criterion: &mut Criterion) {
    for (name, rate_hz, len) in [("conceal/8_khz_gap", 8000, 160), ("conceal/16_khz_gap", 16_000, 320)] {
        let samples = sound(rate_hz);
        let (mut concealer, mut frames) = (Concealer::new(rate_hz), samples.chunks_exact(len).cycle());
        let mut frame = vec![0; len];
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                concealer.lost(black_box(&mut frame));
                frame.copy_from_slice(frames.next().unwrap_or_default());
                concealer.good(black_box(&mut frame));
            });
        });
    }
}

criterion_group!(benches, wideband, narrowband, concealment);
criterion_main!(benches);
