//! Speex from samples to samples: both bands, several frames in a payload, lost ones, and bytes that are no Speex.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "what is wrong here fails the test")]

#[path = "../../codec/tests/sound/mod.rs"]
mod sound;

use proptest::prelude::*;
use sound::{amplitude, loudness, tone};
use warden_speex::{Band, Decoder, Encoder};

const BANDS: [Band; 2] = [Band::Narrow, Band::Wide];

fn payloads(encoder: &mut Encoder, band: Band, frames: usize, sound: &[i16]) -> Vec<Vec<u8>> {
    let mut room = [0; 700];
    let packets = sound.chunks_exact(frames * band.frame_len());
    packets.map(|packet| encoder.encode(packet, &mut room).map(|len| room[..len].to_vec()).expect("encoded")).collect()
}

fn usual_payloads(band: Band, sound: &[i16]) -> Vec<Vec<u8>> {
    payloads(&mut Encoder::new(band).expect("made"), band, 1, sound)
}

fn decode(decoder: &mut Decoder, payload: &[u8]) -> Vec<i16> {
    let mut samples = vec![0; 3000];
    let count = decoder.decode(payload, &mut samples).expect("decoded");
    samples.truncate(count);
    samples
}

#[test]
fn a_tone_keeps_its_pitch_and_level_in_both_bands_at_every_quality() {
    for band in BANDS {
        let rate_hz = band.sample_rate_hz();
        let sound = tone(rate_hz, 500.0, 8000.0, rate_hz as usize * 2);
        for quality in 3..=10 {
            let mut encoder = Encoder::with_quality(band, quality).expect("made");
            let mut decoder = Decoder::new(band).expect("made");
            let payloads = payloads(&mut encoder, band, 1, &sound);
            let heard: Vec<_> = payloads.iter().flat_map(|payload| decode(&mut decoder, payload)).collect();
            assert_eq!(heard.len(), sound.len());
            let level = amplitude(rate_hz, 500.0, &heard[heard.len() / 2..]);
            assert!((6000.0..10_000.0).contains(&level), "{band:?}, quality {quality}: {level}");
        }
    }
}

#[test]
fn several_frames_in_a_payload_are_the_same_sound() {
    for band in BANDS {
        let sound = sound::speech(band.sample_rate_hz(), band.frame_len() * 60);
        let mut heard = (1..=6).map(|frames| {
            let (mut encoder, mut decoder) = (Encoder::new(band).expect("made"), Decoder::new(band).expect("made"));
            let payloads = payloads(&mut encoder, band, frames, &sound);
            payloads.iter().flat_map(|payload| decode(&mut decoder, payload)).collect::<Vec<_>>()
        });
        let one = heard.next().expect("one frame each");
        assert!(one.len() == sound.len() && heard.all(|other| other == one), "{band:?}");
    }
}

#[test]
fn payloads_have_the_bitrate_of_their_quality() {
    // The manual of libspeex, tables 9.2 and 10.1, at 20 ms.
    for (band, quality, bits) in [
        (Band::Narrow, 0, 43_usize),
        (Band::Narrow, 4, 160),
        (Band::Narrow, 8, 300),
        (Band::Narrow, 10, 492),
        (Band::Wide, 8, 556),
        (Band::Wide, 10, 844),
    ] {
        let mut encoder = Encoder::with_quality(band, quality).expect("made");
        let sound = sound::speech(band.sample_rate_hz(), band.frame_len() * 50);
        let lengths: Vec<_> = payloads(&mut encoder, band, 1, &sound).iter().map(Vec::len).collect();
        assert!(lengths.iter().all(|length| *length == bits.div_ceil(8)), "{band:?} {quality}: {lengths:?}");
    }
}

