//! The start state (RFC 3951 §3.5, §4.2): where a frame has most of its power, coded sample by sample.
//!
//! An all-pass filter spreads the samples evenly in time before they are quantized, and gathers them afterwards.
#![expect(clippy::indexing_slicing, reason = "a state has at most 58 samples, a table all values of its index")]
#![expect(clippy::unreadable_literal, clippy::excessive_precision, reason = "as the RFC prints them")]

use super::blocks::Placement;
use super::correlate::energy;
use super::filter::{Lpc, ORDER, all_pole, all_zero, predicted_from};
use super::{MAX_SAMPLES, MAX_SUB_BLOCKS, Mode, SUB_BLOCK};

/// Samples of the longest state.
const MAX_STATE: usize = 58;

/// The logarithm of the largest magnitude, to the base 10.
#[rustfmt::skip]
static SCALES: [f32; 64] = [
    1.000085, 1.071695, 1.140395, 1.206868, 1.277188, 1.351503, 1.429380, 1.500727, 1.569049, 1.639599, 1.707071,
    1.781531, 1.840799, 1.901550, 1.956695, 2.006750, 2.055474, 2.102787, 2.142819, 2.183592, 2.217962, 2.257177,
    2.295739, 2.332967, 2.369248, 2.402792, 2.435080, 2.468598, 2.503394, 2.539284, 2.572944, 2.605036, 2.636331,
    2.668939, 2.698780, 2.729101, 2.759786, 2.789834, 2.818679, 2.848074, 2.877470, 2.906899, 2.936655, 2.967804,
    3.000115, 3.033367, 3.066355, 3.104231, 3.141499, 3.183012, 3.222952, 3.265433, 3.308441, 3.350823, 3.395275,
    3.442793, 3.490801, 3.542514, 3.604064, 3.666050, 3.740994, 3.830749, 3.938770, 4.101764,
];
/// The largest magnitude, in the unit of [`LEVELS`].
const LARGEST: f32 = 4.5;
/// The values of a sample.
static LEVELS: [f32; 8] = [-3.719849, -2.177490, -1.130005, -0.309692, 0.444214, 1.329712, 2.436279, 3.983887];
/// How much less the outermost samples count.
const EDGE: [f32; 5] = [1. / 6., 2. / 6., 3. / 6., 4. / 6., 5. / 6.];
/// How much pairs of sub-blocks count; those in the middle of the frame are preferred.
const PAIRS: [f32; MAX_SUB_BLOCKS - 1] = [0.8, 0.9, 1., 0.9, 0.8];

/// Where the state of a frame is best placed: the second one of its sub-blocks, and whether it comes first in them.
pub(super) fn locate(residual: &[f32; MAX_SAMPLES], mode: Mode) -> (usize, bool) {
    let pairs = match mode {
        Mode::Ms20 => &PAIRS[1..4],
        Mode::Ms30 => &PAIRS[..],
    };
    let mut best = (1, f32::NEG_INFINITY);
    for (second, weight) in (1..).zip(pairs) {
        let power = pair_power(&residual[(second - 1) * SUB_BLOCK..][..2 * SUB_BLOCK]) * weight;
        if power > best.1 {
            best = (second, power);
        }
    }
    let power = |first| energy(&residual[Placement::new(mode, best.0, first).samples()]);
    (best.0, power(true) > power(false))
}

fn pair_power(samples: &[f32]) -> f32 {
    let (rising, falling) = samples.split_at(SUB_BLOCK);
    let front = EDGE.iter().chain(std::iter::repeat(&1.)).zip(rising);
    let back = EDGE.iter().chain(std::iter::repeat(&1.)).zip(falling.iter().rev());
    let power = |sum, (weight, sample): (&f32, &f32)| sum + weight * sample * sample;
    front.fold(0., power) + back.fold(0., power)
}

/// Fills `codes` with the levels of the samples of the state and gives the index of its scale. `weighting` has the
/// filters of the two sub-blocks; the second one begins at sample `change`.
pub(super) fn quantize(
    samples: &[f32],
    synthesis: &Lpc,
    weighting: [&Lpc; 2],
    change: usize,
    codes: &mut [u8; MAX_STATE],
) -> u8 {
    let mut spread = [0.; ORDER + MAX_STATE];
    let spread = &mut spread[..ORDER + samples.len()];
    all_pass(samples.iter().copied(), synthesis, &mut spread[ORDER..]);
    let largest = spread[ORDER..].iter().fold(0., |largest: f32, sample| largest.max(sample.abs()));
    let scale = nearest(largest.max(10.).log10(), &SCALES);
    let unit = LARGEST / 10f32.powf(SCALES[usize::from(scale)]);
    spread[ORDER..].iter_mut().for_each(|sample| *sample *= unit);

    let change = ORDER + change;
    all_pole(&mut spread[..change], weighting[0]);
    all_pole(&mut spread[change - ORDER..], weighting[1]);
    let mut heard = [0.; ORDER + MAX_STATE];
    for (now, code) in (ORDER..spread.len()).zip(codes) {
        let lpc = weighting[usize::from(now >= change)];
        let (past, rest) = heard.split_at_mut(now);
        let past = &past[now - ORDER..];
        let predicted = predicted_from(0., past, lpc);
        *code = nearest(spread[now] - predicted, &LEVELS);
        rest[0] = LEVELS[usize::from(*code)] + predicted;
    }
    scale
}

/// Fills `samples` with the state that was coded.
pub(super) fn construct(scale: u8, codes: &[u8], synthesis: &Lpc, samples: &mut [f32]) {
    let unit = 10f32.powf(SCALES[usize::from(scale & 63)]) / LARGEST;
    let levels = codes.iter().take(samples.len()).rev().map(|code| unit * LEVELS[usize::from(code & 7)]);
    all_pass(levels, synthesis, samples);
    samples.reverse();
}

/// A(1/z)z⁻¹⁰ / A(z), with what comes out later than the last sample added from the first one on.
fn all_pass(input: impl Iterator<Item = f32>, lpc: &Lpc, out: &mut [f32]) {
    let mut padded = [0.; ORDER + 2 * MAX_STATE];
    padded[ORDER..].iter_mut().zip(input).for_each(|(place, sample)| *place = sample);
    let mut reversed = *lpc;
    reversed.reverse();
    let mut passed = [0.; ORDER + 2 * MAX_STATE];
    let end = ORDER + 2 * out.len();
    all_zero(&padded[..end], &reversed, &mut passed[ORDER..end]);
    all_pole(&mut passed[..end], lpc);
    let (now, later) = passed[ORDER..end].split_at(out.len());
    out.iter_mut().zip(now).zip(later).for_each(|((out, now), later)| *out = now + later);
}

/// The index of the value that is nearest, the lower one if two are.
fn nearest(value: f32, table: &[f32]) -> u8 {
    let below = table.array_windows().filter(|[low, high]| value > (low + high) / 2.).count();
    u8::try_from(below).unwrap_or(u8::MAX)
}
