//! The filter between two rates, in as many phases as it makes samples of one.

use std::f64::consts::PI;
use std::ops::RangeInclusive;

/// What both rates are multiples of: it bounds the phases of a filter, and so its size.
const STEP_HZ: u32 = 25;
const RATES_HZ: RangeInclusive<u32> = 4000..=192_000;

/// The length of the filter in samples of the lower rate, and the shape of its window. With these a transition, from
/// 3.4 to 4.6 kHz or 7 to 9 kHz, ends 65 dB down.
const LENGTH_AT_8_KHZ: usize = 28;
const LENGTH: usize = 32;
const KAISER_BETA: f64 = 6.2;

/// One is 1 << 14, so that no sum of products overflows: the magnitudes of a phase add up to less than four times that.
const UNIT_BITS: u32 = 14;

/// Phases are filled up to a multiple of this, which one instruction multiplies.
const LANES: usize = 8;

/// `up` phases of taps; `up / down` is the ratio of the rates.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) up: usize,
    pub(super) down: usize,
    /// How many taps a phase has.
    pub(super) length: usize,
    /// The phases one behind the other, the oldest sample's tap first.
    taps: Box<[i16]>,
}

impl Filter {
    pub(super) fn between(from_hz: u32, to_hz: u32) -> Option<Self> {
        let is_served = |rate_hz: u32| RATES_HZ.contains(&rate_hz) && rate_hz.is_multiple_of(STEP_HZ);
        (is_served(from_hz) && is_served(to_hz)).then_some(())?;
        if from_hz == to_hz {
            return Some(Self { up: 1, down: 1, length: 1, taps: Box::new([1]) });
        }
        let shared = greatest_common_divisor(from_hz, to_hz);
        let up = usize::try_from(to_hz / shared).ok()?;
        let down = usize::try_from(from_hz / shared).ok()?;
        let reach = up.max(down) * if from_hz.min(to_hz) == 8000 { LENGTH_AT_8_KHZ } else { LENGTH };
        let length = reach.div_ceil(up).next_multiple_of(LANES);
        Some(Self { up, down, length, taps: design(up, up.max(down), reach, length) })
    }

    /// The sample that a phase makes of as many samples as it has taps.
    pub(super) fn apply(&self, phase: usize, heard: &[i16]) -> i16 {
        let first = phase * self.length;
        let taps = self.taps.get(first..first + self.length).unwrap_or_default();
        let products = taps.iter().zip(heard).map(|(tap, sample)| i32::from(*tap) * i32::from(*sample));
        let sum = products.fold(1 << (UNIT_BITS - 1), i32::wrapping_add);
        clamp(sum >> UNIT_BITS)
    }
}

fn clamp(sample: i32) -> i16 {
    let most = i32::from(i16::MAX);
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    let sample = sample.clamp(-most - 1, most) as i16;
    sample
}

const fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// The phases of a sinc that is zero at every `lower`th step of the fine rate, `up` times that of the input, and reaches
/// over `reach` of them. What a phase of `length` has too many are zeros before the oldest sample.
fn design(up: usize, lower: usize, reach: usize, length: usize) -> Box<[i16]> {
    let middle = number(reach) / 2.0;
    let mut taps = vec![0; up * length];
    for phase in 0..up {
        // The newest sample is the last of `length`; `up` steps of the fine rate further back is the one before.
        let weights: Vec<f64> = (0..length)
            .map(|back| {
                let at = number(back * up + phase) - middle;
                sinc(at / number(lower)) * kaiser(at / middle)
            })
            .collect();
        let total: f64 = weights.iter().sum();
        let places = taps.iter_mut().skip(phase * length).take(length).rev();
        for (tap, weight) in places.zip(weights) {
            *tap = clamp(rounded(weight / total * f64::from(1 << UNIT_BITS)));
        }
    }
    taps.into_boxed_slice()
}

#[expect(clippy::cast_precision_loss, reason = "some hundred")]
fn number(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, reason = "a weight is at most 1 << 14")]
fn rounded(weight: f64) -> i32 {
    weight.round() as i32
}

fn sinc(at: f64) -> f64 {
    if at == 0.0 { 1.0 } else { (PI * at).sin() / (PI * at) }
}

/// The Kaiser window, from -1 to 1.
fn kaiser(at: f64) -> f64 {
    if at.abs() > 1.0 { 0.0 } else { bessel(KAISER_BETA * (1.0 - at * at).sqrt()) / bessel(KAISER_BETA) }
}

/// The modified Bessel function of the first kind and order zero, by its series.
fn bessel(at: f64) -> f64 {
    let quarter = at * at / 4.0;
    let mut term = 1.0;
    (1..=24_u8).fold(1.0, |sum, step| {
        term *= quarter / f64::from(step).powi(2);
        sum + term
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES_HZ: [u32; 9] = [8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

    #[test]
    fn no_sound_makes_a_sum_overflow_and_each_phase_is_as_loud() {
        for from_hz in RATES_HZ {
            for to_hz in RATES_HZ {
                let filter = Filter::between(from_hz, to_hz).expect("made");
                if from_hz == to_hz {
                    continue;
                }
                for phase in filter.taps.chunks_exact(filter.length) {
                    let magnitudes: i32 = phase.iter().map(|tap| i32::from(*tap).abs()).sum();
                    let gain: i32 = phase.iter().map(|tap| i32::from(*tap)).sum();
                    assert!(magnitudes < (4 << UNIT_BITS) - 1, "{from_hz} to {to_hz}: {magnitudes}");
                    assert!((gain - (1 << UNIT_BITS)).abs() < 16, "{from_hz} to {to_hz}: {gain}");
                }
            }
        }
    }

    #[test]
    fn the_loudest_sound_is_cut_and_does_not_turn_over() {
        let filter = Filter::between(8000, 16_000).expect("made");
        let worst: Vec<i16> = filter.taps.iter().map(|tap| if *tap > 0 { i16::MAX } else { i16::MIN }).collect();
        let (phase, opposite) = (&worst[filter.length..], worst[filter.length..].iter().map(|sample| !sample));
        assert_eq!(filter.apply(1, phase), i16::MAX);
        assert_eq!(filter.apply(1, &opposite.collect::<Vec<_>>()), i16::MIN);
    }
}
