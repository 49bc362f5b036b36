//! `warden check`: says everything that is wrong with the configuration, and starts nothing.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use warden_config::Config;

use crate::control::{Request, ask};
use crate::data_dir;
use crate::extensions::{Kept, Listed};
use crate::load::load;
use crate::music;

pub(crate) fn run(config: &Path) -> anyhow::Result<ExitCode> {
    let accepted = load(config)?;
    let mut out = io::stdout().lock();
    for note in &accepted.notes {
        writeln!(out, "note: {note}")?;
    }
    for note in music::missing(&accepted.config, &config.to_string_lossy()) {
        writeln!(out, "note: {note}")?;
    }
    for line in music::told(&accepted.config) {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{}: no problems; {}", config.display(), extensions(&accepted.config))?;
    Ok(ExitCode::SUCCESS)
}

/// How many there are. Those in the database the running server knows; without one the database is left alone.
fn extensions(config: &Config) -> String {
    let in_file = config.extensions.len();
    let socket = data_dir::socket(&config.server.data_dir);
    let Ok(known) = ask::<Vec<Listed>>(&socket, &Request::Extensions) else {
        return format!("{} in the file; those in the database are counted while the server runs", counted(in_file));
    };
    let is_declared = |listed: &Listed| config.extensions.iter().any(|declared| declared.number == listed.number);
    let in_database = known.iter().filter(|it| it.source != Kept::File && !is_declared(it)).count();
    format!("{}: {in_file} in the file, {in_database} in the database", counted(in_file + in_database))
}

fn counted(count: usize) -> String {
    if count == 1 { "1 extension".into() } else { format!("{count} extensions") }
}
