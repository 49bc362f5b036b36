//! Digits as tones in the sound, within the limits of ITU-T Q.24, by Goertzel's algorithm on overlapping blocks.
//!
//! A block of 16 ms, weighted so that each of the eight frequencies is heard alone, begins every 6 ms. It is like a digit
//! when most of its energy is in one low and one high frequency of about the same level. Five such blocks in a row are a
//! digit, if the phases between them say that the frequencies are right: that is far more exact than the blocks themselves.

use std::f32::consts::{PI, TAU};
use std::time::Duration;

use super::{Digit, HIGH_HZ, LOW_HZ};

/// Of a block and of the step to the next one, in ms.
const BLOCK_MS: u32 = 16;
const HOP_MS: u32 = 6;
/// So many blocks in a row are a digit, which then lasts 36 ms at least; 31 ms are none.
const BLOCKS: u32 = 5;
/// After so many it may be one, and others should not hear more of it.
const SUSPECT: u32 = 3;
/// After so many that are not like it, a digit is over: a gap of 28 ms or more. A shorter one is a mistake of the line.
const GAP_BLOCKS: u32 = 6;
/// By how much a tone is longer than from its first block to its last: what the weights of the ends hide.
const ENDS_MS: u32 = 12;
/// The part of the energy that is in the two frequencies.
const CLEAR: f32 = 0.88;
/// No frequency of the same group may have more than this part of the strongest one's energy.
const NEIGHBOUR: f32 = 0.4;
/// The high frequency to the low one, in energy: from -10 to +6 dB, where Q.24 asks for -8 and +4.
const TWIST: std::ops::RangeInclusive<f32> = 0.1..=4.0;
/// Each is at least as loud as this, in dBm0; Q.24 asks for -25.
const SOFTEST_DBM0: f32 = -31.0;
/// A sine that fills the range.
#[expect(clippy::approx_constant, reason = "G.711 has it, and it is not pi")]
const FULL_DBM0: f32 = 3.14;
/// The part by which a frequency may be wrong: Q.24 wants 1.5 % taken and 3.5 % refused.
const OFF: f32 = 0.022;

/// A complex number.
type Complex = [f32; 2];

/// Of the four low and the four high frequencies.
type Eight = [f32; 8];

/// Finds digits in sound of one rate.
#[derive(Clone, Debug)]
pub struct Detector {
    hop: usize,
    /// The weights of a block (Hann).
    weights: Box<[f32]>,
    /// 2 cos ω of each frequency, cos ω and sin ω.
    coefficients: Eight,
    cosines: Eight,
    sines: Eight,
    /// By how much the phase of each turns in a hop.
    turns: Eight,
    /// A hop, in seconds times 2π.
    hop_turn: f32,
    /// From power to a part of a block's energy, and the least power.
    share: f32,
    least: f32,
    block: Box<[f32]>,
    filled: usize,
    before: [Complex; 8],
    trial: Option<Trial>,
    current: Option<Current>,
}

/// Blocks that are like a digit, one after another.
#[derive(Clone, Copy, Debug)]
struct Trial {
    row: usize,
    column: usize,
    blocks: u32,
    /// The sums of the turns from one block to the next.
    low: Complex,
    high: Complex,
}

/// A digit that is heard.
#[derive(Clone, Copy, Debug)]
struct Current {
    row: usize,
    column: usize,
    /// From its first block to its last.
    hops: u32,
    /// Since the last.
    missed: u32,
}

