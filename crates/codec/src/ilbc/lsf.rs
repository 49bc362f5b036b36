//! Line spectral frequencies (RFC 3951 §3.2.3 to §3.2.7): the prediction filter as ten angles that can be quantized.
#![expect(clippy::indexing_slicing, reason = "an index is masked to the length of its codebook, a power of two")]

use std::f32::consts::{PI, TAU};

use super::filter::{Lpc, ORDER};
use super::lsf_codebook::{HIGH, LOW, MIDDLE};
use super::{MAX_SUB_BLOCKS, Mode};

/// Ten angles from 0 to π, rising.
pub(super) type Lsf = [f32; ORDER];

/// What is assumed before the first frame.
pub(super) const MEAN: Lsf =
    [0.281_738, 0.445_801, 0.663_33, 0.962_524, 1.251_831, 1.533_081, 1.850_586, 2.137_817, 2.481_445, 2.777_344];

/// Two LSFs are this far apart (50 Hz), or are moved.
const GAP: f32 = 0.039;
/// The range that they are kept in.
const LOWEST: f32 = 0.01;
#[expect(clippy::approx_constant, reason = "as the RFC has it, a little below π")]
const HIGHEST: f32 = 3.14;

/// How finely roots are searched, in cycles per sample, and how often the step is halved when one is found.
const STEP: f32 = 0.006_35;
const HALVINGS: usize = 3;

/// The LSFs of a filter: angles of the roots of A(z) ± z⁻¹¹A(1/z), in turn of one and of the other.
pub(super) fn from_lpc(lpc: &Lpc) -> Lsf {
    let polynomials = [sum_polynomial(lpc), difference_polynomial(lpc)];
    let mut from = 0.;
    std::array::from_fn(|number| {
        let polynomial = &polynomials[number % 2];
        let sign = if number / 2 % 2 == 0 { 1. } else { -1. };
        let (root, next) = find_root(polynomial, sign, from);
        from = next;
        root * TAU
    })
}

/// Coefficients of cos 4ω to cos 0 in (A(z) + z⁻¹¹A(1/z)) / (1 + z⁻¹); that of cos 5ω is 1.
fn sum_polynomial(lpc: &Lpc) -> [f32; 5] {
    let mut before = 1.;
    halve_last(std::array::from_fn(|k| {
        before = lpc[k + 1] + lpc[ORDER - k] - before;
        before
    }))
}

/// Coefficients of cos 4ω to cos 0 in (A(z) - z⁻¹¹A(1/z)) / (1 - z⁻¹); that of cos 5ω is 1.
fn difference_polynomial(lpc: &Lpc) -> [f32; 5] {
    let mut before = 1.;
    halve_last(std::array::from_fn(|k| {
        before -= lpc[ORDER - k] - lpc[k + 1];
        before
    }))
}

fn halve_last(mut polynomial: [f32; 5]) -> [f32; 5] {
    polynomial[4] /= 2.;
    polynomial
}

/// The value of a polynomial at a frequency in cycles per sample.
fn evaluate(polynomial: &[f32; 5], frequency: f32) -> f32 {
    let x = (frequency * TAU).cos();
    let (mut value, mut before) = (1., 0.);
    for coefficient in &polynomial[..4] {
        (value, before) = (2. * x * value - before + coefficient, value);
    }
    x * value - before + polynomial[4]
}

/// The first frequency from `from` on where the polynomial has no longer this sign, and where to look for the next one.
fn find_root(polynomial: &[f32; 5], sign: f32, from: f32) -> (f32, f32) {
    let (mut frequency, mut before) = (from, f32::MAX * sign);
    let mut value = evaluate(polynomial, frequency);
    while value * sign > 0. && frequency < 0.5 {
        before = value;
        frequency += STEP;
        value = evaluate(polynomial, frequency);
    }
    let next = frequency;
    let mut step = STEP;
    for _ in 0..HALVINGS {
        step /= 2.;
        let middle = frequency - step;
        let at_middle = evaluate(polynomial, middle);
        if at_middle * sign > 0. && middle < 0.5 {
            before = at_middle;
        } else {
            (frequency, value) = (middle, at_middle);
        }
    }
    (if value.abs() >= before.abs() { frequency - step } else { frequency }, next)
}

/// The filter that has these LSFs.
pub(super) fn to_lpc(lsf: &Lsf) -> Lpc {
    let lsf = within_range(lsf);
    let mut polynomials = [[0f32; ORDER + 1]; 2];
    for (polynomial, first) in polynomials.iter_mut().zip(0..) {
        polynomial[0] = 1.;
        for angle in lsf.iter().skip(first).step_by(2) {
            let twice = 2. * angle.cos();
            for k in (1..=ORDER).rev() {
                let before = if k > 1 { polynomial[k - 2] } else { 0. };
                polynomial[k] += before - twice * polynomial[k - 1];
            }
        }
    }
    let [sum, difference] = polynomials;
    std::array::from_fn(|k| match k {
        0 => 1.,
        _ => 0.5 * (sum[k] + sum[k - 1] + difference[k] - difference[k - 1]),
    })
}

