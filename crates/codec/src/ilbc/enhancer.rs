//! The enhancer (RFC 3951 §4.6, §4.5.3): each block of the residual becomes more like its neighbours one pitch period away.
#![expect(clippy::indexing_slicing, reason = "blocks, lags and frames lie within the samples that are kept")]

use super::Mode;
use super::correlate::{dot, energy};
use super::pitch::{Halved, SHORTEST, strength};
use super::refine::refine;

/// Samples of a block.
pub(super) const BLOCK: usize = 80;
/// Blocks that are kept.
const BLOCKS: usize = 8;
/// Samples that are kept.
pub(super) const KEPT: usize = BLOCKS * BLOCK;
/// How much energy the change of a block may have, relative to the block.
const MAX_CHANGE: f32 = 0.05;
/// Neighbours on each side.
const NEIGHBOURS: usize = 3;
/// How much a neighbour counts, farthest first: half a Hann window.
const WEIGHTS: [f32; NEIGHBOURS] = [0.146_446_61, 0.5, 0.853_553_4];
/// Samples at either end where no neighbour is looked for.
const MARGIN: f32 = 2.;

/// The newest 80 ms of the residual and their pitch.
#[derive(Clone, Debug)]
pub(super) struct Enhancer {
    mode: Mode,
    residual: [f32; KEPT],
    periods: [usize; BLOCKS],
    lag: usize,
    last_came: bool,
}

impl Enhancer {
    pub(super) const fn new(mode: Mode) -> Self {
        Self { mode, residual: [0.; KEPT], periods: [40; BLOCKS], lag: SHORTEST, last_came: true }
    }

    /// The lag of the newest block.
    pub(super) fn lag(&self) -> usize {
        self.lag
    }

    /// The next frame of residual in, an enhanced one out, which is behind by half a block (20 ms) or a block (30 ms).
    /// `came` says whether the frame is one that came or is concealed.
    pub(super) fn enhance(&mut self, residual: &[f32], came: bool, out: &mut [f32]) {
        self.residual.copy_within(residual.len().., 0);
        let start = KEPT - residual.len();
        self.residual[start..].copy_from_slice(residual);
        self.find_periods();
        if !self.last_came {
            self.blend_into_concealment(start);
        }
        self.last_came = came;
        let first = match self.mode {
            Mode::Ms20 => 5 * BLOCK + BLOCK / 2,
            Mode::Ms30 => 4 * BLOCK,
        };
        for (number, out) in out.chunks_exact_mut(BLOCK).enumerate() {
            self.enhance_block(first + number * BLOCK, out);
        }
    }

    fn find_periods(&mut self) {
        let blocks = self.mode.samples() / BLOCK;
        self.periods.copy_within(blocks.., 0);
        let halved = Halved::new(&self.residual, blocks);
        for block in 0..blocks {
            self.lag = halved.lag(block);
            self.periods[BLOCKS - blocks + block] = self.lag;
        }
    }

    /// The frame before, which is still held back in part, was concealed: mixes its end with what comes a period later.
    fn blend_into_concealment(&mut self, start: usize) {
        let frame_block = start / BLOCK;
        let held = match self.mode {
            Mode::Ms20 => BLOCK / 2,
            Mode::Ms30 => BLOCK,
        };
        let lag = self.lag_across(start, self.periods[frame_block], held);
        self.periods[frame_block - 1] = lag;

        let mut later = [0.; BLOCK];
        let later = &mut later[..held];
        later.copy_from_slice(&self.residual[start - held + lag..start + lag]);
        let concealed = &mut self.residual[start - held..start];
        soften(later, energy(concealed));
        #[expect(clippy::cast_precision_loss, reason = "at most 80")]
        for (place, (concealed, later)) in concealed.iter_mut().zip(&*later).enumerate() {
            let share = (held - place) as f32 / (held + 1) as f32;
            *concealed = share * *concealed + (1. - share) * later;
        }
    }

    /// The lag at which the frame's beginning repeats best, within one sample of `near`.
    fn lag_across(&self, start: usize, near: usize, length: usize) -> usize {
        let newest = &self.residual[start..start + length];
        let mut best = (near, f32::NEG_INFINITY);
        for lag in near - 1..=near + 1 {
            let later = &self.residual[start + lag..start + lag + length];
            let strength = strength(dot(newest, later), energy(later));
            if strength > best.1 {
                best = (lag, strength);
            }
        }
        best.0
    }

