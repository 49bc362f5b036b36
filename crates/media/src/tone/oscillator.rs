//! A sine by table: the phase is an integer that wraps, so it neither drifts nor depends on a mathematical library.

use super::Component;

/// Entries of the table for a whole turn.
const ENTRIES: usize = 1024;
const INDEX_BITS: u32 = ENTRIES.trailing_zeros();
/// Table values are fractions of this.
const ONE: i32 = 1 << 15;
/// A sine of this level fills the range of 16 bits.
#[expect(clippy::approx_constant, reason = "G.711 has it, and it is not pi")]
pub(super) const FULL_DBM0: f64 = 3.14;

static SINE: [i32; ENTRIES] = sine();

#[expect(clippy::indexing_slicing, reason = "a const fn has no iterators; every index is below the length")]
#[expect(clippy::cast_possible_truncation, reason = "at most 2^15")]
#[expect(clippy::cast_precision_loss, reason = "at most 1,024")]
const fn sine() -> [i32; ENTRIES] {
    let mut table = [0; ENTRIES];
    let mut at = 0;
    while at < ENTRIES {
        // From -π to π, where the series converges; half a turn changes the sign.
        let angle = std::f64::consts::TAU * (at as f64 / ENTRIES as f64 - 0.5);
        table[at] = (-ONE as f64 * taylor(angle)).round() as i32;
        at += 1;
    }
    table
}

const fn taylor(angle: f64) -> f64 {
    let (mut term, mut sum, mut n) = (angle, angle, 1.0);
    while n < 40.0 {
        term *= -angle * angle / ((n + 1.0) * (n + 2.0));
        sum += term;
        n += 2.0;
    }
    sum
}

/// One voice; silent by default.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Oscillator {
    /// A turn is 2³².
    phase: u32,
    step: u32,
    /// Of 16-bit samples.
    amplitude: i32,
}

impl Oscillator {
    /// Sounds like this from now on, or not at all; the phase stays.
    pub(super) fn tune(&mut self, component: Option<&Component>) {
        let Some(component) = component else {
            self.amplitude = 0;
            return;
        };
        let step = (u64::from(component.frequency_hz) << 32) / 8000;
        self.step = u32::try_from(step).unwrap_or(0);
        self.amplitude = amplitude(component.level_dbm0);
    }

    pub(super) fn next_sample(&mut self) -> i32 {
        self.phase = self.phase.wrapping_add(self.step);
        if self.amplitude == 0 { 0 } else { (self.amplitude * value(self.phase)) >> 15 }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "at most 2^15")]
fn amplitude(level_dbm0: f64) -> i32 {
    let relative = 10f64.powf((level_dbm0.min(FULL_DBM0) - FULL_DBM0) / 20.0);
    (relative * f64::from(i16::MAX)).round() as i32
}

/// The sine of a phase, interpolated between two entries.
fn value(phase: u32) -> i32 {
    let index = (phase >> (32 - INDEX_BITS)) as usize;
    let fraction = i64::from(phase << INDEX_BITS);
    let (one, next) = (entry(index), entry(index + 1));
    let rise = (i64::from(next - one) * fraction) >> 32;
    one + i32::try_from(rise).unwrap_or(0)
}

#[expect(clippy::indexing_slicing, reason = "the index is masked to the length")]
fn entry(index: usize) -> i32 {
    SINE[index & (ENTRIES - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_sine_to_its_last_bit() {
        for (at, value) in (0u16..).zip(&SINE) {
            let exact = (std::f64::consts::TAU * f64::from(at) / 1024.0).sin() * f64::from(ONE);
            assert!((f64::from(*value) - exact).abs() <= 0.5001, "{at}");
        }
    }

    #[test]
    fn between_entries_it_is_right_to_one_part_in_ten_thousand() {
        for n in 0..10_000u32 {
            let phase = n.wrapping_mul(429_497);
            let exact = (std::f64::consts::TAU * f64::from(phase) / 2f64.powi(32)).sin() * f64::from(ONE);
            assert!((f64::from(value(phase)) - exact).abs() < 3.0, "{phase}");
        }
    }
}
