//! The spoken prompts: each line of `sounds/prompts/en.toml` by espeak-ng, without the silence around it, all as loud.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use warden_sound::Track;

use super::opus::{self, Kind, SAMPLE_RATE_HZ};

/// The voice, how many words a minute, and how far its pitch is from the usual one (50).
const VOICE: [&str; 6] = ["-v", "en-us", "-s", "150", "-p", "48"];

/// Of the parts that are spoken, without the pauses: in decibels below the loudest that can be.
const LOUDNESS_DB: f64 = -20.0;
/// Nothing is louder.
const PEAK_DB: f64 = -3.0;

/// A piece of 10 ms is silence when it is this much below the loudest.
const SILENCE_DB: f64 = -36.0;
const PIECE: usize = SAMPLE_RATE_HZ as usize / 100;

/// What is left of the silence, so that no consonant is cut.
const BEFORE: usize = 4 * PIECE;
const AFTER: usize = 9 * PIECE;

/// Writes `<folder>/en/<name>.opus` for every prompt, and removes those that are not on the list.
pub(super) fn make(folder: &Path) -> anyhow::Result<()> {
    let list = folder.join("en.toml");
    let text = std::fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
    let prompts: toml::Table = text.parse().with_context(|| format!("{} is not a list of prompts", list.display()))?;
    let files = folder.join("en");
    if files.exists() {
        std::fs::remove_dir_all(&files).with_context(|| format!("cannot empty {}", files.display()))?;
    }
    for (name, words) in &prompts {
        let words = words.as_str().with_context(|| format!("{name}: its words are no text"))?;
        let file = files.join(format!("{name}.opus"));
        std::fs::create_dir_all(file.parent().unwrap_or(&files))?;
        let samples = finished(&speak(words)?).with_context(|| format!("{name}: nothing is heard of it"))?;
        opus::write(&samples, Kind::Speech, &file)?;
    }
    Ok(())
}

fn speak(words: &str) -> anyhow::Result<Vec<i16>> {
    let spoken = Command::new("espeak-ng")
        .args(VOICE)
        .args(["--stdout", "--", words])
        .stdin(Stdio::null())
        .output()
        .context("cannot start espeak-ng: is it installed?")?;
    ensure!(spoken.status.success(), "espeak-ng: {}", String::from_utf8_lossy(&spoken.stderr));
    let mut track = Track::from_bytes(spoken.stdout, "speech.wav", SAMPLE_RATE_HZ)?;
    let (mut samples, mut room) = (Vec::new(), vec![0; 4096]);
    loop {
        let count = track.read(&mut room)?;
        if count == 0 {
            return Ok(samples);
        }
        samples.extend_from_slice(room.get(..count).unwrap_or_default());
    }
}

/// Without silence at both ends, and as loud as the others. `None` when there is only silence.
fn finished(samples: &[i16]) -> Option<Vec<i16>> {
    let pieces: Vec<f64> = samples.chunks(PIECE).map(power).collect();
    let loudest = pieces.iter().fold(0.0_f64, |most, piece| most.max(*piece));
    let is_spoken = |piece: &f64| *piece > loudest * 10_f64.powf(SILENCE_DB / 10.0);
    let first = pieces.iter().position(is_spoken)? * PIECE;
    let last = (pieces.iter().rposition(is_spoken)? + 1) * PIECE;
    let from = first.saturating_sub(BEFORE);
    let heard = samples.get(from..(last + AFTER).min(samples.len()))?;
    let spoken: Vec<f64> = pieces.into_iter().filter(is_spoken).collect();
    #[expect(clippy::cast_precision_loss, reason = "some hundred")]
    let mean = spoken.iter().sum::<f64>() / spoken.len() as f64;
    let gain = 10_f64.powf(LOUDNESS_DB / 20.0) * 32_768.0 / mean.sqrt();
    let most = 10_f64.powf(PEAK_DB / 20.0) * 32_768.0;
    #[expect(clippy::cast_possible_truncation, reason = "at most 32,768 times less than one")]
    let louder = |sample: &i16| rounded_off(f64::from(*sample) * gain, most) as i16;
    Some(heard.iter().map(louder).collect())
}

fn power(samples: &[i16]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "160 samples")]
    let count = samples.len() as f64;
    samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / count
}

/// As it is below half of `most`, never above it, and without a corner in between.
fn rounded_off(sample: f64, most: f64) -> f64 {
    let half = most / 2.0;
    if sample.abs() <= half { sample } else { sample.signum() * (half + half * ((sample.abs() - half) / half).tanh()) }
}
