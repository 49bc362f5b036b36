//! iLBC: ffmpeg's own decoder has no enhancer, works in whole numbers, and in version 5.1 overflows now and then, so what
//! it plays is compared by the middle one of all 20 ms. Its frames of 30 ms are broken there.

use warden_codec::ilbc::{Decoder, Encoder, Mode};

use crate::programs::{ffmpeg, samples};
use crate::sound;

/// How much later our decoder plays than one without enhancer.
const ENHANCER_DELAY: usize = 40;

fn ratio_db(ours: &[i16], theirs: &[i16]) -> f64 {
    let difference: Vec<_> = ours.iter().zip(theirs).map(|(ours, theirs)| ours.saturating_sub(*theirs)).collect();
    20.0 * (sound::loudness(ours) / sound::loudness(&difference).max(1.0)).log10()
}

#[test]
fn ffmpeg_hears_what_we_encode() {
    let said = sound::speech(8000, 48_000);
    let mut file = b"#!iLBC20\n".to_vec();
    let header = file.len();
    file.resize(header + 300 * Mode::Ms20.bytes(), 0);
    assert_eq!(Encoder::new(Mode::Ms20).encode(&said, &mut file[header..]), Some(300 * 38));
    let mut ours = vec![0; said.len()];
    Decoder::new(Mode::Ms20).decode(&file[header..], &mut ours).expect("whole frames");

    let theirs = samples(&ffmpeg(&file, "-f ilbc", "-f s16le"));
    assert_eq!(theirs.len(), said.len());
    let segments = ours[ENHANCER_DELAY..].chunks_exact(160).zip(theirs.chunks_exact(160));
    let loud = segments.filter(|(ours, _)| sound::loudness(ours) > 100.0);
    let mut ratios: Vec<_> = loud.map(|(ours, theirs)| ratio_db(ours, theirs)).collect();
    ratios.sort_by(f64::total_cmp);
    let middle = ratios[ratios.len() / 2];
    assert!(ratios.len() > 100 && middle > 12.0, "the middle one of {} is {middle} dB", ratios.len());
}
