//! How long Speex takes for 20 ms.

#![expect(clippy::expect_used, reason = "what is wrong here fails the benchmark")]

#[path = "../../codec/tests/sound/mod.rs"]
mod sound;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use warden_speex::{Band, Decoder, Encoder};

fn speex(criterion: &mut Criterion) {
    for band in [Band::Narrow, Band::Wide] {
        let speech = sound::speech(band.sample_rate_hz(), band.frame_len() * 1500);
        let (mut encoder, mut payload) = (Encoder::new(band).expect("made"), [0; 200]);
        let mut frames = speech.chunks_exact(band.frame_len()).cycle();
        criterion.bench_function(&format!("speex/encode/{}", band.sample_rate_hz()), |bencher| {
            bencher.iter(|| encoder.encode(black_box(frames.next().expect("endless")), &mut payload));
        });
        let payloads = frames.by_ref().take(1500).map(|frame| {
            let len = encoder.encode(frame, &mut payload).expect("encoded");
            payload.get(..len).expect("written").to_vec()
        });
        let payloads: Vec<_> = payloads.collect();
        let (mut decoder, mut samples) = (Decoder::new(band).expect("made"), [0; 320]);
        let mut payloads = payloads.iter().cycle();
        criterion.bench_function(&format!("speex/decode/{}", band.sample_rate_hz()), |bencher| {
            bencher.iter(|| decoder.decode(black_box(payloads.next().expect("endless")), &mut samples));
        });
    }
}

criterion_group!(benches, speex);
criterion_main!(benches);
