//! The tone of a digit (ITU-T Q.23).

use super::Digit;
use crate::tone::{Component, Segment, Tone};

/// How much softer the lower frequency is, which lines carry better.
const TWIST_DB: f64 = 2.0;

/// A digit that sounds for `duration_ms` and is followed by so much silence; the hook switch is silence only.
///
/// The higher frequency is as loud as `level_below_dbm0` says, the lower one 2 dB softer.
#[must_use]
pub fn tone(digit: Digit, duration_ms: u32, silence_ms: u32, level_below_dbm0: u8) -> Tone {
    let high_dbm0 = -f64::from(level_below_dbm0);
    let components = digit.frequencies_hz().map_or_else(Vec::new, |[low, high]| {
        let component = |frequency_hz, level_dbm0| Component { frequency_hz, level_dbm0 };
        vec![component(low, high_dbm0 - TWIST_DB), component(high, high_dbm0)]
    });
    let sounding = Segment { duration_ms, components: components.into() };
    let silence = Segment { duration_ms: silence_ms, components: Vec::new().into() };
    Tone { segments: vec![sounding, silence].into(), repeats: false }
}
