//! What can be written on the command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Warden, a complete phone system.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// The configuration file; a `.env` beside it has variables for it
    #[arg(long, global = true, value_name = "FILE", default_value = "config.yml")]
    pub(crate) config: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a configuration file and add two example extensions, unless there are some; say how to set up a phone
    Init,
    /// Run the phone system until SIGTERM; SIGHUP reads the configuration again
    Serve,
    /// Say everything that is wrong with the configuration; exit code 2 when there is something
    Check,
    /// List the phones that can be reached
    Registrations(List),
    /// List the calls that are under way
    Calls(List),
    /// List the calls that were, the newest first
    Cdr(Records),
    /// Show the certificate for HTTPS, or make a self-signed one
    #[command(subcommand)]
    Cert(CertCommand),
    /// Add, list and remove extensions in the database, and set their passwords
    #[command(subcommand)]
    Extension(ExtensionCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum CertCommand {
    /// Say whose the certificate is, and how long it holds
    Status(List),
    /// Make a self-signed certificate in the place of the one before
    SelfSigned {
        /// A name or address that it is to be good for, several times for several; all of this machine if not given
        #[arg(long, value_name = "HOST", value_parser = host)]
        host: Vec<String>,
    },
}

/// A name or an address, as a certificate may have it.
fn host(text: &str) -> Result<String, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte);
    let is_name = !text.is_empty() && text.len() <= 253 && text.bytes().all(is_plain);
    if is_name || text.parse::<IpAddr>().is_ok() {
        return Ok(text.to_owned());
    }
    Err("not an IP address, and not a name of letters, digits, dots and hyphens")
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExtensionCommand {
    /// Add an extension with its first phone, and print the phone's password
    Add {
        /// What people dial, which is also the phone's user name
        number: String,
        /// The name that others see
        #[arg(long)]
        name: String,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// List all extensions
    List(List),
    /// Give the phone of an extension another password, and print it
    SetPassword {
        /// The extension
        number: String,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Remove an extension; its call records stay
    Remove {
        /// The extension
        number: String,
    },
}

/// Where a password comes from; on the command line others could see it.
#[derive(Debug, Args)]
pub(crate) struct PasswordSource {
    /// Read the password from standard input instead of making one up
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// Which call records.
#[derive(Debug, Args)]
pub(crate) struct Records {
    #[command(flatten)]
    pub(crate) list: List,
    /// Only calls from, to or answered by this extension
    #[arg(long, value_name = "NUMBER")]
    pub(crate) extension: Option<String>,
    /// The most to list
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) limit: u64,
}

/// A list of what the running server knows.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Print a JSON array
    #[arg(long)]
    pub(crate) json: bool,
}
