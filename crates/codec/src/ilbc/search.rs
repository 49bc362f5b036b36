//! The search for the vectors of the codebook that come nearest to a block (RFC 3951 §3.6.4, §3.7).
//!
//! Three vectors are chosen one after the other, each for what those before leave over, by the correlation with it,
//! squared, over the vector's energy. All is measured after the weighting filter.
#![expect(clippy::indexing_slicing, reason = "indices are bounded by the sections, whose sizes are fixed")]

use std::ops::Range;

use super::SUB_BLOCK;
use super::codebook::{AUGMENTED, Codebook, MAX_MEMORY, Memory, from_seam, seam};
use super::correlate::{correlate, energy};
use super::filter::{Lpc, ORDER, all_pole};
use super::gain::{self, STAGES};
use super::parameters::VectorCode;

/// Pieces of a section at most.
const MAX_PIECES: usize = MAX_MEMORY - SUB_BLOCK + 1;
/// Vectors of the second section that are tried, around the best of the first.
const WINDOW: usize = 34;
/// No gain has this magnitude.
const MAX_GAIN: f32 = 1.3;
/// The measure that is worse than any other.
const WORST: f32 = -1e7;

/// Keeps the inverse of an energy finite.
const TINY: f32 = 2.220_446e-16;

/// How many pieces are tried in each stage, for each block in the order of coding.
pub(super) const RANGES: [[usize; STAGES]; 5] =
    [[58; STAGES], [108, 44, 44], [108; STAGES], [108; STAGES], [108; STAGES]];

/// The code for `target`, a block in its own direction of time.
pub(super) fn search(memory: &Memory, target: &[f32], weighting: &Lpc, ranges: [usize; STAGES]) -> VectorCode {
    let (length, block) = (memory.samples().len(), target.len());
    let mut weighted = [0.; ORDER + MAX_MEMORY + SUB_BLOCK];
    weighted[ORDER..ORDER + length].copy_from_slice(memory.samples());
    weighted[ORDER + length..ORDER + length + block].copy_from_slice(target);
    all_pole(&mut weighted[..ORDER + length + block], weighting);

    let mut memory = Memory::silent(length);
    memory.samples_mut().copy_from_slice(&weighted[ORDER..ORDER + length]);
    let codebook = Codebook::new(memory, block);
    let target = &mut weighted[ORDER + length..ORDER + length + block];
    choose(&codebook, target, ranges)
}

fn choose(codebook: &Codebook, target: &mut [f32], ranges: [usize; STAGES]) -> VectorCode {
    let wanted = energy(target);
    let section = |section| Section::new(codebook, section, target.len(), ranges[0]);
    let mut sections = [section(0), section(1)];
    let mut code = VectorCode::default();
    let (mut sum, mut gains) = ([0.; SUB_BLOCK], [1.; STAGES]);
    for (stage, &range) in ranges.iter().enumerate() {
        let best = best_vector(&mut sections, target, range, stage == 0);
        let before = if stage == 0 { 1. } else { gains[stage - 1] };
        code.index[stage] = u8::try_from(best.index).unwrap_or(u8::MAX);
        (code.gain[stage], gains[stage]) = gain::quantize(stage, best.gain, before);
        let mut vector = [0.; SUB_BLOCK];
        codebook.vector(best.index, &mut vector[..target.len()]);
        for ((sum, target), sample) in sum.iter_mut().zip(&mut *target).zip(&vector) {
            *sum += gains[stage] * sample;
            *target -= gains[stage] * sample;
        }
    }
    code.gain[0] = gain_for_energy(code.gain[0], gains[0], energy(&sum), wanted);
    code
}

/// Which first gain brings the sum of the vectors nearest to the block's energy from below.
fn gain_for_energy(index: u8, gain: f32, energy: f32, wanted: f32) -> u8 {
    let mut best = index;
    let mut best_value = gain;
    for (candidate, value) in (0..).zip(gain::table(0)).skip(usize::from(index)) {
        if energy * value * value < wanted * gain * gain && best_value < 2. * gain {
            (best, best_value) = (candidate, *value);
        }
    }
    best
}

/// The best vector so far.
struct Best {
    index: usize,
    measure: f32,
    gain: f32,
    first_stage: bool,
}

impl Best {
    fn consider(&mut self, index: usize, correlation: f32, inverse: f32) {
        let measure = correlation * correlation * inverse;
        let gain = correlation * inverse;
        let sign_fits = !self.first_stage || correlation > 0.;
        if sign_fits && measure > self.measure && gain.abs() < MAX_GAIN {
            (self.index, self.measure, self.gain) = (index, measure, gain);
        }
    }
}

/// One of the two halves of the codebook, and one over the energy of each of its vectors.
struct Section<'a> {
    samples: &'a [f32],
    /// Index of the first vector.
    first_index: usize,
    pieces: usize,
    inverse: [f32; MAX_PIECES],
    augmented: Option<Augmented>,
}

