//! What we encode is what ffmpeg decodes, and the reverse. It has decoders of its own for what libraries decode here.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "what is wrong here fails the test")]

mod ilbc;
mod ogg;
mod opus;
#[path = "../sound/mod.rs"]
mod sound;
mod speex;

use std::io::Write;

/// Runs ffmpeg with these arguments from `input` to what it answers.
#[expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "another implementation is a program")]
fn ffmpeg(arguments: &str, input: &[u8]) -> Vec<u8> {
    use std::process::{Command, Stdio};
    let mut running = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error"])
        .args(arguments.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ffmpeg, which scripts/need.sh test installs");
    // One of both directions always fits into a pipe, so nobody waits for the other.
    running.stdin.take().expect("piped").write_all(input).expect("read by ffmpeg");
    let output = running.wait_with_output().expect("ended");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "ffmpeg {arguments}: {said}");
    output.stdout
}

/// What ffmpeg's encoder makes of a sound, as payloads; `with` names it and its options.
fn encoded_by_ffmpeg(with: &str, rate_hz: u32, sound: &[i16]) -> Vec<Vec<u8>> {
    let bytes: Vec<u8> = sound.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let arguments = format!("-f s16le -ar {rate_hz} -ac 1 -i pipe:0 -c:a {with} -f ogg pipe:1");
    ogg::read(&ffmpeg(&arguments, &bytes)).split_off(2)
}

/// What ffmpeg's own decoder makes of an Ogg stream, at this rate.
fn decoded_by_ffmpeg(decoder: &str, rate_hz: u32, stream: &[u8]) -> Vec<i16> {
    let arguments = format!("-c:a {decoder} -f ogg -i pipe:0 -f s16le -ar {rate_hz} -ac 1 pipe:1");
    ffmpeg(&arguments, stream).chunks_exact(2).map(|sample| i16::from_le_bytes([sample[0], sample[1]])).collect()
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
