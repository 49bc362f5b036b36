//! `warden extension`: extensions in the database, through the running server or, when none runs, directly.

use std::fmt::Write as _;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use warden_call::route::Action;
use warden_config::Config;

use super::{ask_or, print_list};
use crate::cli::{ExtensionCommand, List, PasswordSource};
use crate::control::Request;
use crate::directory;
use crate::extensions::{self, Change, Listed, new_password};
use crate::load::load;

pub(crate) fn run(config: &Path, command: ExtensionCommand) -> anyhow::Result<ExitCode> {
    match command {
        ExtensionCommand::List(list) => self::list(config, &list),
        ExtensionCommand::Add { number, name, password } => {
            let (secret, is_new) = password_from(&password)?;
            let change = Change::Add { number: number.clone(), name, password: secret.clone() };
            let told = said(&format!("extension {number} added"), is_new.then_some(&secret));
            let done = self::change(config, change, &told)?;
            if !rings(&load(config)?.config, &number)? {
                let config = config.display();
                writeln!(
                    io::stderr(),
                    "note: nobody can call {number}: dialplan.patterns in {config} does not ring it"
                )?;
            }
            Ok(done)
        }
        ExtensionCommand::SetPassword { number, password } => {
            let (secret, is_new) = password_from(&password)?;
            let change = Change::SetPassword { number: number.clone(), password: secret.clone() };
            let told = said(&format!("extension {number} has another password"), is_new.then_some(&secret));
            self::change(config, change, &told)
        }
        ExtensionCommand::Remove { number } => {
            let told = format!("extension {number} removed\n");
            self::change(config, Change::Remove { number }, &told)
        }
    }
}

/// Whether the dialplan leads from this number to the extension.
fn rings(config: &Config, number: &str) -> anyhow::Result<bool> {
    let dialplan = directory::dialplan(config)?;
    Ok(dialplan.find(number).is_some_and(|(_, pattern)| pattern.action == Action::Extension))
}

/// What was done, with a password that was made up.
fn said(deed: &str, password: Option<&String>) -> String {
    password.map_or_else(|| format!("{deed}\n"), |password| format!("{deed}\npassword: {password}\n"))
}

/// The password, and whether it was made up.
fn password_from(source: &PasswordSource) -> anyhow::Result<(String, bool)> {
    if !source.password_stdin {
        return Ok((new_password().context("cannot draw random bytes")?, true));
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
    Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
}

fn change(config: &Path, change: Change, told: &str) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let request = Request::Change { change };
    ask_or(&config, &request, async |config, store| match &request {
        Request::Change { change } => Ok(change.apply(config, store).await?),
        Request::Registrations
        | Request::Trunks
        | Request::Calls
        | Request::Record { .. }
        | Request::Records { .. }
        | Request::Bans
        | Request::Ban { .. }
        | Request::LiftBans { .. }
        | Request::Trace { .. }
        | Request::JustFailed
        | Request::CheckSync { .. }
        | Request::Extensions => Ok(()),
    })?;
    io::stdout().write_all(told.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn list(config: &Path, list: &List) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let all: Vec<Listed> = ask_or(&config, &Request::Extensions, async |config, store| {
        extensions::list(config, store).await.map_err(anyhow::Error::msg)
    })?;
    print_list(&all, list, table)
}

fn table(all: &[Listed]) -> String {
    if all.is_empty() {
        return "there is no extension\n".into();
    }
    let mut text = format!("{:<15}  {:<24}  KEPT IN\n", "EXTENSION", "NAME");
    for Listed { number, name, source, .. } in all {
        let name = name.escape_debug().to_string();
        // Writing to a text cannot fail.
        let _written = writeln!(text, "{number:<15}  {name:<24}  {}", source.words());
    }
    text
}
