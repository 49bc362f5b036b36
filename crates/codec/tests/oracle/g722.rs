//! G.722 against both.

use warden_codec::g722::{Decoder, Encoder, SAMPLE_RATE_HZ};

use crate::oracle::{ffmpeg_decodes, ffmpeg_encodes, spandsp_decodes, spandsp_encodes};
use crate::signals::{all, any_bytes, assert_same};

fn encoded(samples: &[i16]) -> Vec<u8> {
    let mut encoder = Encoder::new();
    let mut payload = vec![0; samples.len() / 2];
    // Packets of all lengths, which must not be seen in what comes out.
    let (mut from, mut len) = (0, 2);
    while from < samples.len() {
        let to = (from + len).min(samples.len());
        assert_eq!(encoder.encode(&samples[from..to], &mut payload[from / 2..to / 2]), Some((to - from) / 2));
        (from, len) = (to, len % 1000 + 14);
    }
    payload
}

fn decoded(payload: &[u8]) -> Vec<i16> {
    let mut decoder = Decoder::new();
    let mut samples = vec![0; payload.len() * 2];
    let (mut from, mut len) = (0, 1);
    while from < payload.len() {
        let to = (from + len).min(payload.len());
        assert_eq!(decoder.decode(&payload[from..to], &mut samples[from * 2..to * 2]), Some((to - from) * 2));
        (from, len) = (to, len % 500 + 7);
    }
    samples
}

#[test]
fn encoding_is_that_of_spandsp_and_ffmpeg() {
    let samples = all(SAMPLE_RATE_HZ);
    let ours = encoded(&samples);
    assert_same(&ours, &ffmpeg_encodes("g722", SAMPLE_RATE_HZ, &[], &samples), "ffmpeg");
    assert_same(&ours, &spandsp_encodes("g722", 64_000, "msb", &samples), "spandsp");
}

#[test]
fn decoding_is_that_of_ffmpeg_and_of_spandsp_but_for_samples_that_wrap_around() {
    let payload = [encoded(&all(SAMPLE_RATE_HZ)), any_bytes(200_000)].concat();
    let ours = decoded(&payload);
    assert_same(&ours, &ffmpeg_decodes("g722", &[], &payload), "ffmpeg");
    let mut spandsp = spandsp_decodes("g722", 64_000, "msb", &payload);
    for (theirs, &ours) in spandsp.iter_mut().zip(&ours) {
        let wrapped = (ours == i16::MAX && *theirs < 0) || (ours == i16::MIN && *theirs > 0);
        *theirs = if wrapped { ours } else { *theirs };
    }
    assert_same(&ours, &spandsp, "spandsp");
}
