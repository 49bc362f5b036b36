//! `warden cdr`: the calls that were, the newest first.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use jiff::tz::TimeZone;

use super::calls::clock;
use super::{ask_or, print_list};
use crate::cli::Records;
use crate::control::{Record, Request};
use crate::load::load;
use crate::records::records;

pub(crate) fn run(config: &Path, asked: &Records) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let (extension, limit) = (asked.extension.clone(), asked.limit);
    let request = Request::Records { extension: extension.clone(), limit };
    let all: Vec<Record> = ask_or(&config, &request, async |_, store| {
        records(store, extension.as_deref(), limit).await.map_err(anyhow::Error::msg)
    })?;
    print_list(&all, &asked.list, |all| table(all, &TimeZone::system()))
}

fn table(all: &[Record], zone: &TimeZone) -> String {
    if all.is_empty() {
        return "there is no call record\n".into();
    }
    let mut text = format!(
        "{:<19}  {:<15}  {:<15}  {:<15}  {:<9}  {:>8}  {:<10}  {:>4}  HOW IT ENDED\n",
        "BEGAN", "FROM", "DIALLED", "ANSWERED BY", "OUTCOME", "TALK", "CODECS", "MOS"
    );
    for record in all {
        let began = record.started_at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S");
        let Record { caller, dialled, callee, disposition, talk_ms, ended_why, caller_leg, callee_leg, .. } = record;
        let (dialled, callee) = (dialled.escape_debug().to_string(), callee.as_deref().unwrap_or("-"));
        let talk = clock(u64::try_from(*talk_ms).unwrap_or_default() / 1000);
        let codecs = codecs([caller_leg, callee_leg].map(|leg| leg.codec.as_deref()));
        let mos = callee_leg.mos.map_or_else(|| "-".to_owned(), |mos| format!("{mos:.1}"));
        let outcome = disposition.replace('_', " ");
        // Writing to a text cannot fail.
        let _written = writeln!(
            text,
            "{began}  {caller:<15}  {dialled:<15}  {callee:<15}  {outcome:<9}  {talk:>8}  {codecs:<10}  {mos:>4}  {ended_why}"
        );
    }
    text
}

/// What came from the caller and from who was called; once, where it is the same.
fn codecs(legs: [Option<&str>; 2]) -> String {
    match legs {
        [Some(one), Some(other)] if one != other => format!("{one}/{other}"),
        [one, other] => one.or(other).unwrap_or("-").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_codecs_are_named_where_they_differ() {
        assert_eq!(codecs([Some("G722"), Some("opus")]), "G722/opus");
        assert_eq!(codecs([Some("PCMU"), Some("PCMU")]), "PCMU");
        assert_eq!([codecs([None, Some("PCMA")]), codecs([None, None])], ["PCMA", "-"]);
    }
}
