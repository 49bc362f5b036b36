//! `warden check`: says everything that is wrong with the configuration, and starts nothing.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::load::load;

pub(crate) fn run(config: &Path) -> anyhow::Result<ExitCode> {
    let accepted = load(config)?;
    let mut out = io::stdout().lock();
    for note in &accepted.notes {
        writeln!(out, "note: {note}")?;
    }
    writeln!(out, "{}: no problems; {} extensions", config.display(), accepted.config.extensions.len())?;
    Ok(ExitCode::SUCCESS)
}
