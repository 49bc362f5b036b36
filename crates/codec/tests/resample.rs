//! What a tone becomes when its rate changes: as loud where it may be heard, and nowhere else.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod sound;

use proptest::prelude::*;
use sound::{amplitude, loudness, tone};
use warden_codec::resample::Resampler;

const RATES_HZ: [u32; 7] = [8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

fn pairs() -> impl Iterator<Item = (u32, u32)> {
    let all = RATES_HZ.iter().flat_map(|from_hz| RATES_HZ.map(|to_hz| (*from_hz, to_hz)));
    all.filter(|(from_hz, to_hz)| from_hz != to_hz)
}

fn resampler(from_hz: u32, to_hz: u32) -> Resampler {
    Resampler::new(from_hz, to_hz).expect("made")
}

fn resample(from_hz: u32, to_hz: u32, samples: &[i16]) -> Vec<i16> {
    let mut resampler = resampler(from_hz, to_hz);
    let mut out = vec![0; resampler.room_for(samples.len())];
    let count = resampler.resample(samples, &mut out).expect("room");
    out.truncate(count);
    out
}

fn decibels(ratio: f64) -> f64 {
    20.0 * ratio.max(1e-9).log10()
}

/// What is left of a sound without the tone that should be in it.
fn besides(samples: &[i16], rate_hz: u32, pitch_hz: f64) -> f64 {
    let step = std::f64::consts::TAU * pitch_hz / f64::from(rate_hz);
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (angle, sample) in (0_u32..).map(|at| step * f64::from(at)).zip(samples) {
        sine += f64::from(*sample) * angle.sin();
        cosine += f64::from(*sample) * angle.cos();
    }
    let half = f64::from(u32::try_from(samples.len()).expect("short")) / 2.0;
    let rest = (0_u32..).map(|at| step * f64::from(at)).zip(samples);
    let rest = rest.map(|(angle, sample)| f64::from(*sample) - (sine * angle.sin() + cosine * angle.cos()) / half);
    (rest.map(|value| value * value).sum::<f64>() / half / 2.0).sqrt()
}

#[test]
fn what_both_rates_can_carry_passes_as_loud_and_as_nothing_else() {
    for (from_hz, to_hz) in pairs() {
        let lower_hz = f64::from(from_hz.min(to_hz));
        let edge_hz = if lower_hz > 8000.0 { lower_hz * 0.4375 } else { 3400.0 };
        for step in 1..=20 {
            // 50 Hz make whole periods in a fifth of a second.
            let pitch_hz = (edge_hz * f64::from(step) / 20.0 / 50.0).floor() * 50.0;
            if pitch_hz < 50.0 {
                continue;
            }
            let heard = resample(from_hz, to_hz, &tone(from_hz, pitch_hz, 16_000.0, from_hz as usize / 2));
            let settled = &heard[to_hz as usize / 50..to_hz as usize * 11 / 50];
            let change = decibels(amplitude(to_hz, pitch_hz, settled) / 16_000.0);
            assert!(change.abs() < 0.5, "{from_hz} to {to_hz} at {pitch_hz}: {change} dB");
            let noise = decibels(besides(settled, to_hz, pitch_hz) / (16_000.0 / 2_f64.sqrt()));
            assert!(noise < -60.0, "{from_hz} to {to_hz} at {pitch_hz}: {noise} dB besides");
        }
    }
}

#[test]
fn what_the_lower_rate_cannot_carry_is_not_heard_at_another_pitch() {
    for (from_hz, to_hz) in pairs().filter(|(from_hz, to_hz)| to_hz < from_hz) {
        let (lowest_hz, highest_hz) = (f64::from(to_hz) * 0.575, f64::from(from_hz) * 0.5);
        if lowest_hz > highest_hz {
            continue; // rates as close as 24,000 and 22,050
        }
        for step in 0..20 {
            let pitch_hz = lowest_hz + (highest_hz - lowest_hz) * f64::from(step) / 20.0;
            let heard = resample(from_hz, to_hz, &tone(from_hz, pitch_hz, 16_000.0, from_hz as usize / 4));
            let alias = decibels(loudness(&heard[to_hz as usize / 10..]) / (16_000.0 / 2_f64.sqrt()));
            assert!(alias < -60.0, "{from_hz} to {to_hz} at {pitch_hz}: {alias} dB");
        }
    }
}

#[test]
fn a_sound_is_late_by_less_than_two_milliseconds() {
    for (from_hz, to_hz) in pairs() {
        let mut click = vec![0; from_hz as usize / 10];
        click[0] = 20_000;
        let heard = resample(from_hz, to_hz, &click);
        let loudest = (0..).zip(&heard).max_by_key(|(_, sample)| sample.unsigned_abs()).map(|(at, _)| at);
        let late_ms = f64::from(loudest.unwrap_or(u32::MAX)) * 1000.0 / f64::from(to_hz);
        assert!(late_ms < 1.9, "{from_hz} to {to_hz}: {late_ms} ms");
    }
}

#[test]
fn equal_rates_change_nothing_and_others_are_refused() {
    let sound = sound::speech(16_000, 3000);
    assert_eq!(resample(16_000, 16_000, &sound), sound);
    for (from_hz, to_hz) in [(8000, 44_101), (0, 8000), (8000, 3975), (192_025, 8000)] {
        assert!(Resampler::new(from_hz, to_hz).is_none());
    }
}

#[test]
fn without_room_nothing_happens() {
    let mut resampler = resampler(8000, 16_000);
    let mut out = [7; 320];
    assert_eq!(resampler.resample(&[5; 160], &mut out[..319]), None);
    assert_eq!(out, [7; 320]);
    assert_eq!(resampler.resample(&[], &mut []), Some(0));
    assert_eq!(resampler.resample(&[0; 160], &mut out), Some(320));
    assert_eq!(out, [0; 320]);
}

#[test]
fn once_made_nothing_is_allocated() {
    let mut resampler = resampler(48_000, 32_000);
    let mut out = [0; 640];
    let counted = allocation_counter::measure(|| {
        for _ in 0..100 {
            resampler.resample(&[1000; 960], &mut out).expect("room");
        }
    });
    assert_eq!(counted.count_total, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn it_does_not_matter_how_a_sound_is_cut(
        (from_hz, to_hz) in prop::sample::select(pairs().collect::<Vec<_>>()),
        cuts in prop::collection::vec(0..700_usize, 1..20),
        seed in any::<u32>(),
    ) {
        let mut noise = seed;
        let sound: Vec<i16> = (0..cuts.iter().sum::<usize>()).map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i16::from_be_bytes([noise.to_be_bytes()[0], noise.to_be_bytes()[1]])
        }).collect();
        let whole = resample(from_hz, to_hz, &sound);
        prop_assert_eq!(whole.len(), (sound.len() * to_hz as usize).div_ceil(from_hz as usize));

        let (mut resampler, mut rest, mut parts) = (resampler(from_hz, to_hz), &sound[..], Vec::new());
        for cut in cuts {
            let (part, later) = rest.split_at(cut);
            let mut out = vec![0; resampler.room_for(cut)];
            let count = resampler.resample(part, &mut out).expect("room");
            parts.extend_from_slice(&out[..count]);
            rest = later;
        }
        prop_assert_eq!(parts, whole);
    }
}
