//! Opus from samples to samples: every rate, lost packets, what a peer asks for, and bytes that are no Opus.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "what is wrong here fails the test")]

mod sound;

use proptest::prelude::*;
use sound::{amplitude, loudness, tone};
use warden_codec::opus::{Decoder, Encoder, EncoderSettings, LARGEST_PAYLOAD, Parameters};

const RATES_HZ: [u32; 5] = [8000, 12_000, 16_000, 24_000, 48_000];

fn samples_of(rate_hz: u32, ms: u32) -> usize {
    (rate_hz / 1000 * ms) as usize
}

fn encoder(settings: EncoderSettings) -> Encoder {
    Encoder::new(settings).expect("made")
}

fn decoder(rate_hz: u32) -> Decoder {
    Decoder::new(rate_hz).expect("made")
}

/// Each frame of `ms` as a payload.
fn payloads(settings: EncoderSettings, sound: &[i16], ms: u32) -> Vec<Vec<u8>> {
    let mut encoder = encoder(settings);
    let frames = sound.chunks_exact(samples_of(settings.sample_rate_hz, ms));
    let mut room = [0; LARGEST_PAYLOAD];
    frames.map(|frame| encoder.encode(frame, &mut room).map(|len| room[..len].to_vec()).expect("encoded")).collect()
}

fn decode(decoder: &mut Decoder, payload: &[u8]) -> Vec<i16> {
    let mut samples = vec![0; 5760];
    let count = decoder.decode(payload, &mut samples).expect("decoded");
    samples.truncate(count);
    samples
}

fn decode_all(rate_hz: u32, payloads: &[Vec<u8>]) -> Vec<i16> {
    let mut decoder = decoder(rate_hz);
    payloads.iter().flat_map(|payload| decode(&mut decoder, payload)).collect()
}

#[test]
fn a_tone_keeps_its_pitch_and_level_at_every_rate_and_length() {
    for rate_hz in RATES_HZ {
        for ms in [10, 20, 40, 60] {
            let sound = tone(rate_hz, 800.0, 8000.0, samples_of(rate_hz, 1200));
            let heard = decode_all(rate_hz, &payloads(EncoderSettings::new(rate_hz), &sound, ms));
            assert_eq!(heard.len(), sound.len());
            let level = amplitude(rate_hz, 800.0, &heard[heard.len() / 2..]);
            assert!((6500.0..9500.0).contains(&level), "{rate_hz} Hz, {ms} ms: {level}");
        }
    }
}

#[test]
fn what_is_encoded_at_one_rate_is_decoded_at_another() {
    for (from_hz, to_hz) in [(8000, 48_000), (48_000, 8000), (16_000, 8000), (12_000, 24_000)] {
        let sound = tone(from_hz, 700.0, 8000.0, samples_of(from_hz, 1000));
        let heard = decode_all(to_hz, &payloads(EncoderSettings::new(from_hz), &sound, 20));
        assert_eq!(heard.len(), samples_of(to_hz, 1000));
        let level = amplitude(to_hz, 700.0, &heard[heard.len() / 2..]);
        assert!((6500.0..9500.0).contains(&level), "{from_hz} to {to_hz}: {level}");
    }
}

#[test]
fn two_channels_are_heard_as_one() {
    let mut stereo = opus::Encoder::new(48_000, opus::Channels::Stereo, opus::Application::Audio).expect("made");
    let (left, right) = (tone(48_000, 600.0, 8000.0, 48_000), tone(48_000, 1500.0, 8000.0, 48_000));
    let both: Vec<i16> = left.iter().zip(&right).flat_map(|(left, right)| [*left, *right]).collect();
    let payloads: Vec<_> =
        both.chunks_exact(1920).map(|frame| stereo.encode_vec(frame, 1275).expect("encoded")).collect();
    let heard = decode_all(8000, &payloads);
    assert_eq!(heard.len(), 8000);
    for pitch_hz in [600.0, 1500.0] {
        let level = amplitude(8000, pitch_hz, &heard[4000..]);
        assert!((3500.0..4500.0).contains(&level), "{pitch_hz}: {level}");
    }
}

#[test]
fn no_frame_and_no_room_are_refused_and_change_nothing() {
    let sound = sound::speech(8000, 8000);
    let (mut one, mut other) = (encoder(EncoderSettings::new(8000)), encoder(EncoderSettings::new(8000)));
    let (mut room, mut other_room) = ([0; LARGEST_PAYLOAD], [0; LARGEST_PAYLOAD]);
    for frame in sound.chunks_exact(160) {
        for len in [0, 1, 79, 159] {
            assert_eq!(one.encode(&frame[..len], &mut room), None);
        }
        assert_eq!(one.encode(&sound[..640], &mut room), None);
        assert_eq!(one.encode(frame, &mut room[..LARGEST_PAYLOAD - 1]), None);
        assert_eq!(one.encode(frame, &mut room), other.encode(frame, &mut other_room));
        assert_eq!(room, other_room);
    }
    for rate_hz in [0, 44_100, 32_000] {
        assert!(Encoder::new(EncoderSettings::new(rate_hz)).is_none() && Decoder::new(rate_hz).is_none());
    }
}

