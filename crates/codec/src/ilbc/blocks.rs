//! In which order the residual of a frame is coded, and from which samples of it (RFC 3951 §3.6).
//!
//! What has been coded is one piece at any time. It grows at its end, then at its beginning; there, everything is done
//! in reversed time. The memory of the codebook is the samples of that piece next to the block, and zeros beyond it.
#![expect(clippy::indexing_slicing, reason = "a block and what is coded lie within the frame")]

use std::ops::Range;

use super::codebook::{MAX_MEMORY, Memory};
use super::{MAX_SAMPLES, Mode, SUB_BLOCK};

/// Memory for the rest of the start state.
const STATE_MEMORY: usize = 85;

/// Where the start state of a frame is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    /// The first one of its two sub-blocks.
    pub(super) sub_block: usize,
    /// Whether the samples come first in the two.
    pub(super) first: bool,
    mode: Mode,
}

/// A piece of the residual that the codebook gives.
pub(super) struct Block {
    pub(super) samples: Range<usize>,
    reversed: bool,
    memory: usize,
    /// What is coded when this block's turn comes.
    coded: Range<usize>,
}

impl Placement {
    /// `second` is the second one of the sub-blocks with the start state, from 1 to the last one of the frame.
    pub(super) fn new(mode: Mode, second: usize, first: bool) -> Self {
        Self { sub_block: second.clamp(1, mode.sub_blocks() - 1) - 1, first, mode }
    }

    /// The samples that are coded one by one.
    pub(super) fn samples(&self) -> Range<usize> {
        let both = self.both();
        if self.first {
            both.start..both.start + self.mode.state_samples()
        } else {
            both.end - self.mode.state_samples()..both.end
        }
    }

    /// How many of them are in the first one of the sub-blocks.
    pub(super) fn samples_in_first(&self) -> usize {
        if self.first { SUB_BLOCK } else { self.mode.state_samples() - SUB_BLOCK }
    }

    fn both(&self) -> Range<usize> {
        self.sub_block * SUB_BLOCK..(self.sub_block + 2) * SUB_BLOCK
    }
}

/// The blocks in the order in which they are coded.
pub(super) fn order(placement: Placement) -> impl Iterator<Item = Block> {
    let (both, state) = (placement.both(), placement.samples());
    let rest = if placement.first { state.end..both.end } else { both.start..state.start };
    let rest = Block { samples: rest, reversed: !placement.first, memory: STATE_MEMORY, coded: state };
    let sub_blocks = placement.mode.sub_blocks();
    let block = |number: usize, reversed, coded| Block {
        samples: number * SUB_BLOCK..(number + 1) * SUB_BLOCK,
        reversed,
        memory: MAX_MEMORY,
        coded,
    };
    let (from, end) = (both.start, sub_blocks * SUB_BLOCK);
    let forward =
        (placement.sub_block + 2..sub_blocks).map(move |number| block(number, false, from..number * SUB_BLOCK));
    let backward = (0..placement.sub_block).rev().map(move |number| block(number, true, (number + 1) * SUB_BLOCK..end));
    std::iter::once(rest).chain(forward).chain(backward)
}

impl Block {
    /// The sub-block that this one is in.
    pub(super) fn sub_block(&self) -> usize {
        self.samples.start / SUB_BLOCK
    }

    /// The codebook's memory: what is coded, nearest last.
    pub(super) fn memory(&self, residual: &[f32; MAX_SAMPLES]) -> Memory {
        let mut memory = Memory::silent(self.memory);
        let coded = &residual[self.coded.clone()];
        let places = memory.samples_mut().iter_mut().rev();
        if self.reversed {
            places.zip(coded).for_each(|(place, sample)| *place = *sample);
        } else {
            places.zip(coded.iter().rev()).for_each(|(place, sample)| *place = *sample);
        }
        memory
    }

    /// This block's samples in its own direction of time; fills the beginning of `out` and gives it back.
    pub(super) fn take<'a>(&self, residual: &[f32; MAX_SAMPLES], out: &'a mut [f32; SUB_BLOCK]) -> &'a mut [f32] {
        let out = &mut out[..self.samples.len()];
        out.copy_from_slice(&residual[self.samples.clone()]);
        if self.reversed {
            out.reverse();
        }
        out
    }

    /// Puts samples in this block's direction of time to their place.
    pub(super) fn put(&self, vector: &[f32], residual: &mut [f32; MAX_SAMPLES]) {
        let place = &mut residual[self.samples.clone()];
        place.copy_from_slice(vector);
        if self.reversed {
            place.reverse();
        }
    }
}
