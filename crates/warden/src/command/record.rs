//! `warden record`: begins, pauses and ends the recording of a call that is under way.

use std::path::Path;
use std::process::ExitCode;

use warden_call::call_event::CallId;

use crate::cli::Wish;
use crate::control::{Request, ask};
use crate::data_dir;
use crate::load::load;

pub(crate) fn run(config: &Path, call: CallId, wish: Wish) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let CallId(call) = call;
    ask::<()>(&data_dir::socket(&config.server.data_dir), &Request::Record { call, wish })?;
    Ok(ExitCode::SUCCESS)
}
