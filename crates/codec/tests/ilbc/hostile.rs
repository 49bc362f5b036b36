//! Payloads and samples that nobody should send, and what they cost.

use proptest::prelude::*;
use warden_codec::ilbc::{Decoder, Encoder, Mode};

use crate::ratio::segments_db;
use crate::sound::{loudness, tone};
use crate::speech::speech;
use crate::{MODES, decoded, encoded, through};

#[test]
fn what_is_no_payload_is_refused_and_changes_nothing() {
    for mode in MODES {
        let payloads = encoded(mode, &speech(7200));
        let (first, rest) = payloads.split_at(10 * mode.bytes());
        let mut decoder = Decoder::new(mode);
        let mut heard = vec![0; 7200];
        decoder.decode(first, &mut heard).unwrap();
        let mut other = decoder.clone();
        for length in (0..=200).filter(|length| *length == 0 || length % mode.bytes() != 0) {
            assert_eq!(decoder.decode(&[0x55; 200][..length], &mut heard), None, "{mode:?}: {length} bytes");
        }
        assert_eq!(decoder.decode(rest, &mut [0; 100]), None, "no room");
        let (mut again, mut expected) = (vec![0; 7200], vec![0; 7200]);
        assert_eq!(decoder.decode(rest, &mut again), other.decode(rest, &mut expected));
        assert_eq!(again, expected);
    }
}

#[test]
fn what_is_no_whole_frame_is_not_encoded() {
    for mode in MODES {
        let mut encoder = Encoder::new(mode);
        let mut payload = [0; 100];
        for length in (0..=479).filter(|length| *length == 0 || length % mode.samples() != 0) {
            assert_eq!(encoder.encode(&[0; 480][..length], &mut payload), None, "{mode:?}: {length} samples");
        }
        assert_eq!(encoder.encode(&vec![0; mode.samples()], &mut payload[..mode.bytes() - 1]), None, "no room");
        assert_eq!(encoder.encode(&vec![0; mode.samples()], &mut payload), Some(mode.bytes()));
    }
}

#[test]
fn the_loudest_sounds_stay_what_they_are() {
    let square = |now: usize| if (now / 20).is_multiple_of(2) { i16::MAX } else { i16::MIN };
    for mode in MODES {
        let said: Vec<_> = (0..24_000).map(square).collect();
        let level = loudness(&through(mode, &said));
        assert!(level > 20_000., "{mode:?}: {level}");
    }
}

/// Noise as payloads, also such that says that it is a frame that came.
fn nonsense(length: usize, mode: Mode) -> Vec<u8> {
    let mut state = 1u32;
    let bytes = (0..length * mode.bytes()).map(|place| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [.., byte] = state.to_le_bytes();
        if place % mode.bytes() == mode.bytes() - 1 { byte & 0xFE } else { byte }
    });
    bytes.collect()
}

#[test]
fn speech_is_heard_again_after_much_nonsense() {
    for mode in MODES {
        let mut decoder = Decoder::new(mode);
        decoder.decode(&nonsense(1000, mode), &mut vec![0; 1000 * mode.samples()]).unwrap();
        let payloads = encoded(mode, &speech(24_000));
        let mut heard = vec![0; 24_000];
        decoder.decode(&payloads, &mut heard).unwrap();
        let segments = segments_db(&decoded(mode, &payloads)[8000..], &heard[8000..]);
        assert!(segments > 30., "{mode:?}: {segments} dB");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_bytes_in_any_order_are_taken(steps in prop::collection::vec((any::<[u8; 25]>(), any::<[u8; 25]>(), 0..4), 1..8)) {
        for mode in MODES {
            let mut decoder = Decoder::new(mode);
            let mut heard = vec![0; mode.samples()];
            for (one, other, step) in &steps {
                let mut frame = [&one[..], &other[..]].concat();
                frame.truncate(mode.bytes());
                match step {
                    0 => decoder.conceal(&mut heard),
                    1 => frame.fill(one[0]),
                    _ => frame[mode.bytes() - 1] &= 0xFE,
                }
                prop_assert_eq!(decoder.decode(&frame, &mut heard), Some(mode.samples()));
            }
        }
    }

    #[test]
    fn any_samples_are_encoded(samples in prop::collection::vec(any::<i16>(), 480), gain in 0..16) {
        let samples: Vec<_> = samples.iter().map(|sample| sample >> gain).collect();
        for mode in MODES {
            let payloads = encoded(mode, &samples);
            prop_assert_eq!(decoded(mode, &payloads).len(), 480);
        }
    }
}

#[test]
fn a_codec_that_is_made_allocates_nothing() {
    for mode in MODES {
        let said = [speech(2400), tone(8000, 440., 9000., 2400)].concat();
        let (mut encoder, mut decoder) = (Encoder::new(mode), Decoder::new(mode));
        let (mut payloads, mut heard) = ([0; 4800 / 160 * 38], [0; 4800]);
        let counted = allocation_counter::measure(|| {
            let length = encoder.encode(&said, &mut payloads).unwrap();
            decoder.decode(&payloads[..length], &mut heard).unwrap();
            decoder.conceal(&mut heard);
            decoder.decode(&payloads[..length], &mut heard).unwrap();
        });
        assert_eq!(counted.count_total, 0);
    }
}
