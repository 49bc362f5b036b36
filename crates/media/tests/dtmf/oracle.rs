//! libspandsp hears what we say, and we hear what it says.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "the other implementation is a program")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use warden_media::dtmf::{Digit, tone};
use warden_media::tone::{FRAME, Generator};

use crate::sound::{ALL, digits, heard};

fn spandsp(arguments: &[&str]) -> String {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dtmf-oracle-{}", std::process::id()));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/dtmf.c");
        let built = Command::new("cc").args(["-O1", "-o"]).arg(&program).arg(source).arg("-lspandsp").status();
        assert!(built.is_ok_and(|status| status.success()), "needs cc and libspandsp-dev: scripts/need.sh test");
        program
    });
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn file(name: &str) -> String {
    format!("{}/{name}-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id())
}

#[test]
fn spandsp_hears_every_digit_that_we_say_at_every_volume() {
    for (duration_ms, silence_ms, level) in [(60, 60, 6), (100, 50, 3), (60, 60, 20), (500, 60, 10)] {
        let mut samples = Vec::new();
        for digit in ALL.chars() {
            let tone = tone(Digit::from_char(digit).unwrap(), duration_ms, silence_ms, level);
            let (mut generator, mut frame) = (Generator::new(tone), [0; FRAME]);
            while !generator.has_ended() {
                generator.next_frame(&mut frame);
                samples.extend(frame);
            }
        }
        let name = file("said");
        let bytes: Vec<u8> = samples.iter().flat_map(|sample: &i16| sample.to_le_bytes()).collect();
        std::fs::write(&name, bytes).unwrap();
        assert_eq!(spandsp(&["hear", &name]), ALL, "{duration_ms} ms, level {level}");
        assert_eq!(digits(&samples, 8000), ALL);
        std::fs::remove_file(name).unwrap();
    }
}

#[test]
fn we_hear_every_digit_that_spandsp_says() {
    for (level, twist, on_ms, off_ms) in
        [("-10", "0", "50", "55"), ("-7", "3", "100", "100"), ("-20", "-6", "45", "45")]
    {
        let name = file("heard");
        spandsp(&["say", ALL, level, twist, on_ms, off_ms, &name]);
        let bytes = std::fs::read(&name).unwrap();
        let samples: Vec<i16> = bytes.as_chunks().0.iter().map(|&pair| i16::from_le_bytes(pair)).collect();
        assert_eq!(digits(&samples, 8000), ALL, "level {level}, twist {twist}");
        let length_ms: u64 = on_ms.parse().unwrap();
        let told = heard(&samples, 8000);
        assert!(told.iter().all(|(_, ms)| ms.abs_diff(length_ms) <= 8), "{told:?}");
        std::fs::remove_file(name).unwrap();
    }
}
