//! What is heard of a gap.

use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;

/// Plays `whole` in frames of 20 ms, of which those that `is_lost` names are lost.
fn concealed(rate_hz: u32, whole: &[i16], is_lost: impl Fn(usize) -> bool) -> Vec<i16> {
    let mut concealer = Concealer::new(rate_hz);
    let mut heard = whole.to_vec();
    for (number, frame) in heard.chunks_mut(rate_hz as usize / 50).enumerate() {
        if is_lost(number) {
            frame.fill(0x5555);
            concealer.lost(frame);
        } else {
            concealer.good(frame);
        }
    }
    heard
}

fn tone(rate_hz: u32, frequency_hz: f64, level: f64, seconds: u32) -> Vec<i16> {
    let at = |n: u32| level * (TAU * frequency_hz * f64::from(n) / f64::from(rate_hz)).sin();
    #[expect(clippy::cast_possible_truncation, reason = "within 16 bits")]
    (0..seconds * rate_hz).map(|n| at(n).round() as i16).collect()
}

fn energy(samples: &[i16]) -> f64 {
    samples.iter().map(|&sample| f64::from(sample).powi(2)).sum()
}

fn largest_jump(samples: &[i16]) -> i32 {
    samples.windows(2).map(|pair| (i32::from(pair[1]) - i32::from(pair[0])).abs()).max().unwrap()
}

/// The energy of what a tone of that frequency does not explain, in windows of 20 ms that have the edges of frames in their
/// middle, against all energy.
fn outside_db(rate_hz: u32, samples: &[i16], frequency_hz: f64) -> f64 {
    let frame = rate_hz as usize / 50;
    let windows = samples[frame / 2..].chunks_exact(frame);
    let outside: f64 = windows.map(|window| unexplained(rate_hz, window, frequency_hz)).sum();
    10.0 * (outside.max(1.0) / energy(samples)).log10()
}

/// The energy that is left when the sine and cosine that fit best are taken away.
fn unexplained(rate_hz: u32, window: &[i16], frequency_hz: f64) -> f64 {
    let (mut xs, mut xc, mut ss, mut cc, mut sc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, &sample) in (0u32..).zip(window) {
        let (sin, cos) = (TAU * frequency_hz * f64::from(n) / f64::from(rate_hz)).sin_cos();
        xs += f64::from(sample) * sin;
        xc += f64::from(sample) * cos;
        (ss, cc, sc) = (ss + sin * sin, cc + cos * cos, sc + sin * cos);
    }
    let (s, c) = (xs * cc - xc * sc, xc * ss - xs * sc);
    energy(window) - (s * xs + c * xc) / (ss * cc - sc * sc)
}

/// A voice of that pitch: harmonics that grow weaker, and louder and softer three times a second.
fn voice(rate_hz: u32, pitch_hz: f64) -> Vec<i16> {
    let at = |n: u32| {
        let t = TAU * f64::from(n) / f64::from(rate_hz);
        let harmonics: f64 =
            (1..=16).map(|k| (f64::from(k) * pitch_hz * t + f64::from(k * k)).sin() / f64::from(k)).sum();
        4000.0 * (1.2 + (3.0 * t).sin()) * harmonics
    };
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
    (0..2 * rate_hz).map(|n| at(n) as i16).collect()
}

const RATES_HZ: [u32; 2] = [8000, 16_000];

#[test]
fn a_tone_with_five_percent_lost_has_no_clicks() {
    let is_lost = |frame: usize| frame % 20 == 13;
    for (rate_hz, frequency_hz) in
        RATES_HZ.iter().flat_map(|&rate| [217.0, 443.0, 611.0, 987.0].map(|tone| (rate, tone)))
    {
        let whole = tone(rate_hz, frequency_hz, 12_000.0, 4);
        let heard = concealed(rate_hz, &whole, is_lost);
        let (jump, natural) = (largest_jump(&heard), largest_jump(&whole));
        assert!(jump * 10 <= natural * 11, "{frequency_hz} Hz at {rate_hz}: {jump}, in the tone itself {natural}");

        let mut muted = whole;
        let frames = muted.chunks_mut(rate_hz as usize / 50).enumerate();
        frames.filter(|(frame, _)| is_lost(*frame)).for_each(|(_, frame)| frame.fill(0));
        let (outside, of_muted) =
            (outside_db(rate_hz, &heard, frequency_hz), outside_db(rate_hz, &muted, frequency_hz));
        assert!(
            outside < -30.0 && outside < of_muted - 10.0,
            "{frequency_hz} Hz: {outside:.1} dB, muted {of_muted:.1} dB"
        );
    }
}