impl Detector {
    /// For sound of this rate, a multiple of 1,000 Hz from 8,000 to 48,000.
    #[must_use]
    pub fn new(sample_rate_hz: u32) -> Self {
        let per_ms = usize::try_from((sample_rate_hz / 1000).clamp(8, 48)).unwrap_or(8);
        let rate = number(per_ms) * 1000.0;
        let length = per_ms * ms(BLOCK_MS);
        let weight = |at| 0.5 - 0.5 * (TAU * (number(at) + 0.5) / number(length)).cos();
        let weights: Box<[f32]> = (0..length).map(weight).collect();
        let (sum, squares) = weights.iter().fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
        let mut angles = [0.0; 8];
        for (angle, hz) in angles.iter_mut().zip(LOW_HZ.iter().chain(&HIGH_HZ)) {
            *angle = TAU * f32::from(*hz) / rate;
        }
        let hop = per_ms * ms(HOP_MS);
        let amplitude = f32::from(i16::MAX) * 10f32.powf((SOFTEST_DBM0 - FULL_DBM0) / 20.0);
        Self {
            hop,
            coefficients: angles.map(|angle| 2.0 * angle.cos()),
            cosines: angles.map(f32::cos),
            sines: angles.map(f32::sin),
            turns: angles.map(|angle| angle * number(hop)),
            hop_turn: TAU * number(hop) / rate,
            share: 2.0 * squares / (sum * sum),
            least: amplitude * amplitude * sum * sum / 4.0,
            weights,
            block: vec![0.0; length].into_boxed_slice(),
            filled: 0,
            before: [[0.0; 2]; 8],
            trial: None,
            current: None,
        }
    }

    /// Takes what comes next; each digit that is over by it is told with its length.
    pub fn hear(&mut self, samples: &[i16], told: &mut impl FnMut(Digit, Duration)) {
        for sample in samples {
            if let Some(room) = self.block.get_mut(self.filled) {
                *room = f32::from(*sample);
                self.filled += 1;
            }
            if self.filled == self.block.len() {
                let like = self.judge();
                self.follow(like, told);
                self.block.copy_within(self.hop.., 0);
                self.filled -= self.hop;
            }
        }
    }

    /// What comes next has nothing to do with what came before: a digit that is heard is over.
    pub fn restart(&mut self, told: &mut impl FnMut(Digit, Duration)) {
        (self.filled, self.trial) = (0, None);
        self.before = [[0.0; 2]; 8];
        self.end(told);
    }

