//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Warden, a complete phone system.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the phone system until SIGTERM; SIGHUP reads the configuration again
    Serve(ConfigPlace),
    /// Say everything that is wrong with the configuration; exit code 2 when there is something
    Check(ConfigPlace),
    /// List the phones that can be reached
    Registrations(List),
    /// List the calls that are under way
    Calls(List),
}

/// Where the configuration is.
#[derive(Debug, Args)]
pub(crate) struct ConfigPlace {
    /// The configuration file; a `.env` beside it has variables for it
    #[arg(long, value_name = "FILE", default_value = "config.yml")]
    pub(crate) config: PathBuf,
}

/// A list of what the running server knows.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) place: ConfigPlace,
    /// Print a JSON array
    #[arg(long)]
    pub(crate) json: bool,
}
