//! The encoder (RFC 3951 §3).
#![expect(clippy::indexing_slicing, reason = "frames are whole, sub-blocks and blocks lie within them")]

use super::filter::{Analysis, HighPass, Lpc};
use super::lpc::{Analyzer, widen};
use super::lsf::{self, Lsf, MEAN};
use super::parameters::Parameters;
use super::search::{RANGES, search};
use super::{MAX_SAMPLES, MAX_SUB_BLOCKS, Mode, SUB_BLOCK, blocks, construct, start_state};

/// How far the roots of the filter are drawn in for the weighting of errors.
const WEIGHTING_CHIRP: f32 = 0.4222;

/// Samples into frames.
#[derive(Clone, Debug)]
pub struct Encoder {
    mode: Mode,
    high_pass: HighPass,
    analyzer: Analyzer,
    analysis: Analysis,
    /// The last LSFs of the frame before, as they were and as they were quantized.
    before: [Lsf; 2],
}

/// The filters of a frame's sub-blocks.
struct Filters {
    synthesis: [Lpc; MAX_SUB_BLOCKS],
    weighting: [Lpc; MAX_SUB_BLOCKS],
}

impl Encoder {
    /// The state before the first frame.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            high_pass: HighPass::input(),
            analyzer: Analyzer::new(),
            analysis: Analysis::default(),
            before: [MEAN; 2],
        }
    }

    /// Whole frames into a payload; gives its length, or `None` if `samples` are not one whole frame or more, or
    /// `payload` is too small for them.
    pub fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        let frames = samples.chunks_exact(self.mode.samples());
        if samples.is_empty() || !frames.remainder().is_empty() {
            return None;
        }
        let payload = payload.get_mut(..frames.len() * self.mode.bytes())?;
        for (samples, frame) in frames.zip(payload.chunks_exact_mut(self.mode.bytes())) {
            self.encode_frame(samples, frame);
        }
        Some(payload.len())
    }

    fn encode_frame(&mut self, samples: &[i16], frame: &mut [u8]) {
        let mut speech = [0.; MAX_SAMPLES];
        let speech = &mut speech[..samples.len()];
        speech.iter_mut().zip(samples).for_each(|(out, sample)| *out = f32::from(*sample));
        self.high_pass.filter(speech);

        let mut parameters = Parameters::new();
        let filters = self.envelope(speech, &mut parameters);
        let mut residual = [0.; MAX_SAMPLES];
        let sub_blocks = speech.chunks_exact(SUB_BLOCK).zip(residual.chunks_exact_mut(SUB_BLOCK));
        for ((speech, residual), lpc) in sub_blocks.zip(&filters.synthesis) {
            self.analysis.filter(speech, lpc, residual);
        }
        encode_residual(self.mode, &residual, &filters, &mut parameters);
        parameters.pack(self.mode, frame);
    }

    fn envelope(&mut self, speech: &[f32], parameters: &mut Parameters) -> Filters {
        let sets = self.analyzer.analyze(self.mode, speech);
        let used = self.mode.envelopes();
        for (indices, lsf) in parameters.lsf.iter_mut().zip(&sets[..used]) {
            *indices = lsf::quantize(lsf);
        }
        let quantized = parameters.lsf.map(lsf::dequantize);
        let synthesis = lsf::interpolate(self.mode, &self.before[1], &quantized);
        let mut weighting = lsf::interpolate(self.mode, &self.before[0], &sets);
        for filter in &mut weighting {
            widen(filter, WEIGHTING_CHIRP);
        }
        self.before = [sets[used - 1], quantized[used - 1]];
        Filters { synthesis, weighting }
    }
}

fn encode_residual(mode: Mode, residual: &[f32; MAX_SAMPLES], filters: &Filters, parameters: &mut Parameters) {
    let (second, first) = start_state::locate(residual, mode);
    parameters.start = u8::try_from(second).unwrap_or(u8::MAX);
    parameters.state_first = u8::from(first);
    let placement = parameters.placement(mode);
    let sub_block = placement.sub_block;
    parameters.scale = start_state::quantize(
        &residual[placement.samples()],
        &filters.synthesis[sub_block],
        [&filters.weighting[sub_block], &filters.weighting[sub_block + 1]],
        placement.samples_in_first(),
        &mut parameters.state,
    );

    let mut coded = [0.; MAX_SAMPLES];
    construct::state(parameters, placement, &filters.synthesis, &mut coded);
    for ((block, code), ranges) in blocks::order(placement).zip(&mut parameters.vectors).zip(RANGES) {
        let mut target = [0.; SUB_BLOCK];
        let target = block.take(residual, &mut target);
        *code = search(&block.memory(&coded), target, &filters.weighting[block.sub_block()], ranges);
        construct::block(&block, *code, &mut coded);
    }
}