    /// Whether a digit is heard that is not over.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.current.is_some()
    }

    /// Whether a digit is heard, or what is likely to become one.
    #[must_use]
    pub fn is_suspicious(&self) -> bool {
        self.is_busy() || self.trial.is_some_and(|trial| trial.blocks >= SUSPECT)
    }

    /// The row and column that the block is like, with the turns of their phases since the last one.
    fn judge(&mut self) -> Option<Trial> {
        let before = std::mem::take(&mut self.before);
        let energy = self.energy();
        if energy * CLEAR < self.least * self.share {
            return None;
        }
        self.before = self.transform();
        let powers = self.before.map(|[re, im]| re * re + im * im);
        let (low, high) = powers.split_at(4);
        let (row, column) = (strongest(low)?, strongest(high)?);
        let (low_power, high_power) = (*low.get(row)?, *high.get(column)?);
        if low_power.min(high_power) < self.least || !TWIST.contains(&(high_power / low_power)) {
            return None;
        }
        let low_turn = self.turn(row, before)?;
        let high_turn = self.turn(4 + column, before)?;
        let share = low_power / self.response(low_turn) + high_power / self.response(high_turn);
        (share * self.share >= CLEAR * energy).then_some(Trial {
            row,
            column,
            blocks: 1,
            low: low_turn,
            high: high_turn,
        })
    }

    /// That of the weighted block, summed in eight parts side by side; blocks are as long as a multiple of that.
    fn energy(&self) -> f32 {
        let mut sums = [0.0f32; 8];
        for (samples, weights) in self.block.as_chunks::<8>().0.iter().zip(self.weights.as_chunks::<8>().0) {
            for ((sum, sample), weight) in sums.iter_mut().zip(samples).zip(weights) {
                *sum += (sample * weight) * (sample * weight);
            }
        }
        sums.iter().sum()
    }

    /// The eight frequencies of the block, by Goertzel. Each is turned by the same angle in every block.
    fn transform(&self) -> [Complex; 8] {
        let (mut one, mut two) = ([0.0f32; 8], [0.0f32; 8]);
        for (sample, weight) in self.block.iter().zip(&self.weights) {
            let weighted = sample * weight;
            for ((one, two), coefficient) in one.iter_mut().zip(&mut two).zip(&self.coefficients) {
                let next = weighted + coefficient * *one - *two;
                (*two, *one) = (*one, next);
            }
        }
        let mut transformed = [[0.0; 2]; 8];
        let angles = self.cosines.iter().zip(&self.sines);
        for ((out, (one, two)), (cos, sin)) in transformed.iter_mut().zip(one.iter().zip(&two)).zip(angles) {
            *out = [one - two * cos, two * sin];
        }
        transformed
    }

    /// How the phase of a frequency has turned since the block before, beyond what it turns by itself.
    fn turn(&self, at: usize, before: [Complex; 8]) -> Option<Complex> {
        let ([a, b], [c, d]) = (*before.get(at)?, *self.before.get(at)?);
        let (cos, sin) = (self.turns.get(at)?.cos(), self.turns.get(at)?.sin());
        let [re, im] = [a * c + b * d, a * d - b * c];
        Some([re * cos + im * sin, im * cos - re * sin])
    }

    /// By how many Hz a frequency that turns so differs from the one that is looked for.
    fn off_hz(&self, turn: Complex) -> f32 {
        let [re, im] = turn;
        if re == 0.0 && im == 0.0 { 0.0 } else { im.atan2(re) / self.hop_turn }
    }

    /// The part of a tone's power that the block shows, when it is off by as much as the turn says.
    fn response(&self, turn: Complex) -> f32 {
        let off = (self.off_hz(turn) * number(ms(BLOCK_MS)) / 1000.0).abs().min(0.7);
        let squared = off * off;
        let amplitude = 1.0 - (PI * PI / 6.0 - 1.0) * squared + 0.167 * squared * squared;
        amplitude * amplitude
    }

    fn follow(&mut self, like: Option<Trial>, told: &mut impl FnMut(Digit, Duration)) {
        let is_current =
            self.current.zip(like).is_some_and(|(it, like)| (it.row, it.column) == (like.row, like.column));
        if let Some(current) = self.current.as_mut() {
            current.missed += 1;
            if is_current {
                current.hops += std::mem::take(&mut current.missed);
                self.trial = None;
                return;
            }
            if current.missed >= GAP_BLOCKS {
                self.end(told);
            }
        }
        self.trial = match (self.trial, like) {
            (Some(trial), Some(like)) if (trial.row, trial.column) == (like.row, like.column) => {
                let sum = |[a, b]: Complex, [c, d]: Complex| [a + c, b + d];
                let (low, high) = (sum(trial.low, like.low), sum(trial.high, like.high));
                Some(Trial { blocks: trial.blocks + 1, low, high, ..trial })
            }
            // The first block's turn is from something else.
            (_, Some(like)) => Some(Trial { low: [0.0; 2], high: [0.0; 2], ..like }),
            (_, None) => None,
        };
        if let Some(trial) = self.trial.filter(|trial| trial.blocks >= BLOCKS && self.is_right(trial)) {
            self.end(told);
            let Trial { row, column, blocks, .. } = trial;
            self.trial = None;
            self.current = Some(Current { row, column, hops: blocks - 1, missed: 0 });
        }
    }

    /// Whether the frequencies are those of a digit.
    fn is_right(&self, trial: &Trial) -> bool {
        let is_near = |turn, hz: Option<&u16>| hz.is_some_and(|hz| self.off_hz(turn).abs() <= OFF * f32::from(*hz));
        is_near(trial.low, LOW_HZ.get(trial.row)) && is_near(trial.high, HIGH_HZ.get(trial.column))
    }

    fn end(&mut self, told: &mut impl FnMut(Digit, Duration)) {
        let Some(Current { row, column, hops, .. }) = self.current.take() else { return };
        let lasted = Duration::from_millis(u64::from(hops * HOP_MS + ENDS_MS));
        if let Some(digit) = Digit::at(row, column) {
            told(digit, lasted);
        }
    }
}

/// The strongest of a group, if it stands out.
fn strongest(powers: &[f32]) -> Option<usize> {
    let (at, most) = powers.iter().enumerate().max_by(|one, other| one.1.total_cmp(other.1))?;
    let stands_out = powers.iter().enumerate().all(|(other, power)| other == at || *power <= NEIGHBOUR * most);
    stands_out.then_some(at)
}

fn ms(count: u32) -> usize {
    usize::try_from(count).unwrap_or(0)
}

/// A small count.
fn number(count: usize) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}
