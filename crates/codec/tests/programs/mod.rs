//! Programs that know our codecs, which tests compare with: `scripts/need.sh test` installs them.

#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "programs work on files; a shell crate may")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A file of this test program's own.
pub(crate) fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()))
}

/// Runs a program that has nothing to complain about.
pub(crate) fn succeeds(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; run scripts/need.sh test"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{command:?}: {said}");
}

/// Gives `input` to the command that `command` makes for two files, and takes what it writes.
pub(crate) fn through(input: &[u8], command: impl FnOnce(&Path, &Path) -> Command) -> Vec<u8> {
    static FILES: AtomicU32 = AtomicU32::new(0);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let (from, to) = (file(&format!("in-{number}")), file(&format!("out-{number}")));
    std::fs::write(&from, input).unwrap();
    succeeds(&mut command(&from, &to));
    let output = std::fs::read(&to).unwrap();
    for used in [from, to] {
        std::fs::remove_file(used).unwrap();
    }
    output
}

/// What ffmpeg makes of `input` with these options for reading it, and these for what it writes.
pub(crate) fn ffmpeg(input: &[u8], reading: &str, writing: &str) -> Vec<u8> {
    through(input, |from, to| {
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-nostdin", "-y"]).args(reading.split_whitespace()).arg("-i").arg(from);
        command.args(writing.split_whitespace()).arg(to);
        command
    })
}

/// Samples as these programs write them.
pub(crate) fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// Samples as these programs have written them.
pub(crate) fn samples(bytes: &[u8]) -> Vec<i16> {
    bytes.as_chunks().0.iter().map(|&pair| i16::from_le_bytes(pair)).collect()
}
