//! An hour with a sender whose clock is not ours.

use warden_media::jitter::Played;

use crate::listening::tone;
use crate::stream::{PCMA, Random, Sent, packets, play};

const SECONDS: u32 = 3600;

/// An hour of packets, made of a second that repeats.
fn hour(drift_ppm: i64, jitter_us: u64) -> Vec<Sent> {
    let second = packets(PCMA, 20, &tone(8000, 250.0, 1000));
    let mut random = Random(11);
    let number = 0..u64::from(SECONDS) * 50;
    let packet = |number: u64| {
        let at_us = i64::try_from(number).unwrap() * 20_000;
        let late_us = random.below(jitter_us);
        Sent {
            arrives_us: (at_us + at_us * drift_ppm / 1_000_000).unsigned_abs() + late_us,
            extended: 70_000 + number,
            timestamp: 160 * u32::try_from(number).unwrap(),
            ..second[usize::try_from(number % 50).unwrap()].clone()
        }
    };
    number.map(packet).collect()
}

fn stays_within_bounds(drift_ppm: i64, jitter_us: u64) {
    let run = play(PCMA, &hour(drift_ppm, jitter_us));
    let end = run.last();
    let delays = run.delays_ms(10..3590);
    let bounds = (delays.iter().min().unwrap(), delays.iter().max().unwrap());
    assert!(*bounds.0 >= 10 && *bounds.1 <= u128::from(jitter_us / 1000).max(20) + 60, "{drift_ppm} ppm: {bounds:?}");
    let run_dry = run.played[500..179_500].iter().filter(|played| **played != Played::Sound).count();
    let allowed = if jitter_us > 0 { 400 } else { 2 };
    assert!(run_dry <= allowed, "{drift_ppm} ppm: {run_dry} frames were not sound, {end:?}");
    let made_up_for = if drift_ppm > 0 { end.lengthened } else { end.shortened };
    let drifted_ms = u128::from(drift_ppm.unsigned_abs()) * 3600 / 1000;
    assert!(made_up_for.as_millis() + 100 >= drifted_ms, "{drift_ppm} ppm: {made_up_for:?}");
}

#[test]
fn a_clock_that_is_off_by_100_ppm_is_made_up_for() {
    stays_within_bounds(100, 0);
    stays_within_bounds(-100, 0);
}

#[test]
fn a_clock_that_is_off_by_500_ppm_is_made_up_for() {
    stays_within_bounds(500, 0);
    stays_within_bounds(-500, 0);
}

#[test]
fn a_clock_that_is_off_is_made_up_for_with_jitter_too() {
    stays_within_bounds(500, 30_000);
    stays_within_bounds(-500, 30_000);
}