/// A quarter second of silence, then a voice that begins in the frame that is lost.
fn lost_beginning(rate_hz: u32, settings: EncoderSettings) -> (Vec<Vec<u8>>, usize) {
    let mut sound = vec![0; samples_of(rate_hz, 240)];
    sound.extend(tone(rate_hz, 400.0, 12_000.0, samples_of(rate_hz, 200)));
    (payloads(settings, &sound, 20), 12)
}

#[test]
fn a_lost_frame_is_heard_from_the_next_payload_at_every_rate() {
    for rate_hz in RATES_HZ {
        let (payloads, lost) = lost_beginning(rate_hz, EncoderSettings::new(rate_hz));
        let frame = samples_of(rate_hz, 20);
        let heard = |fill: fn(&mut Decoder, &[u8], &mut [i16])| {
            let (mut decoder, mut samples) = (decoder(rate_hz), vec![0; frame]);
            for payload in &payloads[..lost] {
                decode(&mut decoder, payload);
            }
            fill(&mut decoder, &payloads[lost + 1], &mut samples);
            loudness(&samples)
        };
        let recovered = heard(Decoder::recover);
        let concealed = heard(|decoder, _, samples| decoder.conceal(samples));
        assert!(recovered > 3000.0 && concealed < 100.0, "{rate_hz}: {recovered} and {concealed}");
    }
}

#[test]
fn without_a_repetition_a_lost_frame_is_concealed() {
    let plain = EncoderSettings { fec: false, ..EncoderSettings::new(8000) };
    let (payloads, lost) = lost_beginning(8000, plain);
    let (mut one, mut other) = (decoder(8000), decoder(8000));
    for payload in &payloads[..lost + 3] {
        decode(&mut one, payload);
        decode(&mut other, payload);
    }
    let (mut recovered, mut concealed) = ([0; 160], [0; 160]);
    one.recover(&payloads[lost + 4], &mut recovered);
    other.conceal(&mut concealed);
    assert!(loudness(&recovered) > 5000.0 && loudness(&concealed) > 5000.0, "the tone goes on");
}

#[test]
fn a_long_loss_fades_to_the_noise_of_the_background() {
    for rate_hz in RATES_HZ {
        let sound = sound::speech(rate_hz, samples_of(rate_hz, 600));
        let mut decoder = decoder(rate_hz);
        for payload in payloads(EncoderSettings::new(rate_hz), &sound, 20) {
            decode(&mut decoder, &payload);
        }
        // Also more at once than any packet has, and no whole step of libopus.
        let mut lost = vec![99; samples_of(rate_hz, 1500) + 7];
        decoder.conceal(&mut lost);
        let (beginning, end) = (&lost[..samples_of(rate_hz, 20)], &lost[samples_of(rate_hz, 1000)..]);
        assert!(loudness(end) < 60.0, "{rate_hz}: {} and {}", loudness(beginning), loudness(end));
    }
}

#[test]
fn silence_costs_next_to_nothing_when_the_peer_wants_it_so() {
    let settings = EncoderSettings::for_peer(&Parameters::parse("usedtx=1"), 16_000);
    let silence = vec![0; samples_of(16_000, 2000)];
    let sent = payloads(settings, &silence, 20);
    let tiny = sent.iter().filter(|payload| payload.len() == 1).count();
    assert!(tiny > 70, "{tiny} of {}", sent.len());
    let heard = decode_all(16_000, &sent);
    assert!(heard.len() == silence.len() && loudness(&heard) < 5.0);
}

#[test]
fn nothing_is_sent_above_what_the_peer_plays() {
    let mut sound = tone(16_000, 1000.0, 8000.0, 16_000);
    for (sample, high) in sound.iter_mut().zip(tone(16_000, 6000.0, 8000.0, 16_000)) {
        *sample += high;
    }
    for (rate, heard_high) in [(16_000, true), (8000, false)] {
        let peer = Parameters { max_playback_rate_hz: rate, ..Parameters::default() };
        let settings = EncoderSettings { bitrate_bps: 48_000, ..EncoderSettings::for_peer(&peer, 16_000) };
        let heard = decode_all(16_000, &payloads(settings, &sound, 20));
        let level = |pitch_hz| amplitude(16_000, pitch_hz, &heard[8000..]);
        assert!(level(1000.0) > 6000.0);
        assert_eq!(level(6000.0) > 4000.0, heard_high, "{rate}: {}", level(6000.0));
    }
}

