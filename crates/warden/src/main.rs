//! Warden's command line: finds the command, and says in one sentence why it failed.

mod accounts;
mod certificate;
mod cli;
mod client_certificates;
mod codecs;
mod command;
mod control;
mod data_dir;
mod digits;
mod directory;
mod examples;
mod extensions;
mod keep;
mod load;
mod log;
mod music;
mod places;
mod records;
mod web;
mod welcome;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use load::LoadError;

/// The exit code for a configuration with problems, which are printed one a line.
const REFUSED: u8 = 2;

fn main() -> ExitCode {
    let Cli { config, command } = Cli::parse();
    let done = match command {
        Command::Init => command::init::run(&config),
        Command::Serve => command::serve::run(&config),
        Command::Check => command::check::run(&config),
        Command::Registrations(list) => command::registrations::run(&config, &list),
        Command::Trunks(list) => command::trunks::run(&config, &list),
        Command::Calls(list) => command::calls::run(&config, &list),
        Command::Record { call, wish } => command::record::run(&config, call, wish),
        Command::Cdr(records) => command::cdr::run(&config, &records),
        Command::Bans(command) => command::bans::run(&config, &command),
        Command::Trace(asked) => command::trace::run(&config, &asked),
        Command::Cert(command) => command::cert::run(&config, command),
        Command::Extension(command) => command::extension::run(&config, command),
        Command::Phone(command) => command::phone::run(&config, command),
    };
    done.unwrap_or_else(|error| {
        // When even this cannot be written, the exit code still tells.
        if let Some(LoadError::Refused(report)) = error.downcast_ref() {
            let _told = writeln!(io::stderr(), "{report}");
            return ExitCode::from(REFUSED);
        }
        let _told = writeln!(io::stderr(), "warden: {error:#}");
        ExitCode::FAILURE
    })
}
