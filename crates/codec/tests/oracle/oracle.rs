//! The other implementations: libspandsp through a program of a few lines in C, ffmpeg by its command line.
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "oracles are programs, which work on files")]

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()))
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; run scripts/need.sh test"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Gives `input` to the command that `command` makes for two files, and takes what it writes.
fn through(input: &[u8], command: impl FnOnce(&PathBuf, &PathBuf) -> Command) -> Vec<u8> {
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

/// The program in C, compiled once.
fn spandsp_program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = file("spandsp");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/spandsp.c");
        succeeds(Command::new("cc").args(["-O1", "-o"]).arg(&program).args([source, "-lspandsp"]));
        program
    })
}

/// What libspandsp makes of `input`; the `codec` is `g722` or `g726`, the `packing` `lsb` or `msb`.
fn spandsp(codec: &str, way: &str, rate: u32, packing: &str, input: &[u8]) -> Vec<u8> {
    through(input, |from, to| {
        let mut command = Command::new(spandsp_program());
        command.args([codec, way, &rate.to_string(), packing]).args([from, to]);
        command
    })
}

pub(crate) fn spandsp_encodes(codec: &str, rate: u32, packing: &str, samples: &[i16]) -> Vec<u8> {
    spandsp(codec, "encode", rate, packing, &bytes(samples))
}

pub(crate) fn spandsp_decodes(codec: &str, rate: u32, packing: &str, payload: &[u8]) -> Vec<i16> {
    samples(&spandsp(codec, "decode", rate, packing, payload))
}

fn ffmpeg(input: &[u8], before: &[&str], after: &[&str]) -> Vec<u8> {
    through(input, |from, to| {
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-nostdin", "-y"]).args(before).arg("-i").arg(from).args(after).arg(to);
        command
    })
}

/// What ffmpeg writes for `samples` in its `format`, with `options` for the codec.
pub(crate) fn ffmpeg_encodes(format: &str, rate_hz: u32, options: &[&str], samples: &[i16]) -> Vec<u8> {
    let rate_hz = rate_hz.to_string();
    let after = [&["-c:a", format][..], options, &["-f", format]].concat();
    ffmpeg(&bytes(samples), &["-f", "s16le", "-ar", &rate_hz, "-ac", "1"], &after)
}

/// What ffmpeg reads in `payload`, which is in its `format`, with `options` for the codec.
pub(crate) fn ffmpeg_decodes(format: &str, options: &[&str], payload: &[u8]) -> Vec<i16> {
    let before = [&["-f", format][..], options].concat();
    samples(&ffmpeg(payload, &before, &["-f", "s16le"]))
}

fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

fn samples(bytes: &[u8]) -> Vec<i16> {
    bytes.as_chunks().0.iter().map(|&pair| i16::from_le_bytes(pair)).collect()
}
