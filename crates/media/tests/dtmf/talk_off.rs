//! Sounds that are no digits: speech, music, ringing, noise.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "the speaker is a program")]

use std::f64::consts::TAU;
use std::process::Command;

use warden_media::dtmf::Digit;
use warden_media::tone::{FRAME, Generator, Plan, Tone};

use crate::sound::{Noise, amplitude, digits, scaled};

const RATE_HZ: u32 = 8000;

/// espeak-ng speaks, at 8 kHz; scripts/need.sh installs it.
fn spoken(voice: &str, speed: u32, pitch: u32, text: &str) -> Vec<i16> {
    let arguments = ["--stdout", "-v", voice, "-s", &speed.to_string(), "-p", &pitch.to_string(), text];
    let output = Command::new("espeak-ng").args(arguments).output().unwrap();
    let wave = output.stdout.get(44..).unwrap();
    let samples: Vec<i16> = wave.as_chunks().0.iter().map(|&pair| i16::from_le_bytes(pair)).collect();
    let mut resampler = warden_codec::resample::Resampler::new(24_000, RATE_HZ).unwrap();
    // 22,050 Hz is taken for 24,000: the voice is a little higher then.
    let mut out = vec![0; samples.len()];
    let mut length = 0;
    for chunk in samples.chunks_exact(480) {
        length += resampler.resample(chunk, out.get_mut(length..).unwrap()).unwrap();
    }
    out.truncate(length);
    out
}

const TEXT: &str = "This is the reception of the museum. We open at nine and close at half past five, except on Mondays. \
    Please leave your name, your number and the reason of your call, and someone will call you back as soon as possible. \
    Zero one two three four five six seven eight nine ten. Ooh, aah, eeh, hello hello hello, we will hear you anyway. \
    The rain in Spain stays mainly in the plain; a loyal royal oil boiler, how now brown cow, blue moon, sure, you too.";

#[test]
fn people_who_talk_press_no_key() {
    let mut minutes = 0.0;
    for voice in
        ["en", "en-us+f3", "fr+f2", "fr+f3", "en+f2", "en+f5", "de+m3", "ru+f2", "pt+f3", "en+croak", "en+whisper"]
    {
        for (speed, pitch) in [(130, 30), (160, 80), (200, 99)] {
            let samples = spoken(voice, speed, pitch, TEXT);
            minutes += f64::from(u32::try_from(samples.len()).unwrap()) / f64::from(RATE_HZ) / 60.0;
            for dbm0 in [-10.0, -20.0] {
                assert_eq!(digits(&scaled(&samples, dbm0), RATE_HZ), "", "{voice} {speed} {pitch} at {dbm0}");
            }
        }
    }
    assert!(minutes > 10.0, "only {minutes} minutes were spoken");
}

/// Chords of a few voices with overtones, which change four times a second.
fn music(seed: u32, notes: u32) -> Vec<i16> {
    let mut random = Noise::new(seed);
    let mut samples = Vec::new();
    for _ in 0..notes {
        let pitches: Vec<f64> = (0..3).map(|_| 440.0 * 2f64.powf((random.next() * 24.0).round() / 12.0)).collect();
        samples.extend((0..RATE_HZ / 4).map(|at| {
            let time = f64::from(at) / f64::from(RATE_HZ);
            let sum: f64 = pitches
                .iter()
                .flat_map(|pitch| [1.0, 2.0, 3.0].map(|overtone| (pitch * overtone, 1.0 / overtone)))
                .filter(|(hz, _)| *hz < 3800.0)
                .map(|(hz, strength)| strength * (TAU * hz * time).sin())
                .sum();
            sum * (-3.0 * time).exp()
        }));
    }
    #[expect(clippy::cast_possible_truncation, reason = "small")]
    let samples: Vec<i16> = samples.iter().map(|sample| (sample * 3000.0).clamp(-32_000.0, 32_000.0) as i16).collect();
    scaled(&samples, -12.0)
}

#[test]
fn ten_minutes_of_music_press_no_key() {
    for seed in 0..10 {
        assert_eq!(digits(&music(seed, 240), RATE_HZ), "", "seed {seed}");
    }
}

#[test]
fn tones_of_the_line_and_single_tones_and_noise_are_no_digits() {
    for plan in [Plan::Itu, Plan::Us, Plan::Eu, Plan::Uk] {
        for tone in [Tone::ring_back(plan), Tone::busy(plan), Tone::congestion(plan), Tone::beep()] {
            let (mut generator, mut samples, mut frame) = (Generator::new(tone), Vec::new(), [0; FRAME]);
            for _ in 0..1000 {
                generator.next_frame(&mut frame);
                samples.extend(frame);
            }
            assert_eq!(digits(&samples, RATE_HZ), "", "{plan:?}");
        }
    }
    let (mut noise, peak) = (Noise::new(1), amplitude(-10.0));
    #[expect(clippy::cast_possible_truncation, reason = "small")]
    let hiss: Vec<i16> = (0..RATE_HZ * 60).map(|_| (noise.next() * peak) as i16).collect();
    assert_eq!(digits(&hiss, RATE_HZ), "");
    for digit in "159D".chars() {
        for hz in Digit::from_char(digit).unwrap().frequencies_hz().unwrap() {
            let step = TAU * f64::from(hz) / f64::from(RATE_HZ);
            #[expect(clippy::cast_possible_truncation, reason = "small")]
            let sine: Vec<i16> = (0..RATE_HZ).map(|at| ((step * f64::from(at)).sin() * peak) as i16).collect();
            assert_eq!(digits(&sine, RATE_HZ), "", "{hz} Hz alone");
        }
    }
}