fn best_vector(sections: &mut [Section; 2], target: &[f32], range: usize, first_stage: bool) -> Best {
    let mut best = Best { index: 0, measure: WORST, gain: 0., first_stage };
    let [plain, filtered] = sections;
    plain.try_pieces(target, 0..range, &mut best);
    let augmented = if target.len() == SUB_BLOCK { AUGMENTED } else { 0 };
    plain.try_augmented(target, 0..augmented, &mut best);
    let (pieces, augmented) = window(best.index, range, plain.pieces, augmented > 0);
    filtered.try_pieces(target, pieces, &mut best);
    filtered.try_augmented(target, augmented, &mut best);
    best
}

/// Which pieces and which augmented vectors of the second section are tried: those around the best of the first. The
/// augmented ones, with the shortest lags, are thought of as before the pieces.
fn window(best: usize, range: usize, pieces: usize, has_augmented: bool) -> (Range<usize>, Range<usize>) {
    let half = WINDOW / 2;
    if let Some(augmented) = best.checked_sub(pieces) {
        let start = augmented.saturating_sub(half);
        return (0..WINDOW + start - AUGMENTED, start..AUGMENTED);
    }
    let end = (best + half).min(range);
    match end.checked_sub(WINDOW) {
        Some(start) => (start..end, 0..0),
        None if has_augmented => (0..end, AUGMENTED + end - WINDOW..AUGMENTED),
        None => (0..WINDOW, 0..0),
    }
}

impl<'a> Section<'a> {
    fn new(codebook: &'a Codebook, section: usize, block: usize, range: usize) -> Self {
        let samples = codebook.section(section);
        let mut inverse = [0.; MAX_PIECES];
        let newest = samples.len() - block;
        let mut energy = energy(&samples[newest..]);
        inverse[0] = energy;
        for (piece, inverse) in inverse.iter_mut().enumerate().take(range).skip(1) {
            let (comes, goes) = (samples[newest - piece], samples[samples.len() - piece]);
            energy = energy + comes * comes - goes * goes;
            *inverse = energy;
        }
        inverse.iter_mut().for_each(invert);
        let first_index = section * codebook.section_size();
        Self { samples, first_index, pieces: codebook.pieces(), inverse, augmented: None }
    }

    fn try_pieces(&self, target: &[f32], pieces: Range<usize>, best: &mut Best) {
        let newest = self.samples.len() - target.len();
        let mut correlations = [0.; MAX_PIECES];
        let correlations = &mut correlations[..pieces.len()];
        correlate(target, &self.samples[newest + 1 - pieces.end..], correlations);
        for (piece, correlation) in pieces.zip(correlations.iter().rev()) {
            best.consider(self.first_index + piece, *correlation, self.inverse[piece]);
        }
    }

    fn try_augmented(&mut self, target: &[f32], numbers: Range<usize>, best: &mut Best) {
        if numbers.is_empty() {
            return;
        }
        let samples = self.samples;
        let augmented = self.augmented.get_or_insert_with(|| Augmented::new(samples));
        let correlations = augmented.correlate(target);
        for number in numbers {
            let index = self.first_index + self.pieces + number;
            best.consider(index, correlations[lane(number)], augmented.inverse[lane(number)]);
        }
    }
}

/// The augmented vectors of a section, sample by sample, the one with the longest lag first.
struct Augmented {
    samples: [[f32; AUGMENTED]; SUB_BLOCK],
    inverse: [f32; AUGMENTED],
}

/// The place of an augmented vector among the others.
const fn lane(number: usize) -> usize {
    AUGMENTED - 1 - number
}

impl Augmented {
    fn new(section: &[f32]) -> Self {
        // Up to its seam each vector is the newest samples, from the one before its neighbour's first one on.
        let newest = &section[section.len() + 1 - SUB_BLOCK..];
        let mut padded = [0.; 2 * SUB_BLOCK];
        padded[..newest.len()].copy_from_slice(newest);
        let mut new = Self { samples: [[0.; AUGMENTED]; SUB_BLOCK], inverse: [0.; AUGMENTED] };
        new.samples.iter_mut().zip(padded.array_windows()).for_each(|(row, window)| *row = *window);
        for number in 0..AUGMENTED {
            let rest = new.samples[seam(number)..].iter_mut().zip(from_seam(section, number));
            rest.for_each(|(row, sample)| row[lane(number)] = sample);
        }
        for row in &new.samples {
            new.inverse.iter_mut().zip(row).for_each(|(sum, sample)| *sum += sample * sample);
        }
        new.inverse.iter_mut().for_each(invert);
        new
    }

    fn correlate(&self, target: &[f32]) -> [f32; AUGMENTED] {
        let mut sums = [0.; AUGMENTED];
        for (value, row) in target.iter().zip(&self.samples) {
            for (sum, sample) in sums.iter_mut().zip(row) {
                *sum += value * sample;
            }
        }
        sums
    }
}

/// One over an energy in its place, or nothing where there is none.
fn invert(energy: &mut f32) {
    *energy = if *energy > 0. { 1. / (*energy + TINY) } else { 0. };
}
