//! G.729 is what ffmpeg, which has a decoder of its own, takes it for.

#![cfg(test)]

#[path = "programs/mod.rs"]
mod programs;
#[path = "sound/mod.rs"]
mod sound;

use programs::{ffmpeg, samples};
use sound::{amplitude, loudness, speech, tone};
use warden_codec::{Codec, Decoder, Encoder};

const RATE_HZ: u32 = 8000;

fn encoded(sound: &[i16]) -> Vec<u8> {
    let (mut encoder, mut room) = (Encoder::new(Codec::G729, RATE_HZ).unwrap(), [0; 20]);
    let payload = |packet| encoder.encode(packet, &mut room).map(|len| room[..len].to_vec()).unwrap();
    sound.chunks_exact(160).flat_map(payload).collect()
}

fn heard_by_ffmpeg(stream: &[u8]) -> Vec<i16> {
    samples(&ffmpeg(stream, "-f g729", "-f s16le -ar 8000 -ac 1"))
}

fn heard_by_us(stream: &[u8]) -> Vec<i16> {
    let mut decoder = Decoder::new(Codec::G729, RATE_HZ).unwrap();
    let mut samples = [0; 160];
    let frames = stream.chunks_exact(20);
    frames
        .flat_map(|payload| decoder.decode(payload, &mut samples).map(|count| samples[..count].to_vec()).unwrap())
        .collect()
}

#[test]
fn a_tone_is_heard_by_ffmpeg_at_its_pitch_and_level() {
    let heard = heard_by_ffmpeg(&encoded(&tone(RATE_HZ, 700.0, 8000.0, 16_000)));
    let level = amplitude(RATE_HZ, 700.0, &heard[4000..12_000]);
    assert!((6400.0..9600.0).contains(&level), "{level}");
}

#[test]
fn ffmpeg_hears_in_speech_what_we_hear() {
    let stream = encoded(&speech(RATE_HZ, 160 * 200));
    let (ours, theirs) = (heard_by_us(&stream), heard_by_ffmpeg(&stream));
    assert_eq!(ours.len(), theirs.len());
    let difference: Vec<_> = ours.iter().zip(&theirs).map(|(one, other)| one.saturating_sub(*other)).collect();
    let share = loudness(&difference) / loudness(&ours);
    assert!(share < 0.25, "{share}");
}
