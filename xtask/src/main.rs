//! The project's own commands. `cargo xtask tidy` refuses what the compiler and clippy do not: a dependency that the
//! architecture does not draw, a file that grew too long. Each check is one file; the data they share is `rules.rs`. `cargo xtask sounds` makes what is in
//! `sounds/`.

mod arrows;
mod headers;
mod length;
mod names;
mod pure;
mod repository;
mod rules;
mod sounds;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use crate::repository::Repository;

const USAGE: &str = "\
cargo xtask tidy          print every finding; exit 1 if there is one
cargo xtask tidy --fix    first copy xtask/pure-clippy.toml into each pure crate
cargo xtask sounds music    make the music on hold again, with ffmpeg; add --release, it takes a while
cargo xtask sounds prompts  make the spoken prompts again, with espeak-ng and ffmpeg";

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["tidy"] => tidy(&root()?),
        ["tidy", "--fix"] => {
            pure::copy_rules(&Repository::read(&root()?)?)?;
            tidy(&root()?)
        }
        ["sounds", "music"] => sounds::make_music(&root()?).map(|()| ExitCode::SUCCESS),
        ["sounds", "prompts"] => sounds::make_prompts(&root()?).map(|()| ExitCode::SUCCESS),
        _ => anyhow::bail!("unknown command, use one of:\n{USAGE}"),
    }
}

#[expect(clippy::print_stdout, reason = "the findings are what this command is for")]
fn tidy(root: &Path) -> anyhow::Result<ExitCode> {
    let repository = Repository::read(root)?;
    let findings = tidy::check(&repository);
    for finding in &findings {
        println!("{finding}");
    }
    let (files, crates) = (repository.sources.len(), repository.packages.len());
    println!("tidy read {files} files of {crates} crates, findings: {}", findings.len());
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The repository's root, found when the command runs: the build directory may be shared between two checkouts.
fn root() -> anyhow::Result<PathBuf> {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").context("start this through cargo: cargo xtask tidy")?;
    let root = Path::new(&xtask).parent().context("xtask has no parent folder")?;
    Ok(root.to_owned())
}
