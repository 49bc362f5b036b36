//! How long Opus takes for 20 ms: each rate, what a coarse repetition costs, and what more or less effort costs.

#![expect(clippy::expect_used, reason = "what is wrong here fails the benchmark")]

#[path = "../tests/sound/mod.rs"]
mod sound;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use warden_codec::opus::{Decoder, Encoder, EncoderSettings, LARGEST_PAYLOAD};

/// Half a minute, so that every kind of sound has its share.
const FRAMES: usize = 1500;

fn encode(criterion: &mut Criterion, name: &str, settings: EncoderSettings) {
    let frame = settings.sample_rate_hz as usize / 50;
    let speech = sound::speech(settings.sample_rate_hz, FRAMES * frame);
    let mut encoder = Encoder::new(settings).expect("made");
    let (mut payload, mut frames) = ([0; LARGEST_PAYLOAD], speech.chunks_exact(frame).cycle());
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| encoder.encode(black_box(frames.next().expect("endless")), &mut payload));
    });
}

fn encoders(criterion: &mut Criterion) {
    for rate_hz in [8000, 16_000, 48_000] {
        encode(criterion, &format!("opus/encode/{rate_hz}"), EncoderSettings::new(rate_hz));
        let plain = EncoderSettings { fec: false, ..EncoderSettings::new(rate_hz) };
        encode(criterion, &format!("opus/encode/{rate_hz}/without_fec"), plain);
    }
    for complexity in [1, 5, 10] {
        for rate_hz in [8000, 16_000] {
            let settings = EncoderSettings { complexity, ..EncoderSettings::new(rate_hz) };
            encode(criterion, &format!("opus/encode/{rate_hz}/complexity_{complexity}"), settings);
        }
    }
}

fn decoders(criterion: &mut Criterion) {
    for rate_hz in [8000, 16_000, 48_000] {
        let frame = rate_hz as usize / 50;
        let speech = sound::speech(rate_hz, FRAMES * frame);
        let mut encoder = Encoder::new(EncoderSettings::new(rate_hz)).expect("made");
        let payloads: Vec<_> = speech
            .chunks_exact(frame)
            .map(|frame| {
                let mut payload = vec![0; LARGEST_PAYLOAD];
                let len = encoder.encode(frame, &mut payload).expect("encoded");
                payload.truncate(len);
                payload
            })
            .collect();
        let (mut decoder, mut samples) = (Decoder::new(rate_hz).expect("made"), vec![0; frame]);
        let mut payloads = payloads.iter().cycle();
        criterion.bench_function(&format!("opus/decode/{rate_hz}"), |bencher| {
            bencher.iter(|| decoder.decode(black_box(payloads.next().expect("endless")), &mut samples));
        });
    }
}

criterion_group!(benches, encoders, decoders);
criterion_main!(benches);
