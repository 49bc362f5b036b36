//! The residual from what a frame says, as the decoder makes it and the encoder foresees it (RFC 3951 §4.2 to §4.4).
#![expect(clippy::indexing_slicing, reason = "a placement and its blocks lie within the frame")]

use super::blocks::{Block, Placement};
use super::codebook::Codebook;
use super::filter::Lpc;
use super::parameters::{Parameters, VectorCode};
use super::{MAX_SAMPLES, MAX_SUB_BLOCKS, SUB_BLOCK, blocks, gain, start_state};

/// The whole residual; what is beyond the frame stays zero.
pub(super) fn residual(
    parameters: &Parameters,
    placement: Placement,
    filters: &[Lpc; MAX_SUB_BLOCKS],
) -> [f32; MAX_SAMPLES] {
    let mut residual = [0.; MAX_SAMPLES];
    state(parameters, placement, filters, &mut residual);
    for (to, code) in blocks::order(placement).zip(&parameters.vectors) {
        block(&to, *code, &mut residual);
    }
    residual
}

/// The samples of the start state.
pub(super) fn state(
    parameters: &Parameters,
    placement: Placement,
    filters: &[Lpc; MAX_SUB_BLOCKS],
    residual: &mut [f32; MAX_SAMPLES],
) {
    let samples = &mut residual[placement.samples()];
    let codes = &parameters.state[..samples.len()];
    start_state::construct(parameters.scale, codes, &filters[placement.sub_block], samples);
}

/// A block from the codebook.
pub(super) fn block(block: &Block, code: VectorCode, residual: &mut [f32; MAX_SAMPLES]) {
    let length = block.samples.len();
    let codebook = Codebook::new(block.memory(residual), length);
    let (mut sum, mut vector) = ([0.; SUB_BLOCK], [0.; SUB_BLOCK]);
    for (index, gain) in code.index.into_iter().zip(gain::dequantize(code.gain)) {
        codebook.vector(usize::from(index), &mut vector[..length]);
        sum.iter_mut().zip(&vector).for_each(|(sum, sample)| *sum += gain * sample);
    }
    block.put(&sum[..length], residual);
}
