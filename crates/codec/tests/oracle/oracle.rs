//! The other implementations: libspandsp through a program of a few lines in C, ffmpeg by its command line.
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "oracles are programs")]

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::programs::{bytes, ffmpeg, file, samples, succeeds, through};

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

/// What ffmpeg writes for `samples` in its `format`, with `options` for the codec.
pub(crate) fn ffmpeg_encodes(format: &str, rate_hz: u32, options: &[&str], samples: &[i16]) -> Vec<u8> {
    let writing = format!("-c:a {format} {} -f {format}", options.join(" "));
    ffmpeg(&bytes(samples), &format!("-f s16le -ar {rate_hz} -ac 1"), &writing)
}

/// What ffmpeg reads in `payload`, which is in its `format`, with `options` for the codec.
pub(crate) fn ffmpeg_decodes(format: &str, options: &[&str], payload: &[u8]) -> Vec<i16> {
    samples(&ffmpeg(payload, &format!("-f {format} {}", options.join(" ")), "-f s16le"))
}
