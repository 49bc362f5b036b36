//! G.729 from samples to samples: several frames in a payload, lost ones, frames of noise, and bytes that are no G.729.

#![cfg(feature = "native")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is wrong here fails the test")]

#[path = "../../codec/tests/sound/mod.rs"]
mod sound;

use proptest::prelude::*;
use sound::{amplitude, loudness, speech, tone};
use warden_g729::{Decoder, Encoder, FRAME_LEN, IS_BUILT_IN};

const RATE_HZ: u32 = 8000;

fn payloads(frames: usize, sound: &[i16]) -> Vec<Vec<u8>> {
    let (mut encoder, mut room) = (Encoder::new().unwrap(), [0; 300]);
    let packets = sound.chunks_exact(frames * FRAME_LEN);
    packets.map(|packet| encoder.encode(packet, &mut room).map(|len| room[..len].to_vec()).unwrap()).collect()
}

fn decode(decoder: &mut Decoder, payload: &[u8]) -> Vec<i16> {
    let mut samples = vec![0; 3000];
    let count = decoder.decode(payload, &mut samples).unwrap();
    samples.truncate(count);
    samples
}

#[test]
fn a_tone_keeps_its_pitch_and_level() {
    const { assert!(IS_BUILT_IN) };
    let sound = tone(RATE_HZ, 500.0, 8000.0, 16_000);
    let mut decoder = Decoder::new().unwrap();
    let heard: Vec<_> = payloads(2, &sound).iter().flat_map(|payload| decode(&mut decoder, payload)).collect();
    assert_eq!(heard.len(), sound.len());
    let level = amplitude(RATE_HZ, 500.0, &heard[8000..]);
    assert!((6000.0..10_000.0).contains(&level), "{level}");
}

#[test]
fn several_frames_in_a_payload_are_the_same_sound_and_have_ten_bytes_each() {
    let sound = speech(RATE_HZ, FRAME_LEN * 120);
    let mut heard = [1, 2, 3, 6].map(|frames| {
        let payloads = payloads(frames, &sound);
        assert!(payloads.iter().all(|payload| payload.len() == frames * 10));
        let mut decoder = Decoder::new().unwrap();
        payloads.iter().flat_map(|payload| decode(&mut decoder, payload)).collect::<Vec<_>>()
    });
    assert!(heard[0].len() == sound.len() && loudness(&heard[0]) > loudness(&sound) * 0.7);
    heard.sort();
    assert_eq!(heard[0], heard[3]);
}

#[test]
fn what_is_lost_is_made_up_and_fades() {
    let sound = tone(RATE_HZ, 400.0, 8000.0, 8000);
    let mut decoder = Decoder::new().unwrap();
    for payload in payloads(2, &sound) {
        decode(&mut decoder, &payload);
    }
    let mut made_up = [1; 160 * 10 + 5];
    decoder.conceal(&mut made_up);
    let (first, last) = (loudness(&made_up[..160]), loudness(&made_up[160 * 9..]));
    assert!(first > 2000.0 && last < first / 4.0, "{first} {last}");
    assert_eq!(made_up[1600..], [0; 5]);
}

#[test]
fn a_frame_of_noise_ends_a_payload_or_is_alone() {
    let mut decoder = Decoder::new().unwrap();
    let payload = payloads(2, &speech(RATE_HZ, 160)).remove(0);
    let with_noise = [&payload[..], &[0x4a, 0x2c]].concat();
    assert_eq!(decode(&mut decoder, &with_noise).len(), 240);
    assert_eq!(decode(&mut decoder, &[0x4a, 0x2c]).len(), 80);
    let mut samples = [0; 3000];
    for wrong in [0, 1, 3, 9, 11, 19, 241, 250] {
        assert_eq!(decoder.decode(&vec![0; wrong], &mut samples), None, "{wrong} bytes");
    }
    assert_eq!(decoder.decode(&payload, &mut samples[..159]), None);
}

#[test]
fn what_cannot_be_encoded_is_refused() {
    let (mut encoder, mut room) = (Encoder::new().unwrap(), [0; 300]);
    for wrong in [0, 79, 81, FRAME_LEN * 25] {
        assert_eq!(encoder.encode(&vec![0; wrong], &mut room), None, "{wrong} samples");
    }
    assert_eq!(encoder.encode(&[0; 160], &mut room[..19]), None);
}

proptest! {
    #[test]
    fn any_bytes_give_whole_frames_or_nothing(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..40)) {
        let (mut decoder, mut samples) = (Decoder::new().unwrap(), [0; 3000]);
        for payload in payloads {
            let count = decoder.decode(&payload, &mut samples);
            prop_assert!(count.is_none_or(|count| count % FRAME_LEN == 0 && count > 0));
            decoder.conceal(&mut samples[..160]);
        }
    }
}
