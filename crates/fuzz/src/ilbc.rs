//! Any bytes as payloads of iLBC: whole frames are taken, what is heard can be encoded, and a long loss is silent.

use warden_codec::ilbc::{Decoder, Encoder, Mode};

/// Samples after which a loss is silent.
const FADED: usize = 4000;

// A byte for the mode, then payloads: a byte for the length, of which 0 is a loss, and its bytes.
/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    let [mode, rest @ ..] = data else { return };
    let mode = if mode & 1 == 0 { Mode::Ms20 } else { Mode::Ms30 };
    let (mut decoder, mut encoder) = (Decoder::new(mode), Encoder::new(mode));
    let (mut rest, mut samples) = (rest, [0; 2400]);
    while let [length, tail @ ..] = rest {
        let (payload, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        if payload.is_empty() {
            decoder.conceal(&mut samples[..mode.samples()]);
            continue;
        }
        let frames = payload.len() / mode.bytes();
        let whole = payload.len().is_multiple_of(mode.bytes());
        let heard = decoder.decode(payload, &mut samples);
        assert_eq!(heard, whole.then_some(frames * mode.samples()));
        if let Some(heard) = heard {
            let mut again = [0; 256];
            let length = encoder.encode(&samples[..heard], &mut again).expect("whole frames and room");
            assert_eq!(length, payload.len());
        }
    }
    let mut lost = [0; 4800];
    decoder.conceal(&mut lost);
    assert_eq!(lost[FADED..], [0; 4800 - FADED]);
}
