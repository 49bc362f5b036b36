//! What we encode is what ffmpeg decodes, and the reverse. It has decoders of its own for what libraries decode here.

#![cfg(test)]

mod ilbc;
mod ogg;
mod opus;
#[path = "../programs/mod.rs"]
mod programs;
#[path = "../sound/mod.rs"]
mod sound;
mod speex;

use programs::{bytes, ffmpeg, samples};

/// What ffmpeg's encoder makes of a sound, as payloads; `with` names it and its options.
fn encoded_by_ffmpeg(with: &str, rate_hz: u32, sound: &[i16]) -> Vec<Vec<u8>> {
    let stream = ffmpeg(&bytes(sound), &format!("-f s16le -ar {rate_hz} -ac 1"), &format!("-c:a {with} -f ogg"));
    ogg::read(&stream).split_off(2)
}

/// What ffmpeg's own decoder makes of an Ogg stream, at this rate.
fn decoded_by_ffmpeg(decoder: &str, rate_hz: u32, stream: &[u8]) -> Vec<i16> {
    samples(&ffmpeg(stream, &format!("-c:a {decoder} -f ogg"), &format!("-f s16le -ar {rate_hz} -ac 1")))
}

/// A tone of this pitch is all there is in the middle of what was heard, and as loud as it was made.
fn assert_tone(case: &str, rate_hz: u32, pitch_hz: f64, heard: &[i16]) {
    let middle = &heard[heard.len() / 4..heard.len() * 3 / 4];
    let level = sound::amplitude(rate_hz, pitch_hz, middle);
    assert!((TONE_LEVEL * 0.8..TONE_LEVEL * 1.2).contains(&level), "{case}: level {level}");
    let loudness = sound::loudness(middle) * 2_f64.sqrt();
    assert!(loudness < level * 1.1, "{case}: {loudness} in all, {level} of it the tone");
}

const TONE_LEVEL: f64 = 8000.0;
