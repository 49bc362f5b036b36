//! `warden trace`: a call message by message with the reasons of what was done, from the running server or from disk.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::{OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use warden_call::call_event::CallId;
use warden_config::Config;
use warden_server::capture::TraceFiles;
use warden_trace::{Decision, Line, Trace, pcap};

use super::print_list;
use crate::cli::Traced;
use crate::control::{AskError, Request, ask};
use crate::data_dir;
use crate::load::load;

pub(crate) fn run(config: &Path, asked: &Traced) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let Some(call) = asked.call else {
        let failed = failed(&config, asked.extension.as_deref())?;
        return print_list(&failed, &asked.list, |all| table(all, asked.extension.as_deref(), &TimeZone::system()));
    };
    let trace = find(&config, call)?.with_context(|| {
        format!("nothing is kept of call {call}: it is not under way, and either ended long ago or did not fail")
    })?;
    if let Some(path) = &asked.pcap {
        write_private(path, &pcap::write(&trace)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    print_list(&[trace], &asked.list, |all| all.iter().map(|trace| ladder(trace, &TimeZone::system())).collect())
}

/// The calls that failed, of one extension or of all, the newest first: those that the server has not written yet, and those
/// on disk.
fn failed(config: &Config, extension: Option<&str>) -> anyhow::Result<Vec<Trace>> {
    let data_dir = &config.server.data_dir;
    let mut all: Vec<Trace> = match ask(&data_dir::socket(data_dir), &Request::JustFailed) {
        Ok(all) => all,
        Err(AskError::NoServer { .. }) => Vec::new(),
        // When a server is unwell, what it has written is wanted all the more.
        Err(error) => {
            let _told = writeln!(io::stderr(), "note: calls that failed in the last seconds are not listed: {error}");
            Vec::new()
        }
    };
    // Asked first, so that none is missed that is written meanwhile.
    let written = TraceFiles::all(&data_dir::traces(data_dir))?;
    let known: HashSet<String> = all.iter().map(|trace| trace.call.clone()).collect();
    all.extend(written.into_iter().filter(|trace| !known.contains(&trace.call)));
    all.retain(|trace| extension.is_none_or(|wanted| trace.extensions.iter().any(|own| own == wanted)));
    Ok(all)
}

/// What the server has in memory is newer than what it has written.
fn find(config: &Config, call: CallId) -> anyhow::Result<Option<Trace>> {
    let data_dir = &config.server.data_dir;
    match ask(&data_dir::socket(data_dir), &Request::Trace { call: call.0 }) {
        Ok(Some(trace)) => return Ok(Some(trace)),
        Ok(None) | Err(AskError::NoServer { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(TraceFiles::read(&data_dir::traces(data_dir), &call.to_string())?)
}

/// Other people's calls are nothing for other users of the machine.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // A file that was there already keeps its own mode otherwise.
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(bytes)
}

fn ladder(trace: &Trace, zone: &TimeZone) -> String {
    format!("began {}\n{trace}", began(trace, zone))
}

fn began(trace: &Trace, zone: &TimeZone) -> String {
    let at_us = trace.lines.first().map_or(0, Line::at_us);
    let at = i64::try_from(at_us).ok().and_then(|at_us| Timestamp::from_microsecond(at_us).ok()).unwrap_or_default();
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

fn table(all: &[Trace], extension: Option<&str>, zone: &TimeZone) -> String {
    if all.is_empty() {
        let whose = extension.map_or_else(String::new, |number| format!(" of {}", number.escape_debug()));
        return format!("no call{whose} that failed is kept\n");
    }
    let mut text = format!("{:<16}  {:<24}  WHAT HAPPENED\n", "CALL", "BEGAN");
    for trace in all {
        let mut reasons = trace.lines.iter().filter_map(|line| match line {
            Line::Decision(Decision { why, .. }) => Some(why.as_str()),
            Line::Message(_) => None,
        });
        let first = reasons.next().unwrap_or("-");
        let last = reasons.rfind(|why| why.starts_with("the call is over")).unwrap_or("-");
        let (first, last) = (first.escape_debug(), last.escape_debug());
        // Writing to a text cannot fail.
        let _written = writeln!(text, "{:<16}  {:<24}  {first}; {last}", trace.call, began(trace, zone));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_who_dialled_and_why_it_failed() {
        let decision = |at_us, why: &str| Line::Decision(Decision { at_us, why: why.into() });
        let lines = vec![
            decision(1_790_000_000_000_000, "1001 dialled 1\x1b9"),
            decision(1_790_000_000_000_000, "no pattern"),
            decision(1_790_000_000_100_000, "the call is over: nobody has this number"),
            decision(1_790_000_000_200_000, "from the caller came nothing"),
        ];
        let trace = Trace { call: "00000000000000c1".into(), extensions: Vec::new(), lines, left_out: 0 };
        let expected = "CALL              BEGAN                     WHAT HAPPENED\n00000000000000c1  2026-09-21 14:13:20 UTC   \
                        1001 dialled 1\\u{1b}9; the call is over: nobody has this number\n";
        assert_eq!(table(&[trace], None, &TimeZone::UTC), expected);
        assert_eq!(table(&[], None, &TimeZone::UTC), "no call that failed is kept\n");
        assert_eq!(table(&[], Some("1001"), &TimeZone::UTC), "no call of 1001 that failed is kept\n");
    }
}
