//! The decoder (RFC 3951 §4).
#![expect(clippy::indexing_slicing, reason = "a frame has 4 or 6 sub-blocks")]

use super::concealment::Concealment;
use super::enhancer::Enhancer;
use super::filter::{FLAT, HighPass, Lpc, Synthesis};
use super::lsf::{self, Lsf, MEAN};
use super::parameters::Parameters;
use super::{MAX_SAMPLES, MAX_SUB_BLOCKS, Mode, SUB_BLOCK, construct};

/// Frames into samples, which come 5 ms (frames of 20 ms) or 10 ms later than they were spoken.
#[derive(Clone, Debug)]
pub struct Decoder {
    mode: Mode,
    /// The last LSFs of the newest frame that came.
    before: Lsf,
    concealment: Concealment,
    enhancer: Enhancer,
    /// The filters of the sub-blocks that the enhancer holds back; of 20 ms the last one only.
    held: [Lpc; 2],
    synthesis: Synthesis,
    high_pass: HighPass,
}

/// What synthesis is done from.
struct Excitation {
    residual: [f32; MAX_SAMPLES],
    filters: [Lpc; MAX_SUB_BLOCKS],
}

impl Decoder {
    /// The state before the first frame.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            before: MEAN,
            concealment: Concealment::new(),
            enhancer: Enhancer::new(mode),
            held: [FLAT; 2],
            synthesis: Synthesis::default(),
            high_pass: HighPass::output(),
        }
    }

    /// A payload of one frame or more into samples; gives their number, or `None` if it is no payload or `samples` has
    /// no room. A frame that says that it was lost, or what no encoder says, is concealed.
    pub fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize> {
        let frames = payload.chunks_exact(self.mode.bytes());
        if payload.is_empty() || !frames.remainder().is_empty() {
            return None;
        }
        let samples = samples.get_mut(..frames.len() * self.mode.samples())?;
        for (frame, samples) in frames.zip(samples.chunks_exact_mut(self.mode.samples())) {
            let excitation = Parameters::unpack(self.mode, frame).map(|parameters| self.excite(&parameters));
            self.play(excitation, samples);
        }
        Some(samples.len())
    }

    /// What is heard in place of a payload that is lost: the pitch goes on, more and more softly (RFC 3951 §4.5).
    /// `samples` are as many frames as are lost; what is over is silent.
    pub fn conceal(&mut self, samples: &mut [i16]) {
        let mut frames = samples.chunks_exact_mut(self.mode.samples());
        for samples in &mut frames {
            self.play(None, samples);
        }
        frames.into_remainder().fill(0);
    }

    fn excite(&mut self, parameters: &Parameters) -> Excitation {
        let sets = parameters.lsf.map(lsf::dequantize);
        let filters = lsf::interpolate(self.mode, &self.before, &sets);
        self.before = sets[self.mode.envelopes() - 1];
        let residual = construct::residual(parameters, parameters.placement(self.mode), &filters);
        self.concealment.remember(&residual, &filters[self.mode.sub_blocks() - 1]);
        Excitation { residual, filters }
    }

    /// One frame; without an excitation it is lost.
    fn play(&mut self, excitation: Option<Excitation>, samples: &mut [i16]) {
        let came = excitation.is_some();
        let excitation = excitation.unwrap_or_else(|| {
            let (residual, filter) = self.concealment.conceal(self.mode, self.enhancer.lag());
            Excitation { residual, filters: [filter; MAX_SUB_BLOCKS] }
        });
        let mut speech = [0.; MAX_SAMPLES];
        let speech = &mut speech[..samples.len()];
        self.enhancer.enhance(&excitation.residual[..speech.len()], came, speech);
        let filters = self.hold_back(&excitation.filters);
        for (sub_block, lpc) in speech.chunks_exact_mut(SUB_BLOCK).zip(&filters) {
            self.synthesis.filter(sub_block, lpc);
        }
        self.high_pass.filter(speech);
        samples.iter_mut().zip(speech).for_each(|(out, sample)| *out = round(*sample));
    }

    /// The filters of the sub-blocks that the enhancer gives out with this frame.
    fn hold_back(&mut self, filters: &[Lpc; MAX_SUB_BLOCKS]) -> [Lpc; MAX_SUB_BLOCKS] {
        let (held, sub_blocks) = (self.mode.envelopes(), self.mode.sub_blocks());
        let mut delayed = *filters;
        delayed[..held].copy_from_slice(&self.held[..held]);
        delayed[held..sub_blocks].copy_from_slice(&filters[..sub_blocks - held]);
        self.held[..held].copy_from_slice(&filters[sub_blocks - held..sub_blocks]);
        delayed
    }
}

#[expect(clippy::cast_possible_truncation, reason = "beyond the range of a sample it stays at the end of it")]
fn round(sample: f32) -> i16 {
    (sample + 0.5f32.copysign(sample)) as i16
}
