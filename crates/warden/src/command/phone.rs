//! `warden phone resync`: the phones of an extension look whether their configuration has changed.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::cli::PhoneCommand;
use crate::control::{Request, ask};
use crate::data_dir;
use crate::load::load;

pub(crate) fn run(config: &Path, command: PhoneCommand) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let PhoneCommand::Resync { number, reboot } = command;
    let request = Request::CheckSync { extension: number.clone(), reboot };
    let phones: usize = ask(&data_dir::socket(&config.server.data_dir), &request)?;
    anyhow::ensure!(phones > 0, "no phone of {number} is registered");
    let them = if phones == 1 { "1 phone was" } else { &format!("{phones} phones were") };
    writeln!(io::stdout(), "{them} told; some obey only if their settings allow it")?;
    Ok(ExitCode::SUCCESS)
}