    fn enhance_block(&self, center: usize, out: &mut [f32]) {
        let surround = self.surround(center);
        let block = &self.residual[center..center + BLOCK];
        let (own, product, other) = (energy(block), dot(&surround, block), energy(&surround));
        let (of_surround, of_block) = shares(own, product, other, block, &surround);
        for ((out, surround), sample) in out.iter_mut().zip(&surround).zip(block) {
            *out = of_surround * surround + of_block * sample;
        }
    }

    /// The weighted sum of the neighbours.
    #[expect(clippy::cast_precision_loss, reason = "places and periods are below 640")]
    fn surround(&self, center: usize) -> [f32; BLOCK] {
        let mut sum = [0.; BLOCK];
        let mut add = |segment: &[f32; BLOCK], weight: f32| {
            sum.iter_mut().zip(segment).for_each(|(sum, sample)| *sum += sample * weight);
        };
        let half = (BLOCK / 2) as f32;
        let mut start = center as f32;
        let mut period = self.period_near(start + half - 0.5);
        for weight in WEIGHTS.iter().rev() {
            start -= period;
            let next = self.period_near(start + half - period);
            if start >= MARGIN {
                let (segment, found) = refine(&self.residual, center, start);
                add(&segment, *weight);
                start = found;
            }
            period = next;
        }
        let mut start = center as f32;
        for weight in WEIGHTS.iter().rev() {
            start += self.period_before(start + half);
            if start + BLOCK as f32 + MARGIN < KEPT as f32 {
                let (segment, found) = refine(&self.residual, center, start);
                add(&segment, *weight);
                start = found;
            }
        }
        sum
    }

    /// The period of the block whose middle is nearest.
    fn period_near(&self, place: f32) -> f32 {
        self.nearest(place, |_| 0.)
    }

    /// The period of the block whose middle, one of its periods earlier, is nearest.
    fn period_before(&self, place: f32) -> f32 {
        self.nearest(place, |period| period)
    }

    #[expect(clippy::cast_precision_loss, reason = "places and periods are below 640")]
    fn nearest(&self, place: f32, shift: impl Fn(f32) -> f32) -> f32 {
        let mut best = (0., f32::INFINITY);
        for (block, period) in self.periods.iter().enumerate() {
            let period = *period as f32;
            let middle = (block * BLOCK + BLOCK / 2) as f32 - shift(period);
            let distance = (middle - place).abs();
            if distance < best.1 {
                best = (period, distance);
            }
        }
        best.0
    }
}

/// The shares of the neighbours and of the block itself in what is heard.
fn shares(own: f32, product: f32, other: f32, block: &[f32], surround: &[f32]) -> (f32, f32) {
    let other = other.max(1.);
    let scale = (own / other).sqrt();
    let change = block.iter().zip(surround).fold(0., |sum, (sample, surround)| {
        let difference = sample - scale * surround;
        sum + difference * difference
    });
    if change <= MAX_CHANGE * own {
        return (scale, 0.);
    }
    let own = own.max(1.);
    let difference = (other * own - product * product) / (own * own);
    if difference > 0.0001 {
        let of_surround = ((MAX_CHANGE - MAX_CHANGE * MAX_CHANGE / 4.) / difference).sqrt();
        (of_surround, 1. - MAX_CHANGE / 2. - of_surround * product / own)
    } else {
        (0., 1.)
    }
}

/// Samples of the rise at the end of what is softened.
const RISE: usize = 10;

/// Limits what is mixed in to twice the amplitude of what it is mixed with; the last samples rise to full.
fn soften(later: &mut [f32], concealed: f32) {
    let energy = energy(later);
    if energy <= 4. * concealed || energy <= 0. {
        return;
    }
    let factor = 2. * (concealed / energy).sqrt();
    let level = later.len() - RISE;
    #[expect(clippy::cast_precision_loss, reason = "at most 10")]
    for (place, sample) in later.iter_mut().enumerate() {
        let risen = place.saturating_sub(level) as f32 / RISE as f32;
        *sample *= factor + risen * (1. - factor);
    }
}
