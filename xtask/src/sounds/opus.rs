//! Writing what was made: as Opus in Ogg, by ffmpeg and libopus.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// All sounds are made at this rate.
pub(super) const SAMPLE_RATE_HZ: u32 = 16_000;

/// What the encoder is told to expect.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Music,
    Speech,
}

/// Writes samples to a file, the same bytes for the same samples.
pub(super) fn write(samples: &[i16], kind: Kind, file: &Path) -> anyhow::Result<()> {
    let encoding: &[&str] = match kind {
        Kind::Music => &["-b:a", "32k", "-application", "audio", "-frame_duration", "20"],
        Kind::Speech => &["-b:a", "24k", "-application", "voip", "-frame_duration", "60"],
    };
    let mut ffmpeg = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "s16le", "-ar", "16000", "-ac", "1", "-i", "pipe:0"])
        .args(["-c:a", "libopus", "-vbr", "on"])
        .args(encoding)
        .args(["-fflags", "+bitexact", "-flags", "+bitexact", "-f", "ogg"])
        .arg(file)
        .stdin(Stdio::piped())
        .spawn()
        .context("cannot start ffmpeg: is it installed?")?;
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    ffmpeg.stdin.take().context("ffmpeg has no input")?.write_all(&bytes).context("ffmpeg takes no sound")?;
    let status = ffmpeg.wait().context("cannot wait for ffmpeg")?;
    ensure!(status.success(), "ffmpeg could not write {}", file.display());
    Ok(())
}
