//! iLBC: against the code that RFC 3951 prints, by what is heard, and with what nobody should send.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod concealment;
mod hostile;
mod quality;
mod ratio;
mod reference;
#[path = "../sound/mod.rs"]
mod sound;
mod speech;

use warden_codec::ilbc::{Decoder, Encoder, Mode};

const MODES: [Mode; 2] = [Mode::Ms20, Mode::Ms30];

/// How much later a sample is heard than it went in: a half or a whole block of the enhancer.
fn delay(mode: Mode) -> usize {
    match mode {
        Mode::Ms20 => 40,
        Mode::Ms30 => 80,
    }
}

fn encoded(mode: Mode, samples: &[i16]) -> Vec<u8> {
    let mut payloads = vec![0; samples.len() / mode.samples() * mode.bytes()];
    assert_eq!(Encoder::new(mode).encode(samples, &mut payloads), Some(payloads.len()));
    payloads
}

fn decoded(mode: Mode, payloads: &[u8]) -> Vec<i16> {
    decoded_with_loss(mode, payloads, |_| false)
}

/// Each frame is a payload; those that are `lost`, by their number, are concealed.
fn decoded_with_loss(mode: Mode, payloads: &[u8], lost: impl Fn(usize) -> bool) -> Vec<i16> {
    let mut decoder = Decoder::new(mode);
    let mut heard = vec![0; payloads.len() / mode.bytes() * mode.samples()];
    let frames = payloads.chunks(mode.bytes()).zip(heard.chunks_mut(mode.samples())).enumerate();
    for (number, (frame, samples)) in frames {
        if lost(number) {
            decoder.conceal(samples);
        } else {
            assert_eq!(decoder.decode(frame, samples), Some(mode.samples()));
        }
    }
    heard
}

/// What goes through both, without the delay: as long as `samples` less that.
fn through(mode: Mode, samples: &[i16]) -> Vec<i16> {
    decoded(mode, &encoded(mode, samples)).split_off(delay(mode))
}
