//! What is heard while frames are lost, and after.

use warden_codec::ilbc::{Decoder, Mode};

use crate::ratio::segments_db;
use crate::sound::{amplitude, loudness, tone};
use crate::speech::speech;
use crate::{MODES, decoded, decoded_with_loss, delay, encoded};

#[test]
fn a_tone_goes_on_while_a_frame_is_lost() {
    for mode in MODES {
        let [low, high] = [200., 400.].map(|hz| tone(8000, hz, 4000., 24_000));
        let chord: Vec<_> = low.iter().zip(&high).map(|(low, high)| low + high).collect();
        let payloads = encoded(mode, &chord);
        let heard = decoded_with_loss(mode, &payloads, |number| number == 30);
        let lost = &heard[30 * mode.samples() + delay(mode)..][..mode.samples()];
        for hz in [200., 400.] {
            let level = amplitude(8000, hz, lost);
            assert!((2800.0..5200.).contains(&level), "{mode:?}: {hz} Hz at {level}");
        }
    }
}

#[test]
fn speech_goes_on_at_its_level_while_a_frame_is_lost() {
    for mode in MODES {
        let payloads = encoded(mode, &speech(24_000));
        let lost = |number: usize| number % 10 == 7;
        let (whole, concealed) = (decoded(mode, &payloads), decoded_with_loss(mode, &payloads, lost));
        let level = |heard: &[i16]| {
            let frames = heard[delay(mode)..].chunks_exact(mode.samples()).enumerate();
            loudness(
                &frames.filter(|(number, _)| lost(*number)).flat_map(|(_, frame)| frame).copied().collect::<Vec<_>>(),
            )
        };
        let change_db = 20. * (level(&concealed) / level(&whole)).log10();
        assert!((-3.0..1.).contains(&change_db), "{mode:?}: {change_db} dB");
    }
}

#[test]
fn a_long_loss_fades_to_silence() {
    for mode in MODES {
        for said in [speech(8000 - 8000 % mode.samples()), tone(8000, 300., 9000., 7200), tone(8000, 90., 40., 7200)] {
            let mut decoder = Decoder::new(mode);
            let mut heard = vec![0; said.len()];
            decoder.decode(&encoded(mode, &said), &mut heard).unwrap();
            let mut concealed = [0; 4800];
            decoder.conceal(&mut concealed);
            let levels: Vec<_> = concealed.chunks(480).map(loudness).collect();
            assert!(levels[1] < 1.2 * loudness(&heard).max(levels[0]) + 5., "{mode:?}: {levels:?}");
            assert!(levels[5..].iter().all(|level| *level < 2.), "{mode:?}: {levels:?}");
            assert_eq!(concealed[4000..], [0; 800], "{mode:?}");
        }
    }
}

#[test]
fn a_long_loss_fades_also_when_the_last_frame_rings_without_end() {
    for mode in MODES {
        let mut decoder = Decoder::new(mode);
        // LSFs of which two are the same, and a start state as loud as can be.
        let beginning: &[u8] = match mode {
            Mode::Ms20 => &[0x0C, 0x18, 0x07, 0xF8],
            Mode::Ms30 => &[0x0C, 0x18, 0x00, 0xC1, 0x80, 0x3F, 0xC0],
        };
        let mut frame = vec![0; mode.bytes()];
        frame[..beginning.len()].copy_from_slice(beginning);
        let mut heard = [0; 4800];
        for _ in 0..100 {
            decoder.decode(&frame, &mut heard).unwrap();
        }
        decoder.conceal(&mut heard);
        assert_eq!(heard[4000..], [0; 800], "{mode:?}");
    }
}

#[test]
fn speech_after_a_loss_is_soon_heard_as_without() {
    for mode in MODES {
        let payloads = encoded(mode, &speech(24_000));
        let lost = |number| (20..25).contains(&number);
        let (with, without) = (decoded_with_loss(mode, &payloads, lost), decoded(mode, &payloads));
        let after = 27 * mode.samples();
        let segments = segments_db(&without[after..], &with[after..]);
        assert!(segments > 20., "{mode:?}: {segments} dB");
    }
}

#[test]
fn losses_before_the_first_frame_are_silent() {
    for mode in MODES {
        let mut heard = [1; 960];
        Decoder::new(mode).conceal(&mut heard);
        assert_eq!(heard, [0; 960]);
    }
}

#[test]
fn what_is_no_whole_frame_of_a_loss_is_silent() {
    let mut decoder = Decoder::new(Mode::Ms20);
    decoder.decode(&encoded(Mode::Ms20, &speech(1600)), &mut [0; 1600]).unwrap();
    let mut heard = [7; 200];
    decoder.conceal(&mut heard);
    assert_eq!(heard[160..], [0; 40]);
    assert!(heard[..160].iter().any(|sample| *sample != 0));
}

#[test]
fn a_frame_that_says_that_it_was_lost_is_concealed() {
    for mode in MODES {
        let mut payloads = encoded(mode, &speech(7200));
        let expected = decoded_with_loss(mode, &payloads, |number| number == 9);
        payloads[9 * mode.bytes()..10 * mode.bytes()].fill(0xFF);
        assert_eq!(decoded(mode, &payloads), expected);
    }
}
