//! What the codecs are given to work on.

use std::f64::consts::TAU;

use crate::sound::speech;

/// Noise that is the same in every run.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next_u16(&mut self) -> u16 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 48) as u16
    }

    /// From -1 to 1.
    pub(crate) fn next(&mut self) -> f64 {
        f64::from(self.next_u16().cast_signed()) / 32_768.0
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
fn made(len: u32, mut level_at: impl FnMut(u32) -> f64) -> Vec<i16> {
    (0..len).map(|n| level_at(n).round() as i16).collect()
}

/// A tone that rises from 50 Hz to nearly half of `rate_hz`.
fn sweep(rate_hz: u32, level: f64) -> Vec<i16> {
    let (len, mut phase) = (2 * rate_hz, 0.0);
    made(len, |n| {
        let frequency = 50.0 * (f64::from(rate_hz) * 0.0098).powf(f64::from(n) / f64::from(len));
        phase += TAU * frequency / f64::from(rate_hz);
        level * phase.sin()
    })
}

fn square(rate_hz: u32, half_period: u32) -> Vec<i16> {
    (0..rate_hz).map(|n| if (n / half_period).is_multiple_of(2) { i16::MAX } else { i16::MIN }).collect()
}

/// Tones that come and go, at levels from full scale down to a few steps.
fn bursts(rate_hz: u32) -> Vec<i16> {
    made(2 * rate_hz, |n| {
        let burst = n / (rate_hz / 20);
        let level = if burst.is_multiple_of(2) { 32_767.0 / f64::from(1 + burst * burst * burst) } else { 0.0 };
        let frequency = 100.0 * f64::from(1 + burst % 37);
        level * (TAU * frequency * f64::from(n) / f64::from(rate_hz)).sin()
    })
}

/// Every kind of signal, one after the other, in the whole range of 16 bits.
pub(crate) fn all(rate_hz: u32) -> Vec<i16> {
    let (mut loud, mut quiet, mut steps) = (Noise::new(1), Noise::new(2), Noise::new(4));
    let mut level = 0;
    let jumps = made(rate_hz, |n| {
        if n % 97 == 0 {
            level = i32::from(steps.next_u16().cast_signed());
        }
        f64::from(level)
    });
    let noises = [8000.0, 32_768.0].map(|level| made(2 * rate_hz, |_| level * loud.next()));
    let squares = [rate_hz / 400, 1, 2, rate_hz / 50].map(|half_period| square(rate_hz, half_period));
    [
        sweep(rate_hz, 20_000.0),
        speech(rate_hz, 4 * rate_hz as usize),
        noises.concat(),
        made(rate_hz, |_| 12.0 * quiet.next()),
        vec![0; rate_hz as usize],
        bursts(rate_hz),
        squares.concat(),
        sweep(rate_hz, 32_767.0),
        jumps,
    ]
    .concat()
}

/// Bytes that no encoder would send in this order.
pub(crate) fn any_bytes(len: usize) -> Vec<u8> {
    let mut noise = Noise::new(5);
    (0..len).map(|_| noise.next_u16().to_le_bytes()[1]).collect()
}

/// Says where two differ, and how often; thousands of numbers would not.
#[track_caller]
pub(crate) fn assert_same<T: PartialEq + std::fmt::Debug>(ours: &[T], theirs: &[T], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let different: Vec<_> = ours.iter().zip(theirs).enumerate().filter(|(_, (ours, theirs))| ours != theirs).collect();
    assert!(different.is_empty(), "{what}: {} of {} differ, first {:?}", different.len(), ours.len(), different[0]);
}
