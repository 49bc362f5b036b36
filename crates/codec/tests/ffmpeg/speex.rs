//! Speex: ffmpeg decodes with code of its own, and encodes with libspeex.

use warden_codec::speex::{Band, Decoder, Encoder};

use crate::{TONE_LEVEL, assert_tone, decoded_by_ffmpeg, encoded_by_ffmpeg, ogg, sound};

const BANDS: [Band; 2] = [Band::Narrow, Band::Wide];

/// `SpeexHeader` of libspeex's manual, and comments.
fn headers(band: Band, frames: u32) -> Vec<Vec<u8>> {
    let mut header = b"Speex   1.2.1".to_vec();
    header.resize(28, 0);
    let mode = u32::from(band == Band::Wide);
    let frame = u32::try_from(band.frame_len()).expect("small");
    for number in [1, 80, band.sample_rate_hz(), mode, 4, 1, u32::MAX, frame, 0, frames, 0, 0, 0] {
        header.extend_from_slice(&number.to_le_bytes());
    }
    vec![header, vec![0; 8]]
}

#[test]
fn ffmpeg_hears_what_we_encode() {
    for band in BANDS {
        let rate_hz = band.sample_rate_hz();
        for (quality, frames) in [(4, 1), (8, 1), (8, 3), (10, 2)] {
            let mut encoder = Encoder::with_quality(band, quality).expect("made");
            let (mut packets, mut room) = (headers(band, frames), [0; 700]);
            let packet = frames as usize * band.frame_len();
            for samples in sound::tone(rate_hz, 700.0, TONE_LEVEL, packet * 60).chunks_exact(packet) {
                let len = encoder.encode(samples, &mut room).expect("encoded");
                packets.push(room[..len].to_vec());
            }
            let heard = decoded_by_ffmpeg("speex", rate_hz, &ogg::write(&packets, packet as u64));
            assert!(heard.len().abs_diff(packet * 60) <= packet, "{} of {}", heard.len(), packet * 60);
            assert_tone(&format!("{band:?}, quality {quality}, {frames} frames"), rate_hz, 700.0, &heard);
        }
    }
}

/// What we hear of what ffmpeg makes of a sound.
fn heard(band: Band, with: &str, sound: &[i16]) -> Vec<i16> {
    let (mut decoder, mut heard) = (Decoder::new(band).expect("made"), Vec::new());
    for payload in encoded_by_ffmpeg(&format!("libspeex {with}"), band.sample_rate_hz(), sound) {
        let mut samples = [0; 320 * 6];
        let count = decoder.decode(&payload, &mut samples).expect("decoded");
        heard.extend_from_slice(&samples[..count]);
    }
    assert!(heard.len() >= sound.len());
    heard
}

#[test]
fn we_hear_what_ffmpeg_encodes() {
    for band in BANDS {
        let rate_hz = band.sample_rate_hz();
        for with in ["", "-cbr_quality 4", "-frames_per_packet 3", "-b:a 11k"] {
            let sound = sound::tone(rate_hz, 700.0, TONE_LEVEL, rate_hz as usize * 2);
            assert_tone(&format!("{band:?}, libspeex {with}"), rate_hz, 700.0, &heard(band, with, &sound));
        }
    }
}

#[test]
fn we_hear_what_ffmpeg_encodes_with_fewer_bits_for_pauses() {
    for band in BANDS {
        // Not a tone, which libspeex takes for noise after a while.
        let speech = sound::speech(band.sample_rate_hz(), band.sample_rate_hz() as usize * 3);
        for with in ["-q:a 6", "-vad 1", "-vad 1 -dtx 1"] {
            let share = sound::loudness(&heard(band, with, &speech)) / sound::loudness(&speech);
            assert!((0.7..1.2).contains(&share), "{band:?}, libspeex {with}: {share}");
        }
    }
}
