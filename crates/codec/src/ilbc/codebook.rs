//! The codebook that is made of what is already coded (RFC 3951 §3.6.3, §4.4.1).
//!
//! It has two sections: pieces of the memory, and pieces of the memory after a filter. In each, the first vectors begin
//! further and further back; for whole sub-blocks there are twenty more, **augmented** ones, which repeat the newest 20
//! to 39 samples with a soft seam.
#![expect(clippy::indexing_slicing, reason = "lags and lengths are bounded by the memory, indices by the section")]

use super::SUB_BLOCK;

/// Samples of the longest memory.
pub(super) const MAX_MEMORY: usize = 147;
/// Augmented vectors of a section.
pub(super) const AUGMENTED: usize = 20;
/// The shortest lag of an augmented vector.
const SHORTEST_LAG: usize = 20;
/// How much of the older samples is in the samples of a seam.
const SEAM: [f32; 4] = [0.2, 0.4, 0.6, 0.8];
/// The filter of the second section.
const FILTER: [f32; 8] = [-0.033_691, 0.083_74, -0.144_043, 0.713_379, 0.806_152, -0.184_326, 0.108_887, -0.034_18];
/// Taps of the filter that are before the sample.
const FILTER_BEFORE: usize = 3;

/// Samples that the codebook is made of, newest last.
pub(super) struct Memory {
    samples: [f32; MAX_MEMORY],
    length: usize,
}

impl Memory {
    /// `length` zeros, at most [`MAX_MEMORY`].
    pub(super) fn silent(length: usize) -> Self {
        Self { samples: [0.; MAX_MEMORY], length: length.min(MAX_MEMORY) }
    }

    pub(super) fn samples(&self) -> &[f32] {
        &self.samples[..self.length]
    }

    pub(super) fn samples_mut(&mut self) -> &mut [f32] {
        &mut self.samples[..self.length]
    }

    fn filtered(&self) -> Self {
        let mut padded = [0.; MAX_MEMORY + FILTER.len()];
        padded[FILTER_BEFORE..FILTER_BEFORE + self.length].copy_from_slice(self.samples());
        let mut filtered = Self::silent(self.length);
        for (tap, coefficient) in FILTER.iter().enumerate() {
            for (out, sample) in filtered.samples_mut().iter_mut().zip(&padded[tap..]) {
                *out += coefficient * sample;
            }
        }
        filtered
    }
}

/// All vectors for blocks of one length.
pub(super) struct Codebook {
    sections: [Memory; 2],
    block: usize,
}

impl Codebook {
    /// `block` is the number of samples of a vector: a whole sub-block, or less for the rest of the start state.
    pub(super) fn new(memory: Memory, block: usize) -> Self {
        let filtered = memory.filtered();
        Self { sections: [memory, filtered], block: block.min(SUB_BLOCK) }
    }

    /// The samples of a section, newest last.
    pub(super) fn section(&self, section: usize) -> &[f32] {
        self.sections[section].samples()
    }

    /// Number of vectors in a section that are pieces of it as it is.
    pub(super) fn pieces(&self) -> usize {
        self.sections[0].length - self.block + 1
    }

    /// Number of vectors in a section.
    pub(super) fn section_size(&self) -> usize {
        self.pieces() + if self.block == SUB_BLOCK { AUGMENTED } else { 0 }
    }

    /// Fills `out` with a vector. An index that no encoder writes stands for the last vector.
    pub(super) fn vector(&self, index: usize, out: &mut [f32]) {
        let index = index.min(2 * self.section_size() - 1);
        let (section, position) = (index / self.section_size(), index % self.section_size());
        let samples = self.section(section);
        if let Some(augmented) = position.checked_sub(self.pieces()) {
            augment(samples, augmented, out);
        } else {
            let start = samples.len() - self.block - position;
            out.copy_from_slice(&samples[start..start + self.block]);
        }
    }
}

/// Fills `out`, which is a sub-block, with an augmented vector: the number 0 repeats the newest 20 samples.
fn augment(samples: &[f32], number: usize, out: &mut [f32]) {
    let seam = seam(number);
    let newest = samples.len() - seam - SEAM.len();
    out[..seam].copy_from_slice(&samples[newest..newest + seam]);
    out[seam..].iter_mut().zip(from_seam(samples, number)).for_each(|(out, sample)| *out = sample);
}

/// Where an augmented vector ceases to be the newest samples.
pub(super) fn seam(number: usize) -> usize {
    SHORTEST_LAG + number - SEAM.len()
}

/// The samples of an augmented vector from its seam on, and more than it needs.
pub(super) fn from_seam(samples: &[f32], number: usize) -> impl Iterator<Item = f32> {
    let newest = &samples[samples.len() - SHORTEST_LAG - number..];
    let newer = &samples[samples.len() - SEAM.len()..];
    let older = &samples[samples.len() - SHORTEST_LAG - number - SEAM.len()..];
    let mix = |((share, newer), older): ((&f32, &f32), &f32)| (1. - share) * newer + share * older;
    SEAM.iter().zip(newer).zip(older).map(mix).chain(newest.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(length: usize) -> Memory {
        let mut memory = Memory::silent(length);
        memory.samples_mut().iter_mut().zip(0i16..).for_each(|(place, number)| *place = f32::from(number));
        memory
    }

    #[test]
    fn vectors_begin_further_and_further_back() {
        let codebook = Codebook::new(ramp(147), SUB_BLOCK);
        let mut vector = [0.; SUB_BLOCK];
        for (index, first, last) in [(0, 107., 146.), (1, 106., 145.), (107, 0., 39.)] {
            codebook.vector(index, &mut vector);
            assert_eq!((vector[0], vector[39]), (first, last));
        }
    }

    #[test]
    fn augmented_vectors_repeat_the_newest_samples() {
        let codebook = Codebook::new(ramp(147), SUB_BLOCK);
        let mut vector = [0.; SUB_BLOCK];
        codebook.vector(108, &mut vector);
        let (seam, expected) = ([0, 15, 16, 20, 39].map(|place| vector[place]), [127., 142., 139., 127., 146.]);
        assert!(seam.iter().zip(expected).all(|(is, expected): (&f32, f32)| (is - expected).abs() < 0.001), "{seam:?}");
        codebook.vector(127, &mut vector);
        assert_eq!((vector[0], vector[34], vector[39]), (108., 142., 108.));
    }

    #[test]
    fn the_filter_of_the_second_section_passes_what_is_slow() {
        let codebook = Codebook::new(ramp(147), SUB_BLOCK);
        let (mut plain, mut filtered) = ([0.; SUB_BLOCK], [0.; SUB_BLOCK]);
        codebook.vector(50, &mut plain);
        codebook.vector(50 + codebook.section_size(), &mut filtered);
        assert!(
            plain.iter().zip(&filtered).all(|(a, b)| (a + 0.2 - b / 1.315_918).abs() < 0.5),
            "{plain:?} {filtered:?}"
        );
    }

    #[test]
    fn every_index_of_eight_bits_has_a_vector() {
        for (memory, block) in [(85, 22), (85, 23), (147, 40)] {
            let codebook = Codebook::new(ramp(memory), block);
            for index in 0..=255 {
                codebook.vector(index, &mut [0.; SUB_BLOCK][..block]);
            }
        }
    }
}
