//! Warden's command line: finds the command, and says in one sentence why it failed.

mod cli;
mod codecs;
mod command;
mod control;
mod data_dir;
mod directory;
mod load;
mod log;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(place) => command::serve::run(&place.config),
        Command::Check(place) => command::check::run(&place.config),
        Command::Registrations(list) => command::registrations::run(&list),
        Command::Calls(list) => command::calls::run(&list),
    };
    done.unwrap_or_else(|error| {
        // When even this cannot be written, the exit code still tells.
        let _told = writeln!(io::stderr(), "warden: {error:#}");
        ExitCode::FAILURE
    })
}
