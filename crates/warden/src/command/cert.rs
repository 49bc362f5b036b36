//! `warden cert`: the certificate for HTTPS, and a self-signed one.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::Serialize;
use warden_server::tls::{Certificate, Facts};

use super::print_list;
use crate::certificate::{Place, names};
use crate::cli::{CertCommand, List};
use crate::load::load;

pub(crate) fn run(config: &Path, command: CertCommand) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let place = Place::of(&config);
    match command {
        CertCommand::SelfSigned { host } => {
            anyhow::ensure!(
                place.is_ours,
                "security.tls.certificate names {}: remove it from the configuration to use a self-signed certificate",
                place.files.certificate.display()
            );
            let names = if host.is_empty() { names(&config) } else { host };
            place.make(&names)?;
            let shown = Shown::of(&place)?;
            writeln!(std::io::stdout(), "{}A running server shows it within ten seconds.", shown.words())?;
            Ok(ExitCode::SUCCESS)
        }
        CertCommand::Status(list) => status(&place, &list),
    }
}

fn status(place: &Place, list: &List) -> anyhow::Result<ExitCode> {
    // A directory that may not be looked into says so below.
    if place.is_ours && place.files.certificate.try_exists().is_ok_and(|exists| !exists) {
        return print_list::<Shown>(&[], list, |_| "no certificate yet: the server makes one when it starts\n".into());
    }
    print_list(&[Shown::of(place)?], list, |shown| shown.iter().map(Shown::words).collect())
}

/// A certificate as it is printed.
#[derive(Debug, Serialize)]
struct Shown {
    file: String,
    subject: String,
    issuer: String,
    self_signed: bool,
    names: Vec<String>,
    not_before: String,
    not_after: String,
    days_until_expiry: u64,
    sha256: String,
}

impl Shown {
    fn of(place: &Place) -> anyhow::Result<Self> {
        let certificate = Certificate::load(&place.files)?;
        let facts = certificate.facts();
        let Facts { subject, issuer, names, not_before, not_after, fingerprint } = facts.clone();
        Ok(Self {
            file: place.files.certificate.display().to_string(),
            self_signed: facts.is_self_signed(),
            days_until_expiry: facts.left(SystemTime::now()).map_or(0, |left| left.as_secs() / 86_400),
            subject,
            issuer,
            names,
            not_before: day(not_before),
            not_after: day(not_after),
            sha256: fingerprint,
        })
    }

    fn words(&self) -> String {
        let Self { file, subject, issuer, names, not_before, not_after, days_until_expiry, sha256, .. } = self;
        let issuer = if self.self_signed { "itself, so browsers warn of it" } else { issuer };
        let left = match days_until_expiry {
            0 => "it has expired, or does so today".to_owned(),
            days => format!("{days} days left"),
        };
        let mut text = String::new();
        for (name, value) in [
            ("file", file.as_str()),
            ("for", subject),
            ("names", &names.join(", ")),
            ("signed by", issuer),
            ("valid", &format!("{not_before} to {not_after}, {left}")),
            ("SHA-256", sha256),
        ] {
            // Writing to a text cannot fail.
            let _written = writeln!(text, "{name:<10} {}", value.escape_debug());
        }
        text
    }
}

fn day(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let timestamp = i64::try_from(since.as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    timestamp.map_or_else(String::new, |timestamp| timestamp.strftime("%Y-%m-%d").to_string())
}
