//! Any bytes as payloads of G.722 and G.726, some of them lost, and any samples to encode: nothing panics, lengths are what
//! they should be, and how sound is cut into packets is not heard.

use warden_codec::conceal::Concealer;
use warden_codec::g726::{Packing, Rate};
use warden_codec::{g722, g726};

/// The longest payload here, in bytes.
const LONGEST: usize = 255;

// A byte for the codec, then packets: a byte for the length, 0 for one that is lost, then its bytes.
/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    let Some((&codec, packets)) = data.split_first() else { return };
    let rate = [Rate::Kbit16, Rate::Kbit24, Rate::Kbit32, Rate::Kbit40][usize::from(codec) / 2 % 4];
    let packing = if codec & 1 == 0 { Packing::Rfc3551 } else { Packing::Aal2 };
    if codec & 0x80 == 0 { wideband(packets) } else { narrowband(packets, rate, packing) }
}

fn wideband(packets: &[u8]) {
    let mut decoders = [g722::Decoder::new(), g722::Decoder::new()];
    let (mut encoder, mut payload) = (g722::Encoder::new(), [0; LONGEST]);
    play(packets, g722::SAMPLE_RATE_HZ, (1, 2), |bytes, samples| {
        let [whole, cut] = &mut decoders;
        assert_eq!(whole.decode(bytes, samples), Some(bytes.len() * 2));
        let mut again = vec![0; samples.len()];
        for (byte, pair) in bytes.chunks(1).zip(again.chunks_mut(2)) {
            assert_eq!(cut.decode(byte, pair), Some(2));
        }
        assert_eq!(samples, again);
        assert_eq!(encoder.encode(samples, &mut payload), Some(bytes.len()));
    });
}

fn narrowband(packets: &[u8], rate: Rate, packing: Packing) {
    let mut decoders = [g726::Decoder::new(rate, packing), g726::Decoder::new(rate, packing)];
    let (mut encoder, mut payload) = (g726::Encoder::new(rate, packing), [0; LONGEST]);
    let (unit, in_unit) = (rate.bytes_in_unit(), rate.samples_in_unit());
    play(packets, g726::SAMPLE_RATE_HZ, (unit, in_unit), |bytes, samples| {
        let [whole, cut] = &mut decoders;
        assert_eq!(whole.decode(bytes, samples), Some(samples.len()));
        let mut again = vec![0; samples.len()];
        for (bytes, samples) in bytes.chunks(unit).zip(again.chunks_mut(in_unit)) {
            assert_eq!(cut.decode(bytes, samples), Some(in_unit));
        }
        assert_eq!(samples, again);
        assert_eq!(encoder.encode(samples, &mut payload), Some(bytes.len()));
    });
}

/// Hands the bytes of each packet, in whole units, and room for its samples to `hear`; what is lost is concealed. A unit is
/// so many bytes and so many samples.
fn play(packets: &[u8], rate_hz: u32, (unit, in_unit): (usize, usize), mut hear: impl FnMut(&[u8], &mut [i16])) {
    let (mut rest, mut concealer, mut samples) = (packets, Concealer::new(rate_hz), Vec::new());
    while let [len, tail @ ..] = rest {
        let (bytes, after) = tail.split_at(usize::from(*len).min(tail.len()));
        rest = after;
        let bytes = &bytes[..bytes.len() / unit * unit];
        if bytes.is_empty() {
            samples.fill(0x5555);
            concealer.lost(&mut samples);
            continue;
        }
        samples.resize(bytes.len() / unit * in_unit, 0);
        hear(bytes, &mut samples);
        concealer.good(&mut samples);
    }
}
