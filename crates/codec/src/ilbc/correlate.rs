//! Inner products of a short piece with every place of a long one.

/// Places that are worked on together, so that the compiler can use vectors; each has a sum of its own.
const LANES: usize = 16;

/// `out[place]` becomes the sum of `piece[i] * samples[place + i]`; there is a whole piece at every place.
pub(super) fn correlate(piece: &[f32], samples: &[f32], out: &mut [f32]) {
    for (chunk, out) in out.chunks_mut(LANES).enumerate() {
        // The last lanes end where the samples do, so they may begin before their chunk.
        let last = samples.len().checked_sub(piece.len() + LANES - 1);
        let from = chunk * LANES;
        let start = last.unwrap_or(0).min(from);
        let sums = lanes(piece, samples.get(start..).unwrap_or_default(), last.is_some());
        out.iter_mut().zip(sums.iter().skip(from - start)).for_each(|(out, sum)| *out = *sum);
    }
}

/// The sum of the products, as far as both go.
pub(super) fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).fold(0., |sum, (a, b)| sum + a * b)
}

/// The sum of the squares.
pub(super) fn energy(samples: &[f32]) -> f32 {
    dot(samples, samples)
}

fn lanes(piece: &[f32], samples: &[f32], whole: bool) -> [f32; LANES] {
    let mut sums = [0.; LANES];
    if whole {
        for (value, window) in piece.iter().zip(samples.array_windows::<LANES>()) {
            for (sum, sample) in sums.iter_mut().zip(window) {
                *sum += value * sample;
            }
        }
    } else {
        for (sum, window) in sums.iter_mut().zip(samples.windows(piece.len())) {
            *sum = dot(piece, window);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_its_own_sum() {
        let samples: Vec<f32> = (0..60i16).map(|number| f32::from(number * number % 17)).collect();
        for (piece, length, places) in [(7, 60, 54), (7, 60, 16), (20, 60, 3), (50, 60, 11), (5, 20, 16), (5, 21, 17)] {
            let (piece, samples) = (&samples[3..3 + piece], &samples[..length]);
            let mut sums = vec![0.; places];
            correlate(piece, samples, &mut sums);
            for (place, sum) in sums.iter().enumerate() {
                let expected: f32 = piece.iter().zip(&samples[place..]).map(|(a, b)| a * b).sum();
                assert!((sum - expected).abs() < 1e-2, "{place} of {places}");
            }
        }
    }
}
