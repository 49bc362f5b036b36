//! The filters: linear prediction both ways, and the high-pass at either end of the codec.
#![expect(clippy::indexing_slicing, reason = "a buffer begins with as many samples of the past as a filter has taps")]

use super::SUB_BLOCK;

/// Order of the linear prediction.
pub(super) const ORDER: usize = 10;

/// 1 + a₁z⁻¹ + … + a₁₀z⁻¹⁰, first coefficient included.
pub(super) type Lpc = [f32; ORDER + 1];

/// The prediction that predicts nothing.
pub(super) const FLAT: Lpc = [1., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0.];

/// Below this the memory of a filter is silence. Left to fade it would become denormal numbers, which are slow.
const SILENCE: f32 = 1e-12;

/// 1/A(z) over `samples` in place, after the first [`ORDER`], which came out before.
pub(super) fn all_pole(samples: &mut [f32], lpc: &Lpc) {
    for now in ORDER..samples.len() {
        samples[now] = predicted_from(samples[now], &samples[now - ORDER..now], lpc);
    }
}

/// What 1/A(z) makes of `input` after the [`ORDER`] outputs of `past`, newest last.
#[inline]
pub(super) fn predicted_from(input: f32, past: &[f32], lpc: &Lpc) -> f32 {
    past.iter().zip(lpc.iter().rev()).fold(input, |sum, (before, a)| sum - a * before)
}

/// B(z) over `samples` after the first [`ORDER`], which are the past; fills `out`.
pub(super) fn all_zero(samples: &[f32], taps: &Lpc, out: &mut [f32]) {
    for (tap, coefficient) in taps.iter().enumerate() {
        for (out, sample) in out.iter_mut().zip(&samples[ORDER - tap..]) {
            *out = if tap == 0 { 0. } else { *out } + coefficient * sample;
        }
    }
}

/// A(z) with a memory: speech in, residual out.
#[derive(Clone, Debug, Default)]
pub(super) struct Analysis([f32; ORDER]);

impl Analysis {
    /// One sub-block of speech; fills `residual`.
    pub(super) fn filter(&mut self, speech: &[f32], lpc: &Lpc, residual: &mut [f32]) {
        let mut buffer = [0.; ORDER + SUB_BLOCK];
        buffer[..ORDER].copy_from_slice(&self.0);
        buffer[ORDER..].copy_from_slice(speech);
        all_zero(&buffer, lpc, residual);
        self.0.copy_from_slice(&buffer[SUB_BLOCK..]);
    }
}

/// 1/A(z) with a memory: residual in, speech out.
#[derive(Clone, Debug, Default)]
pub(super) struct Synthesis([f32; ORDER]);

impl Synthesis {
    /// One sub-block, in place.
    pub(super) fn filter(&mut self, residual: &mut [f32], lpc: &Lpc) {
        let mut buffer = [0.; ORDER + SUB_BLOCK];
        buffer[..ORDER].copy_from_slice(&self.0);
        buffer[ORDER..].copy_from_slice(residual);
        all_pole(&mut buffer, lpc);
        residual.copy_from_slice(&buffer[ORDER..]);
        self.0.copy_from_slice(&buffer[SUB_BLOCK..]);
        self.0.iter_mut().for_each(settle);
    }
}

/// A high-pass of second order (RFC 3951 §3.1, §4.8).
#[derive(Clone, Debug)]
pub(super) struct HighPass {
    zeros: [f32; 3],
    poles: [f32; 2],
    inputs: [f32; 2],
    outputs: [f32; 2],
}

impl HighPass {
    /// 90 Hz, before the encoder.
    pub(super) const fn input() -> Self {
        Self::new([0.927_274_36, -1.854_494_1, 0.927_274_36], [-1.905_946_5, 0.911_402_4])
    }

    /// 65 Hz, after the decoder.
    pub(super) const fn output() -> Self {
        Self::new([0.939_805_8, -1.879_583_4, 0.939_805_8], [-1.933_073_5, 0.935_892])
    }

    const fn new(zeros: [f32; 3], poles: [f32; 2]) -> Self {
        Self { zeros, poles, inputs: [0.; 2], outputs: [0.; 2] }
    }

    /// In place.
    pub(super) fn filter(&mut self, samples: &mut [f32]) {
        for sample in samples {
            let [x1, x2] = self.inputs;
            let [y1, y2] = self.outputs;
            let forward = self.zeros[0] * *sample + self.zeros[1] * x1 + self.zeros[2] * x2;
            let out = forward - self.poles[0] * y1 - self.poles[1] * y2;
            self.inputs = [*sample, x1];
            self.outputs = [out, y1];
            *sample = out;
        }
        self.inputs.iter_mut().chain(&mut self.outputs).for_each(settle);
    }
}

/// Silence stays silence, and what is no number (which a payload of nonsense can lead to) does not stay.
fn settle(memory: &mut f32) {
    if !memory.is_finite() || memory.abs() < SILENCE {
        *memory = 0.;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_does_not_stay_in_a_filter() {
        let (mut synthesis, mut high_pass) = (Synthesis::default(), HighPass::output());
        for wrong in [f32::INFINITY, f32::NAN] {
            synthesis.filter(&mut [wrong; SUB_BLOCK], &FLAT);
            high_pass.filter(&mut [wrong; SUB_BLOCK]);
            let mut samples = [1.; SUB_BLOCK];
            synthesis.filter(&mut samples, &FLAT);
            high_pass.filter(&mut samples);
            assert!(samples.iter().all(|sample| sample.is_finite()), "{samples:?}");
        }
    }

    #[test]
    fn analysis_undoes_synthesis() {
        let lpc = [1., -1.2, 0.7, 0.1, -0.2, 0.05, 0., 0.1, -0.1, 0.02, 0.03];
        let (mut analysis, mut synthesis) = (Analysis::default(), Synthesis::default());
        for block in 0..5u8 {
            let residual: [f32; SUB_BLOCK] =
                [0, 1, 5, 2].map(|sample| f32::from(sample * block)).repeat(10).try_into().unwrap();
            let (mut speech, mut again) = (residual, [0.; SUB_BLOCK]);
            synthesis.filter(&mut speech, &lpc);
            analysis.filter(&speech, &lpc, &mut again);
            assert!(again.iter().zip(&residual).all(|(a, b)| (a - b).abs() < 0.01), "{again:?}");
        }
    }
}