#[test]
fn each_band_hears_the_other_one() {
    for (from, to) in [(Band::Narrow, Band::Wide), (Band::Wide, Band::Narrow)] {
        let sound = tone(from.sample_rate_hz(), 500.0, 8000.0, from.frame_len() * 50);
        let mut decoder = Decoder::new(to).expect("made");
        let heard: Vec<_> =
            usual_payloads(from, &sound).iter().flat_map(|payload| decode(&mut decoder, payload)).collect();
        assert_eq!(heard.len(), to.frame_len() * 50);
        let level = amplitude(to.sample_rate_hz(), 500.0, &heard[heard.len() / 2..]);
        assert!((5500.0..10_000.0).contains(&level), "{from:?} to {to:?}: {level}");
    }
}

/// One after the other, filled up with a 0 and with 1.
fn bits_to_bytes(pieces: [&[u8]; 3]) -> Vec<u8> {
    let mut bits = pieces.concat();
    bits.push(0);
    bits.resize(bits.len().next_multiple_of(8), 1);
    bits.chunks(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect()
}

#[test]
fn what_stands_between_frames_changes_no_sound() {
    let sound = sound::speech(8000, 160 * 30);
    let mut encoder = Encoder::with_quality(Band::Narrow, 4).expect("made");
    // Two layers that are silent, a message of 4 bits, and one of a byte that users may make.
    for between in ["1000", "10001000", "0111001101111", "0110100011111111111111"] {
        let between: Vec<_> = between.bytes().map(|digit| digit - b'0').collect();
        for band in BANDS {
            let (mut plain, mut filled) = (Decoder::new(band).expect("made"), Decoder::new(band).expect("made"));
            for payload in payloads(&mut encoder, Band::Narrow, 2, &sound) {
                let bits: Vec<_> = payload.iter().flat_map(|byte| (0..8).map(move |at| byte >> (7 - at) & 1)).collect();
                let (one, other) = bits.split_at(160);
                let with_more = bits_to_bytes([one, &between, other]);
                assert_eq!(decode(&mut filled, &with_more), decode(&mut plain, &payload), "{band:?}: {between:?}");
            }
        }
    }
}

#[test]
fn a_lost_frame_sounds_like_the_one_before_and_a_long_loss_fades() {
    for band in BANDS {
        let sound = tone(band.sample_rate_hz(), 400.0, 8000.0, band.frame_len() * 50);
        let mut decoder = Decoder::new(band).expect("made");
        for payload in usual_payloads(band, &sound) {
            decode(&mut decoder, &payload);
        }
        let mut lost = vec![99; band.frame_len() * 100 + 5];
        decoder.conceal(&mut lost);
        let first = amplitude(band.sample_rate_hz(), 400.0, &lost[..band.frame_len()]);
        assert!(first > 3000.0, "{band:?}: {first}");
        assert!(loudness(&lost[band.frame_len() * 50..]) < 20.0, "{band:?}");
    }
}

#[test]
fn a_pause_of_another_sender_is_as_quiet_as_what_was_before() {
    for band in BANDS {
        let mut decoder = Decoder::new(band).expect("made");
        for payload in usual_payloads(band, &tone(band.sample_rate_hz(), 300.0, 100.0, band.frame_len() * 20)) {
            decode(&mut decoder, &payload);
        }
        // Submode 0, then a 0 and 1 to the end of the byte.
        let heard: Vec<_> = (0..50).flat_map(|_| decode(&mut decoder, &[0b0000_0011])).collect();
        assert_eq!(heard.len(), band.frame_len() * 50);
        let level = loudness(&heard[band.frame_len() * 25..]);
        assert!(level < 200.0, "{band:?}: {level}");
    }
}

#[test]
fn no_frame_and_no_room_are_refused_and_change_nothing() {
    let sound = sound::speech(8000, 8000);
    let (mut one, mut other) = (Encoder::new(Band::Narrow).expect("made"), Encoder::new(Band::Narrow).expect("made"));
    let (mut room, mut other_room) = ([0; 38], [0; 38]);
    for frame in sound.chunks_exact(160) {
        for len in [0, 1, 159] {
            assert_eq!(one.encode(&frame[..len], &mut room), None);
        }
        assert_eq!(one.encode(&sound[..1120], &mut [0; 700]), None, "seven frames");
        assert_eq!(one.encode(frame, &mut room[..37]), None);
        assert_eq!(one.encode(frame, &mut room), other.encode(frame, &mut other_room));
        assert_eq!(room, other_room);
    }
    let mut decoder = Decoder::new(Band::Narrow).expect("made");
    assert_eq!(decoder.decode(&room, &mut [0; 159]), None);
    assert_eq!(decoder.decode(&[], &mut [0; 160]), None);
    assert_eq!(decoder.decode(&vec![0; 1501], &mut vec![0; 1_000_000]), None, "longer than any packet");
}

#[test]
fn once_made_nothing_is_allocated() {
    for band in BANDS {
        let sound = sound::speech(band.sample_rate_hz(), band.frame_len() * 50);
        let (mut encoder, mut decoder) = (Encoder::new(band).expect("made"), Decoder::new(band).expect("made"));
        let (mut payload, mut samples) = ([0; 200], [0; 320]);
        let counted = allocation_counter::measure(|| {
            for frame in sound.chunks_exact(band.frame_len()) {
                let len = encoder.encode(frame, &mut payload).expect("encoded");
                decoder.decode(&payload[..len], &mut samples).expect("decoded");
                decoder.conceal(&mut samples);
            }
        });
        assert_eq!(counted.count_total, 0);
    }
}

/// Bytes, and payloads of ours of which some bytes are others.
fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    let ours = usual_payloads(Band::Wide, &sound::speech(16_000, 16_000));
    let damaged =
        (0..50_usize, prop::collection::vec((0..70_usize, any::<u8>()), 0..4)).prop_map(move |(at, changes)| {
            let mut payload = ours[at].clone();
            for (at, byte) in changes {
                payload[at] = byte;
            }
            payload
        });
    // A first byte below 72 begins a frame.
    let frame_first = (0..72_u8, prop::collection::vec(any::<u8>(), 0..120))
        .prop_map(|(first, rest)| [first].into_iter().chain(rest).collect());
    prop_oneof![prop::collection::vec(any::<u8>(), 0..300), frame_first, damaged]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_comes_is_decoded_or_refused(
        band in prop::sample::select(BANDS.to_vec()),
        came in prop::collection::vec((any_payload(), any::<bool>(), 0..6000_usize), 1..12),
    ) {
        let (mut decoder, mut samples) = (Decoder::new(band).expect("made"), vec![0; 6000]);
        for (payload, lost, room) in came {
            if lost {
                decoder.conceal(&mut samples[..room]);
            } else if let Some(count) = decoder.decode(&payload, &mut samples[..room]) {
                prop_assert!(count <= room && count % band.frame_len() == 0 && count > 0);
            }
        }
    }

    #[test]
    fn whatever_sounds_is_encoded_and_decoded(sound in sound::any_sound(1600), quality in 0..=10_u8) {
        for band in BANDS {
            let mut encoder = Encoder::with_quality(band, quality).expect("made");
            let mut decoder = Decoder::new(band).expect("made");
            for payload in payloads(&mut encoder, band, 1, &sound) {
                prop_assert_eq!(decode(&mut decoder, &payload).len(), band.frame_len());
            }
        }
    }

    #[test]
    fn a_payload_that_is_refused_leaves_no_trace(refused in any_payload()) {
        let (mut one, mut other) = (Decoder::new(Band::Wide).expect("made"), Decoder::new(Band::Wide).expect("made"));
        for payload in usual_payloads(Band::Wide, &sound::speech(16_000, 3200)) {
            let mut samples = vec![0; 320 * 500];
            // One that is good is refused for want of room.
            let good = Decoder::new(Band::Wide).expect("made").decode(&refused, &mut samples).is_some();
            let room = if good { 0 } else { samples.len() };
            prop_assert_eq!(one.decode(&refused, &mut samples[..room]), None);
            prop_assert_eq!(decode(&mut one, &payload), decode(&mut other, &payload));
        }
    }
}
