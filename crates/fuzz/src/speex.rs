//! Any bytes as payloads of Speex, some of them lost, in both bands.

use warden_codec::speex::{Band, Decoder};

use crate::choices::Choices;

const LONGEST: usize = 320 * 32;

// A byte for the band; then payloads, each a byte for what becomes of it, one for its length, and its bytes.
/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    let mut choices = Choices::new(data);
    let band = choices.pick(&[Band::Narrow, Band::Wide]);
    let mut decoder = Decoder::new(band).expect("memory");
    let mut samples = vec![0; LONGEST];
    while !choices.is_over() {
        let (what, length) = (choices.byte(), choices.byte());
        let payload: Vec<u8> = (0..length).map(|_| choices.byte()).collect();
        let room = usize::from(what) * LONGEST / 255;
        if what % 4 == 0 {
            decoder.conceal(&mut samples[..room]);
        } else if let Some(count) = decoder.decode(&payload, &mut samples[..room]) {
            assert!((1..=room).contains(&count) && count % band.frame_len() == 0);
        }
    }
}