#[test]
fn what_is_made_up_of_a_voice_is_nearer_to_it_than_silence() {
    for (rate_hz, pitch_hz) in RATES_HZ.iter().flat_map(|&rate| [90.0, 140.0, 180.0, 260.0].map(|pitch| (rate, pitch)))
    {
        let whole = voice(rate_hz, pitch_hz);
        let heard = concealed(rate_hz, &whole, |frame| frame % 10 == 7);
        let (mut wrong, mut missing) = (0.0, 0.0);
        let frame = rate_hz as usize / 50;
        for (number, (heard, whole)) in heard.chunks(frame).zip(whole.chunks(frame)).enumerate() {
            if number % 10 == 7 {
                let difference: Vec<_> = heard.iter().zip(whole).map(|(a, b)| a.saturating_sub(*b)).collect();
                (wrong, missing) = (wrong + energy(&difference), missing + energy(whole));
            }
        }
        let gain_db = 10.0 * (missing / wrong).log10();
        assert!(gain_db > 8.0, "{pitch_hz} Hz at {rate_hz}: {gain_db:.1} dB");
    }
}

#[test]
fn a_gap_of_100_ms_fades_to_silence_and_what_follows_rises_smoothly() {
    for rate_hz in RATES_HZ {
        let whole = tone(rate_hz, 443.0, 12_000.0, 1);
        let heard = concealed(rate_hz, &whole, |frame| (10..15).contains(&frame));
        let ms = |n: usize| rate_hz as usize * n / 1000;
        let levels: Vec<_> = (0..10).map(|n| energy(&heard[ms(200 + 10 * n)..ms(210 + 10 * n)])).collect();
        assert!(
            levels[..7].windows(2).all(|pair| pair[0] * 1.05 > pair[1]) && levels[0] > levels[3] * 2.0,
            "{levels:?}"
        );
        assert_eq!(heard[ms(260)..ms(300)], vec![0; ms(40)]);

        let rise: Vec<_> = (0..5).map(|n| energy(&heard[ms(300 + 2 * n)..ms(302 + 2 * n)])).collect();
        assert!(rise[0] * 20.0 < rise[4], "{rise:?}");
        assert!(largest_jump(&heard[ms(290)..ms(320)]) <= largest_jump(&whole));
        assert_eq!(heard[ms(310)..], whole[ms(310)..], "only 10 ms are changed");
    }
}

#[test]
fn what_is_made_up_is_no_louder_than_what_was_heard() {
    let mut number = 1u32;
    let noise = std::iter::repeat_with(|| {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i16::try_from(number >> 18).unwrap() - 8192
    });
    let noise: Vec<_> = noise.take(16_000).collect();
    let heard = concealed(8000, &noise, |frame| frame % 5 == 4);
    let (lost, all) = heard.chunks(160).enumerate().fold((0.0, 0.0), |(lost, all), (frame, samples)| {
        (lost + if frame % 5 == 4 { 5.0 * energy(samples) } else { 0.0 }, all + energy(samples))
    });
    assert!(lost < all * 1.1 && lost > all / 4.0, "{lost} {all}");
}

#[test]
fn nothing_is_changed_or_delayed_where_nothing_is_lost() {
    let whole = voice(8000, 140.0);
    assert_eq!(concealed(8000, &whole, |_| false), whole);
}

#[test]
fn what_is_lost_before_anything_was_heard_is_silence() {
    let mut concealer = Concealer::new(8000);
    let mut samples = [99; 480];
    concealer.lost(&mut samples);
    assert_eq!(samples, [0; 480]);
}

proptest! {
    #[test]
    fn frames_of_any_length_at_any_rate_are_taken(
        rate_hz in any::<u32>(),
        frames in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<i16>(), 0..1000)), 0..20),
    ) {
        let mut concealer = Concealer::new(rate_hz);
        for (is_lost, mut frame) in frames {
            if is_lost { concealer.lost(&mut frame) } else { concealer.good(&mut frame) }
        }
    }
}
