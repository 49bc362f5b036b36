//! How near what is heard comes to what was said.

use crate::sound::loudness;

/// How far `heard` is below or above `said`, in dB.
pub(crate) fn gain_db(said: &[i16], heard: &[i16]) -> f64 {
    20. * (loudness(heard) / loudness(said)).log10()
}

/// Signal to noise of each 20 ms that are not almost silent, in dB: the mean.
pub(crate) fn segments_db(said: &[i16], heard: &[i16]) -> f64 {
    let segments = said.chunks_exact(160).zip(heard.chunks_exact(160));
    let loud = segments.filter(|(said, _)| loudness(said) > 30.);
    let (sum, count) = loud.fold((0., 0.), |(sum, count), (said, heard)| (sum + snr_db(said, heard), count + 1.));
    sum / count
}

fn snr_db(said: &[i16], heard: &[i16]) -> f64 {
    let error: Vec<_> = said.iter().zip(heard).map(|(a, b)| a.saturating_sub(*b)).collect();
    (-gain_db(said, &error)).clamp(-10., 35.)
}
