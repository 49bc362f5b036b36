//! `warden registrations`: which phones can be reached, as the running server knows it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use super::print_list;
use crate::cli::List;
use crate::control::{Registration, Request, ask};
use crate::data_dir;
use crate::load::load;

pub(crate) fn run(config: &Path, list: &List) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let socket = data_dir::socket(&config.server.data_dir);
    let registrations: Vec<Registration> = ask(&socket, &Request::Registrations)?;
    print_list(&registrations, list, table)
}

fn table(registrations: &[Registration]) -> String {
    if registrations.is_empty() {
        return "no phone is registered\n".into();
    }
    // As wide as the longest: IPv6 addresses are three times as long as most.
    let width = registrations.iter().map(|registration| registration.source.to_string().len()).max().unwrap_or(0);
    let mut text = format!(
        "{:<15}  {:<9}  {:<width$}  {:>9}  {:<13}  PHONE\n",
        "EXTENSION", "TRANSPORT", "ADDRESS", "EXPIRES", "ANSWERS"
    );
    for registration in registrations {
        let Registration { extension, transport, source, expires_in_s, user_agent, .. } = registration;
        // A phone may call itself anything, also what a terminal would obey.
        let phone = user_agent.escape_debug();
        let source = source.to_string();
        let answers = answers(registration);
        // Writing to a text cannot fail.
        let _written = writeln!(
            text,
            "{extension:<15}  {transport:<9}  {source:<width$}  {expires_in_s:>7} s  {answers:<13}  {phone}"
        );
    }
    text
}

/// How fast, or how long not; `-` for one that is not asked.
fn answers(registration: &Registration) -> String {
    match (registration.silent_for_s, registration.round_trip_ms) {
        (Some(seconds), _) => format!("silent {seconds} s"),
        (None, Some(ms)) => format!("{ms} ms"),
        (None, None) => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_cannot_write_to_the_terminal() {
        let phone = Registration {
            extension: "1001".into(),
            contact: "sip:1001@192.0.2.1".into(),
            source: "192.0.2.1:5060".parse().unwrap(),
            local: "192.0.2.9:5060".parse().unwrap(),
            transport: "UDP".into(),
            user_agent: "a\x1b[2J\nb".into(),
            expires_in_s: 60,
            round_trip_ms: Some(12),
            silent_for_s: None,
        };
        let table = table(&[phone]);
        assert_eq!(table.lines().count(), 2, "{table}");
        assert!(table.ends_with("192.0.2.1:5060       60 s  12 ms          a\\u{1b}[2J\\nb\n"), "{table}");
    }

    #[test]
    fn nobody_is_said_in_words() {
        assert_eq!(table(&[]), "no phone is registered\n");
    }
}
