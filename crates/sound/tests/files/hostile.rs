//! Files that were damaged on purpose: whatever is in them, they are played, refused or broken off.

use std::sync::LazyLock;

use proptest::prelude::*;
use warden_sound::Track;

use crate::{listen, programs};

static FILES: LazyLock<Vec<(Vec<u8>, &str)>> = LazyLock::new(|| files(8000));

/// So many samples at 16 kHz in each format.
fn files(length: usize) -> Vec<(Vec<u8>, &'static str)> {
    let tone = programs::bytes(&listen::tone(16_000, 700.0, 8000.0, length));
    let formats = [
        ("a.wav", "-f wav"),
        ("ulaw.wav", "-f wav -c:a pcm_mulaw"),
        ("a.flac", "-f flac -metadata_header_padding 0"),
        ("a.mp3", "-f mp3"),
        ("a.ogg", "-f ogg -c:a libvorbis"),
        ("a.opus", "-f ogg -c:a libopus"),
        ("a.g722", "-f g722"),
    ];
    formats.map(|(name, options)| (programs::ffmpeg(&tone, "-f s16le -ar 16000 -ac 1", options), name)).to_vec()
}

/// How much is heard of it, in whole seconds.
fn play(bytes: Vec<u8>, name: &str) -> usize {
    let Ok(mut track) = Track::from_bytes(bytes, name, 8000) else { return 0 };
    let (mut room, mut seconds) = (vec![0; 8000], 0);
    while let Ok(1..) = track.read(&mut room) {
        seconds += 1;
    }
    assert_eq!(track.read(&mut room).expect("over"), 0, "a sound that is over stays over");
    seconds
}

/// Sums in Ogg and FLAC are made right again, so that what is behind them is reached.
fn mend(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(page) = bytes.get_mut(at..).filter(|page| page.starts_with(b"OggS") && page.len() > 27) {
        let count = usize::from(page[26]);
        let Some(lengths) = page.get(27..27 + count) else { return };
        let length = 27 + count + lengths.iter().map(|length| usize::from(*length)).sum::<usize>();
        let Some(page) = page.get_mut(..length) else { return };
        page[22..26].fill(0);
        let sum = page.iter().fold(0_u32, |sum, byte| {
            (0..8)
                .fold(sum ^ u32::from(*byte) << 24, |sum, _| (sum << 1) ^ if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 })
        });
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        at += length;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_damaged_file_ends_no_call(
        file in 0_usize..7,
        wrong in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..12),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let (mut bytes, name) = FILES[file].clone();
        for (place, value, is_early) in wrong {
            // Headers are where it hurts.
            let among = if is_early { bytes.len().min(300) } else { bytes.len() };
            bytes[place.index(among)] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        mend(&mut bytes);
        prop_assert!(play(bytes, name) < 600, "half a second does not become ten minutes");
    }

    #[test]
    fn what_is_no_sound_ends_no_call(mut bytes in proptest::collection::vec(any::<u8>(), 0..2000), file in 0_usize..7) {
        let (whole, name) = &FILES[file];
        for (place, byte) in whole.iter().take(12).enumerate() {
            if let Some(there) = bytes.get_mut(place) {
                *there = *byte;
            }
        }
        play(bytes, name);
    }
}

#[test]
fn a_file_that_breaks_off_is_heard_until_there() {
    for (bytes, name) in files(80_000) {
        let half = bytes[..bytes.len() * 2 / 3].to_vec();
        let mut track = Track::from_bytes(half, name, 8000).unwrap();
        let mut room = [0; 1000];
        assert_eq!(track.read(&mut room).unwrap(), 1000, "{name}");
        assert!(listen::amplitude(&room[400..], 8000, 700.0) > 6000.0, "{name}");
    }
}
