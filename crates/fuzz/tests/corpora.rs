//! Every committed input of every fuzz target is tried again, and some that nobody has looked at.

#![expect(clippy::expect_used, reason = "a failure is the failure of the test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use warden_fuzz::TARGETS;
use warden_sip::random::Random;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    // Folders in it are links to what other tests read.
    let (folders, mut files): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| self::files(folder)));
    files.sort();
    files
}

#[test]
fn what_was_found_before_is_not_found_again() {
    for target in TARGETS {
        for file in files(&fuzz().join("corpus").join(target.name)) {
            // The name is what is looked for when something is found.
            let data = std::fs::read(&file).expect("the file can be read");
            let outcome = std::panic::catch_unwind(|| (target.run)(&data));
            assert!(outcome.is_ok(), "{}", file.display());
        }
    }
}

#[test]
fn each_target_has_its_program_and_its_corpus() {
    let names: BTreeSet<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let stems = |folder: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(fuzz().join(folder)).expect("the folder is there");
        let paths = entries.map(|entry| entry.expect("the folder can be read").path());
        paths.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
    };
    assert_eq!(stems("fuzz_targets"), names);
    assert_eq!(stems("corpus"), names);
}

#[test]
fn three_hundred_rows_of_chance_bytes_find_nothing() {
    let mut random = Random::from_seed([1; 32]);
    for _ in 0..300 {
        let mut data = vec![0; random.below(600) as usize];
        random.fill(&mut data);
        for target in TARGETS {
            let outcome = std::panic::catch_unwind(|| (target.run)(&data));
            assert!(outcome.is_ok(), "{}: {}", target.name, data.escape_ascii());
        }
    }
}
