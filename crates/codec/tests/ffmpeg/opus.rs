//! Opus: ffmpeg decodes with code of its own, and encodes with its libopus, which is not ours.

use warden_codec::opus::{Decoder, Encoder, EncoderSettings, LARGEST_PAYLOAD};

use crate::{TONE_LEVEL, assert_tone, decoded_by_ffmpeg, encoded_by_ffmpeg, ogg, sound};

/// RFC 7845 §5.
fn headers(rate_hz: u32) -> Vec<Vec<u8>> {
    let mut head = b"OpusHead\x01\x01\0\0".to_vec();
    head.extend_from_slice(&rate_hz.to_le_bytes());
    head.extend_from_slice(&[0, 0, 0]);
    let mut tags = b"OpusTags".to_vec();
    tags.extend_from_slice(&[0; 8]);
    vec![head, tags]
}

#[test]
fn ffmpeg_hears_what_we_encode() {
    for (rate_hz, ms, fec) in
        [(8000, 20, true), (8000, 60, false), (16_000, 10, true), (16_000, 20, true), (48_000, 20, true)]
    {
        let frame = (rate_hz / 1000 * ms) as usize;
        let mut encoder = Encoder::new(EncoderSettings { fec, ..EncoderSettings::new(rate_hz) }).expect("made");
        let (mut packets, mut room) = (headers(rate_hz), [0; LARGEST_PAYLOAD]);
        for frame in sound::tone(rate_hz, 700.0, TONE_LEVEL, rate_hz as usize * 2).chunks_exact(frame) {
            let len = encoder.encode(frame, &mut room).expect("encoded");
            packets.push(room[..len].to_vec());
        }
        let heard = decoded_by_ffmpeg("opus", 16_000, &ogg::write(&packets, u64::from(ms) * 48));
        assert!(heard.len().abs_diff(32_000) < 400, "{rate_hz}: {}", heard.len());
        assert_tone(&format!("{rate_hz} Hz, {ms} ms, fec {fec}"), 16_000, 700.0, &heard);
    }
}

#[test]
fn we_hear_what_ffmpeg_encodes() {
    let with = [
        "libopus -b:a 12k -application voip -frame_duration 20",
        "libopus -b:a 16k -application voip -frame_duration 60 -fec 1 -packet_loss 10",
        "libopus -b:a 64k -application audio -frame_duration 10",
        "libopus -b:a 48k -application lowdelay -frame_duration 2.5",
        "libopus -b:a 64k -af pan=stereo|c0=c0|c1=c0",
        "libopus -b:a 24k -vbr off -frame_duration 40",
    ];
    for rate_hz in [8000, 16_000, 48_000] {
        for with in with {
            let payloads =
                encoded_by_ffmpeg(with, rate_hz, &sound::tone(rate_hz, 700.0, TONE_LEVEL, rate_hz as usize * 2));
            for to_hz in [8000, 16_000] {
                let (mut decoder, mut heard) = (Decoder::new(to_hz).expect("made"), Vec::new());
                for payload in &payloads {
                    let mut samples = [0; 5760];
                    let count = decoder.decode(payload, &mut samples).expect("decoded");
                    heard.extend_from_slice(&samples[..count]);
                }
                assert_tone(&format!("{rate_hz} to {to_hz} Hz, {with}"), to_hz, 700.0, &heard);
            }
        }
    }
}
