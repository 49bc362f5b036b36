//! `warden calls`: which calls are under way, as the running server knows it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use super::print_list;
use crate::cli::List;
use crate::control::{Call, Request, ask};
use crate::data_dir;
use crate::load::load;

pub(crate) fn run(config: &Path, list: &List) -> anyhow::Result<ExitCode> {
    let config = load(config)?.config;
    let calls: Vec<Call> = ask(&data_dir::socket(&config.server.data_dir), &Request::Calls)?;
    print_list(&calls, list, table)
}

fn table(calls: &[Call]) -> String {
    if calls.is_empty() {
        return "no call is under way\n".into();
    }
    let mut text = format!(
        "{:<16}  {:<15}  {:<15}  {:<15}  {:<9}  {:<9}  {:>8}\n",
        "CALL", "FROM", "DIALLED", "ANSWERED BY", "STATE", "RECORDING", "TIME"
    );
    for Call { id, caller, dialled, callee, state, recording, duration_s, talk_s } in calls {
        // Somebody may have dialled anything, also what a terminal would obey.
        let (dialled, callee) = (dialled.escape_debug().to_string(), callee.as_deref().unwrap_or("-"));
        let time = clock(talk_s.unwrap_or(*duration_s));
        let (state, recording) = (state.words(), recording.words());
        // Writing to a text cannot fail.
        let _written = writeln!(
            text,
            "{id:<16}  {caller:<15}  {dialled:<15}  {callee:<15}  {state:<9}  {recording:<9}  {time:>8}"
        );
    }
    text
}

/// `1:02:03`, or `2:03` below an hour.
pub(crate) fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use warden_call::Recorded;
    use warden_server::CallInfo;

    use super::*;

    fn call(callee: Option<&str>, on_hold: bool) -> Call {
        let seconds = std::time::Duration::from_secs;
        Call::from(CallInfo {
            id: "0000000000000abc".into(),
            caller: "1001".into(),
            dialled: "10\n02".into(),
            callee: callee.map(Into::into),
            duration: seconds(3723),
            talk: callee.map(|_| seconds(63)),
            on_hold,
            recorded: if on_hold { Recorded::Yes } else { Recorded::No },
        })
    }

    #[test]
    fn each_call_has_a_line_with_its_state_and_time() {
        let table = table(&[call(None, false), call(Some("1002"), false), call(Some("1002"), true)]);
        let lines: Vec<_> = table.lines().skip(1).collect();
        assert_eq!(lines.len(), 3, "{table}");
        assert!(lines[0].contains(r"10\n02") && lines[0].ends_with("ringing    -           1:02:03"), "{table}");
        assert!(lines[1].ends_with("1002             answered   -              1:03"), "{table}");
        assert!(lines[2].contains("on hold    recorded"), "{table}");
    }

    #[test]
    fn no_call_is_said_in_words() {
        assert_eq!(table(&[]), "no call is under way\n");
    }
}
