//! How long a frame of iLBC takes, of something like speech.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use warden_codec::ilbc::{Decoder, Encoder, Mode};

/// Two seconds of a voice-like sum of tones with noise, so that no branch is always taken the same way.
fn sound() -> Vec<i16> {
    let mut noise = 1u32;
    let made = (0..16_000).map(|n| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let at = f64::from(n) / 8000. * std::f64::consts::TAU;
        let voice: f64 = (1..=20).map(|k| (f64::from(k) * 137. * at).sin() / f64::from(k)).sum();
        let level = 5000. * voice * (2. * at).sin() + f64::from(noise >> 22);
        #[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
        let sample = level as i16;
        sample
    });
    made.collect()
}

fn both(criterion: &mut Criterion, mode: Mode, name: &str) {
    let mut sound = sound();
    sound.truncate(sound.len() / mode.samples() * mode.samples());
    let mut payloads = vec![0; sound.len() / mode.samples() * mode.bytes()];
    Encoder::new(mode).encode(&sound, &mut payloads);

    let (mut encoder, mut frames, mut payload) =
        (Encoder::new(mode), sound.chunks_exact(mode.samples()).cycle(), [0; 50]);
    criterion.bench_function(&format!("ilbc/encode_{name}"), |bencher| {
        bencher.iter(|| encoder.encode(frames.next().unwrap_or_default(), black_box(&mut payload)));
    });
    let (mut decoder, mut frames, mut samples) =
        (Decoder::new(mode), payloads.chunks_exact(mode.bytes()).cycle(), [0; 240]);
    criterion.bench_function(&format!("ilbc/decode_{name}"), |bencher| {
        bencher.iter(|| decoder.decode(frames.next().unwrap_or_default(), black_box(&mut samples)));
    });
    let lost = samples.split_at_mut(mode.samples()).0;
    criterion.bench_function(&format!("ilbc/conceal_{name}"), |bencher| {
        bencher.iter(|| decoder.conceal(black_box(lost)));
    });
}

fn frames(criterion: &mut Criterion) {
    both(criterion, Mode::Ms20, "20_ms");
    both(criterion, Mode::Ms30, "30_ms");
}

criterion_group!(benches, frames);
criterion_main!(benches);
