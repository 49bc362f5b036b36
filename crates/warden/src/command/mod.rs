//! The commands, one file each.

pub(crate) mod bans;
pub(crate) mod calls;
pub(crate) mod cdr;
pub(crate) mod cert;
pub(crate) mod check;
pub(crate) mod extension;
pub(crate) mod init;
pub(crate) mod phone;
pub(crate) mod record;
pub(crate) mod registrations;
pub(crate) mod serve;
pub(crate) mod trace;
pub(crate) mod trunks;

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime;
use warden_config::Config;
use warden_store::Store;

use crate::cli::List;
use crate::control::{AskError, Request, ask};
use crate::data_dir::{self, DataDir};
use crate::keep::open_store;

/// Prints a list, for programs or for people.
fn print_list<T: Serialize>(all: &[T], list: &List, table: impl FnOnce(&[T]) -> String) -> anyhow::Result<ExitCode> {
    let text = if list.json { serde_json::to_string(all)? + "\n" } else { table(all) };
    io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Asks the running server; when none runs, does it on the database, which is kept from a server meanwhile.
fn ask_or<T: DeserializeOwned>(
    config: &Config,
    request: &Request,
    otherwise: impl AsyncFnOnce(&Config, &Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    match ask(&data_dir::socket(&config.server.data_dir), request) {
        Err(AskError::NoServer { .. }) => {}
        answer => return Ok(answer?),
    }
    let _ours = DataDir::take(&config.server.data_dir)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = open_store(config).await?;
        let done = otherwise(config, &store).await;
        store.close().await;
        done
    })
}
