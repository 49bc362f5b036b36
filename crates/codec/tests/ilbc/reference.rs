//! Against the code in C that RFC 3951 prints (appendix A). It was compiled as it stands and run on `speech(7200)`; of
//! what came out, `testdata/ilbc` has the payloads and what is heard of them, with and without losses. It cuts samples
//! off where we round them, so they may differ by one.

use warden_codec::ilbc::Mode;

use crate::speech::speech;
use crate::{decoded_with_loss, encoded};

struct Reference {
    mode: Mode,
    payloads: &'static [u8],
    heard: &'static [u8],
    heard_with_loss: &'static [u8],
}

const REFERENCES: [Reference; 2] = [
    Reference {
        mode: Mode::Ms20,
        payloads: include_bytes!("../../testdata/ilbc/20.payloads"),
        heard: include_bytes!("../../testdata/ilbc/20.heard"),
        heard_with_loss: include_bytes!("../../testdata/ilbc/20.heard-with-loss"),
    },
    Reference {
        mode: Mode::Ms30,
        payloads: include_bytes!("../../testdata/ilbc/30.payloads"),
        heard: include_bytes!("../../testdata/ilbc/30.heard"),
        heard_with_loss: include_bytes!("../../testdata/ilbc/30.heard-with-loss"),
    },
];

/// Every ninth frame, and of 20 ms the one after it too. Where more is lost we fade to silence, and the reference does
/// not.
fn lost(mode: Mode, number: usize) -> bool {
    number % 9 == 5 || mode == Mode::Ms20 && number % 9 == 6
}

#[track_caller]
fn assert_sounds_the_same(ours: &[i16], theirs: &[u8], what: &str) {
    let theirs = theirs.as_chunks().0.iter().copied().map(i16::from_le_bytes);
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let apart = ours.iter().zip(theirs).position(|(ours, theirs)| i32::from(*ours).abs_diff(theirs.into()) > 1);
    assert_eq!(apart, None, "{what}");
}

#[test]
fn the_encoder_writes_the_bits_of_the_reference() {
    for reference in &REFERENCES {
        let (ours, frame) = (encoded(reference.mode, &speech(7200)), reference.mode.bytes());
        let apart = ours.chunks(frame).zip(reference.payloads.chunks(frame)).position(|(ours, theirs)| ours != theirs);
        assert_eq!((apart, ours.len()), (None, reference.payloads.len()), "{:?}", reference.mode);
    }
}

#[test]
fn the_decoder_plays_what_the_reference_plays() {
    for reference in &REFERENCES {
        let heard = decoded_with_loss(reference.mode, reference.payloads, |_| false);
        assert_sounds_the_same(&heard, reference.heard, &format!("{:?}", reference.mode));
    }
}

#[test]
fn lost_frames_are_concealed_as_the_reference_does() {
    for reference in &REFERENCES {
        let heard = decoded_with_loss(reference.mode, reference.payloads, |number| lost(reference.mode, number));
        assert_sounds_the_same(&heard, reference.heard_with_loss, &format!("{:?}", reference.mode));
    }
}
