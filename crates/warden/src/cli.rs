//! What can be written on the command line.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};
use warden_call::call_event::CallId;

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
    /// List the trunks, and how Warden's registrations there fare
    Trunks(List),
    /// List the calls that are under way
    Calls(List),
    /// Record a call that is under way, pause that, go on, or stop it
    Record {
        /// Its name in `warden calls`: 16 hexadecimal digits
        #[arg(value_parser = call)]
        call: CallId,
        /// What to do
        wish: Wish,
    },
    /// List the calls that were, the newest first
    Cdr(Records),
    /// List who is banned, ban an address, and lift a ban
    #[command(subcommand)]
    Bans(BansCommand),
    /// Show a call message by message, with the reasons of what was done; without a call, list those that failed
    Trace(Traced),
    /// Show the certificate for HTTPS, or make a self-signed one
    #[command(subcommand)]
    Cert(CertCommand),
    /// Add, list and remove extensions in the database, and set their passwords
    #[command(subcommand)]
    Extension(ExtensionCommand),
    /// Tell phones what to do
    #[command(subcommand)]
    Phone(PhoneCommand),
}

/// What to do with the recording of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wish {
    /// Begin
    Start,
    /// Keep nothing of what is said from now on
    Pause,
    /// Go on after a pause
    Resume,
    /// End
    Stop,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PhoneCommand {
    /// Let all phones of an extension look whether their configuration has changed
    Resync {
        /// The extension
        number: String,
        /// Let them start anew for it
        #[arg(long)]
        reboot: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BansCommand {
    /// List who is banned, why, since when and until when
    List(List),
    /// Ban an address, or the IPv6 /64 around it: it gets no answer any more
    Add {
        /// The address
        address: IpAddr,
        /// For how long, such as 30m, 12h or 7d; `security.rate_limiting.ban_duration` if not given
        #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
        duration: Option<Duration>,
    },
    /// Lift every ban of an address, those of single user names too
    Remove {
        /// The address
        address: IpAddr,
    },
}

/// A number with its unit: s, m, h or d.
fn duration(text: &str) -> Result<Duration, &'static str> {
    const LONGEST_S: u64 = 366 * 24 * 3600;
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).unwrap_or_default();
    let unit_s: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        _ => 0,
    };
    let number: Option<u64> =
        Some(number).filter(|it| it.bytes().all(|b| b.is_ascii_digit())).and_then(|it| it.parse().ok());
    let seconds = number.and_then(|number| number.checked_mul(unit_s)).filter(|all| (1..=LONGEST_S).contains(all));
    seconds.map(Duration::from_secs).ok_or("not a number with s, m, h or d after it, such as 30m, or longer than 366d")
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
    /// Only calls that this extension made, answered or joined later, or whose dialled number it is
    #[arg(long, value_name = "NUMBER")]
    pub(crate) extension: Option<String>,
    /// The most to list
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) limit: u64,
}

/// Which call, and how it is shown.
#[derive(Debug, Args)]
pub(crate) struct Traced {
    /// Its name in `warden calls`, `warden cdr --json` and the log: 16 hexadecimal digits
    #[arg(value_parser = call)]
    pub(crate) call: Option<CallId>,
    /// Without a call, list those only that this extension has to do with
    #[arg(long, value_name = "NUMBER", conflicts_with = "call")]
    pub(crate) extension: Option<String>,
    /// Write its messages to a file for Wireshark too
    #[arg(long, value_name = "FILE", requires = "call")]
    pub(crate) pcap: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) list: List,
}

fn call(text: &str) -> Result<CallId, &'static str> {
    let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u64::from_str_radix(text, 16).ok().filter(|_| digits);
    number.map(CallId).ok_or("not 16 hexadecimal digits")
}

/// A list of what the running server knows.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Print a JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_with_its_unit() {
        for (text, seconds) in [("90s", 90), ("30m", 1800), ("1h", 3600), ("366d", 31_622_400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
        }
        for bad in ["", "1", "h", "0s", "-1h", "+1h", "1.5h", "367d", "1w", "99999999999999999999d", "5\u{e9}"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