/// Angles of no filter, as of silence, are spread evenly.
fn within_range(lsf: &Lsf) -> Lsf {
    let (lowest, highest) = (lsf[0], lsf[ORDER - 1]);
    if lowest > 0. && highest < PI {
        return *lsf;
    }
    let lowest = if lowest > 0. { lowest } else { 0.022 * TAU };
    let highest = if highest < PI { highest } else { 0.499 * TAU };
    let mut angle = lowest - (highest - lowest) / 9.;
    std::array::from_fn(|_| {
        angle += (highest - lowest) / 9.;
        angle
    })
}

/// The indices of the nearest vectors.
pub(super) fn quantize(lsf: &Lsf) -> [u8; 3] {
    [nearest(&lsf[..3], &LOW), nearest(&lsf[3..6], &MIDDLE), nearest(&lsf[6..], &HIGH)]
}

fn nearest<const N: usize>(wanted: &[f32], codebook: &[[f32; N]]) -> u8 {
    let mut best = (0, f32::INFINITY);
    for (index, vector) in (0..).zip(codebook) {
        let distance = wanted.iter().zip(vector).fold(0., |sum, (a, b)| sum + (a - b) * (a - b));
        if distance < best.1 {
            best = (index, distance);
        }
    }
    best.0
}

/// The LSFs that indices stand for, kept apart so that the filter is stable.
pub(super) fn dequantize(indices: [u8; 3]) -> Lsf {
    let [low, middle, high] = indices.map(usize::from);
    let mut lsf = [0.; ORDER];
    lsf[..3].copy_from_slice(&LOW[low & 63]);
    lsf[3..6].copy_from_slice(&MIDDLE[middle & 127]);
    lsf[6..].copy_from_slice(&HIGH[high & 127]);
    keep_apart(&mut lsf);
    lsf
}

fn keep_apart(lsf: &mut Lsf) {
    for _ in 0..2 {
        for k in 0..ORDER - 1 {
            let (lower, upper) = (lsf[k], lsf[k + 1]);
            if upper < lower {
                (lsf[k], lsf[k + 1]) = (lower, lower + GAP / 2.);
            } else if upper - lower < GAP {
                (lsf[k], lsf[k + 1]) = (lower - GAP / 2., upper + GAP / 2.);
            }
            lsf[k] = lsf[k].clamp(LOWEST, HIGHEST);
        }
    }
}

/// The filters of the sub-blocks of a frame, from the last LSFs of the frame before and those of this one.
pub(super) fn interpolate(mode: Mode, before: &Lsf, sets: &[Lsf; 2]) -> [Lpc; MAX_SUB_BLOCKS] {
    let [first, second] = sets;
    let mix = |share: f32, one: &Lsf, other: &Lsf| -> Lpc {
        to_lpc(&std::array::from_fn(|k| share * one[k] + (1. - share) * other[k]))
    };
    match mode {
        Mode::Ms20 => {
            let last = to_lpc(first);
            let [one, two, three] = [0.75, 0.5, 0.25].map(|share| mix(share, before, first));
            [one, two, three, last, last, last]
        }
        Mode::Ms30 => {
            let last = to_lpc(second);
            let [three, four] = [2. / 3., 1. / 3.].map(|share| mix(share, first, second));
            [mix(0.5, before, first), to_lpc(first), three, four, last, last]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_indices_say_frequencies_do_not_fall() {
        let indices = (0..64).flat_map(|low| (0..128).map(move |middle| (low, middle)));
        for (low, middle) in indices {
            for high in 0..128 {
                let lsf = dequantize([low, middle, high]);
                // A few combinations give the same twice, so their filter rings without end.
                assert!(lsf.is_sorted() && lsf[0] > 0. && lsf[9] < PI, "{lsf:?}");
            }
        }
    }

    #[test]
    fn a_filter_has_the_frequencies_that_it_was_made_of() {
        for indices in [[0, 0, 0], [10, 20, 30], [63, 127, 127], [40, 5, 77]] {
            let lsf = dequantize(indices);
            let again = from_lpc(&to_lpc(&lsf));
            let apart = lsf.iter().zip(&again).map(|(a, b)| (a - b).abs()).fold(0., f32::max);
            assert!(apart < 0.003, "{apart}: {lsf:?} became {again:?}");
        }
    }
}