#[test]
fn bitrates_are_kept() {
    let sound = sound::speech(16_000, 16_000 * 10);
    for bitrate_bps in [8000, 16_000, 28_000, 64_000] {
        let settings = EncoderSettings { bitrate_bps, ..EncoderSettings::new(16_000) };
        let bytes: usize = payloads(settings, &sound, 20).iter().map(Vec::len).sum();
        let sent_bps = bytes * 8 / 10;
        let wanted = bitrate_bps as usize;
        assert!((wanted * 6 / 10..wanted * 11 / 10).contains(&sent_bps), "{bitrate_bps}: {sent_bps}");
        let constant = EncoderSettings { constant_bitrate: true, ..settings };
        let lengths: Vec<_> = payloads(constant, &sound, 20).iter().map(Vec::len).collect();
        assert!(lengths.iter().all(|len| *len == wanted / 400), "{bitrate_bps}: {lengths:?}");
    }
}

#[test]
fn more_expected_loss_makes_an_encoder_that_saves_bits_repeat() {
    let (mut one, mut other) = (encoder(EncoderSettings::new(8000)), encoder(EncoderSettings::new(8000)));
    other.expect_loss(0);
    let (mut room, mut bytes, sound) = ([0; LARGEST_PAYLOAD], [0, 0], sound::speech(8000, 80_000));
    for frame in sound.chunks_exact(160) {
        bytes[0] += one.encode(frame, &mut room).expect("encoded");
        bytes[1] += other.encode(frame, &mut room).expect("encoded");
    }
    assert_ne!(bytes[0], bytes[1]);
}

#[test]
fn once_made_nothing_is_allocated() {
    let sound = sound::speech(16_000, 32_000);
    let (mut encoder, mut decoder) = (encoder(EncoderSettings::new(16_000)), decoder(16_000));
    let (mut payload, mut samples) = ([0; LARGEST_PAYLOAD], [0; 320]);
    let counted = allocation_counter::measure(|| {
        for frame in sound.chunks_exact(320) {
            let len = encoder.encode(frame, &mut payload).expect("encoded");
            decoder.recover(&payload[..len], &mut samples);
            decoder.decode(&payload[..len], &mut samples).expect("decoded");
            decoder.conceal(&mut samples);
        }
    });
    assert_eq!(counted.count_total, 0);
}

/// Bytes, and payloads of ours of which some bytes are others.
fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    let ours = payloads(EncoderSettings::new(16_000), &sound::speech(16_000, 16_000), 20);
    let damaged =
        (0..50_usize, prop::collection::vec((0..80_usize, any::<u8>()), 0..4)).prop_map(move |(at, changes)| {
            let mut payload = ours[at].clone();
            for (at, byte) in changes {
                let len = payload.len();
                payload[at % len] = byte;
            }
            payload
        });
    prop_oneof![3 => prop::collection::vec(any::<u8>(), 0..300), 1 => damaged]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_comes_is_decoded_or_refused(
        rate in prop::sample::select(RATES_HZ.to_vec()),
        came in prop::collection::vec((any_payload(), any::<u8>(), 0..6000_usize), 1..12),
    ) {
        let (mut decoder, mut samples) = (decoder(rate), vec![0; 6000]);
        for (payload, what, room) in came {
            match what % 3 {
                0 => decoder.conceal(&mut samples[..room]),
                1 => decoder.recover(&payload, &mut samples[..room]),
                _ => if let Some(count) = decoder.decode(&payload, &mut samples[..room]) {
                    prop_assert!(count <= room && count <= samples_of(rate, 120));
                }
            }
        }
    }

    #[test]
    fn whatever_sounds_is_encoded_and_decoded(sound in sound::any_sound(1600), bitrate_bps in 0..200_000_u32) {
        let settings = EncoderSettings { bitrate_bps, ..EncoderSettings::new(8000) };
        prop_assert_eq!(decode_all(8000, &payloads(settings, &sound, 20)).len(), sound.len());
        let settings = EncoderSettings { bitrate_bps, ..EncoderSettings::new(16_000) };
        prop_assert_eq!(decode_all(16_000, &payloads(settings, &sound, 20)).len(), sound.len());
    }

    #[test]
    fn a_payload_that_is_refused_leaves_no_trace(refused in any_payload()) {
        let sound = payloads(EncoderSettings::new(8000), &sound::speech(8000, 1600), 20);
        let (mut one, mut other) = (decoder(8000), decoder(8000));
        for payload in &sound {
            let mut samples = [0; 5760];
            // One that is good is refused for want of room.
            let good = decoder(8000).decode(&refused, &mut samples).is_some();
            let room = if good { 0 } else { samples.len() };
            prop_assert_eq!(one.decode(&refused, &mut samples[..room]), None);
            prop_assert_eq!(decode(&mut one, payload), decode(&mut other, payload));
        }
    }
}
