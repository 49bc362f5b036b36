//! `SIPp`: many phones that follow one scenario, a file of `scenarios/`.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::thread;

use tempfile::TempDir;

use super::process::Process;
use super::{Warden, free_port, free_range};

/// For calls to end that have begun. The longest waits for a session to expire, a minute.
const PATIENCE_S: u64 = 80;
/// For calls to come.
const CALLED_WITHIN_S: u64 = 60;

/// A running scenario. What it hears, it says again.
pub(crate) struct Sipp {
    process: Process,
    place: TempDir,
    patience_s: u64,
}

impl Sipp {
    /// Follows a scenario that begins with a request to `to`, once for each line of fields, `rate` a second.
    pub(crate) fn calls(scenario: &str, from: u16, to: u16, lines: &[String], rate: u32) -> Self {
        let begin_s = lines.len() as u64 / u64::from(rate);
        Self::start(scenario, from, lines.len(), begin_s, |sipp, place| {
            fs::write(place.join("fields.csv"), format!("SEQUENTIAL\n{}\n", lines.join("\n"))).unwrap();
            sipp.arg(format!("127.0.0.1:{to}")).args(["-inf", "fields.csv", "-r", &rate.to_string()]);
        })
    }

    /// Follows a scenario that begins with a call to the port `at`, for as many calls.
    pub(crate) fn answers(scenario: &str, at: u16, calls: usize) -> Self {
        Self::start(scenario, at, calls, CALLED_WITHIN_S, |_, _| {})
    }

    /// `begin_s` is how long its calls take to begin, in **seconds**.
    fn start(scenario: &str, port: u16, calls: usize, begin_s: u64, more: impl FnOnce(&mut Command, &Path)) -> Self {
        let patience_s = PATIENCE_S + begin_s;
        let place = tempfile::tempdir().unwrap();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/real/scenarios/{scenario}.xml"));
        let mut sipp = Command::new("sipp");
        sipp.current_dir(place.path()).arg("-sf").arg(file).args(["-i", "127.0.0.1", "-mi", "127.0.0.1"]);
        more(&mut sipp, place.path());
        sipp.args(["-p", &port.to_string(), "-m", &calls.to_string()]);
        let [first, last] = free_range(4).map(|port| port.to_string()); // the second pair is for video
        if has_range() {
            sipp.args(["-min_rtp_port", &first, "-max_rtp_port", &last]);
        } else {
            sipp.args(["-mp", &first]);
        }
        sipp.args(["-nostdin", "-rtp_echo", "-timeout", &format!("{patience_s}s"), "-timeout_error", "-trace_err"]);
        let process = Process::start(&mut sipp, &place.path().join("sipp.log"));
        Self { process, place, patience_s }
    }

    /// Whether it has come to its end.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// What the scenario has written into this file of its own.
    pub(crate) fn written(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.place.path().join(file)).ok()
    }

    /// Waits for the end. True when each call followed the scenario to its end.
    pub(crate) fn ends_well(&mut self) -> bool {
        self.process.wait(self.patience_s + 10).success()
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        let files = fs::read_dir(self.place.path()).into_iter().flatten().flatten().map(|entry| entry.path());
        for path in files.filter(|path| thread::panicking() && path.to_string_lossy().ends_with("errors.log")) {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let _shown = writeln!(io::stderr(), "---- {}\n{text}", path.display());
        }
    }
}

/// Whether this `SIPp`, since 3.7, wants a range of ports instead of the first one.
fn has_range() -> bool {
    static HELP: LazyLock<Vec<u8>> = LazyLock::new(|| Command::new("sipp").arg("-h").output().unwrap().stdout);
    String::from_utf8_lossy(&HELP).contains("-min_rtp_port")
}

/// The fields of a scenario of a phone: its number and its credentials, then `more`.
pub(crate) fn sipp_fields(number: &str, password: &str, more: &str) -> String {
    format!("{number};[authentication username={number} password={password}];{more}")
}

/// Runs a scenario once for each of `users`, number and password, 20 a second. True when each came to its end.
pub(crate) fn run_sipp(server: &Warden, scenario: &str, users: &[(&str, &str)]) -> bool {
    let lines: Vec<_> = users.iter().map(|(number, password)| sipp_fields(number, password, "")).collect();
    Sipp::calls(scenario, free_port(), server.sip_port(), &lines, 20).ends_well()
}

/// Registers one phone, whose calls then come to the port that this answers: for [`Sipp::answers`].
pub(crate) fn register_sipp(server: &Warden, number: &str, password: &str) -> u16 {
    let port = free_port();
    let mut phone = Sipp::calls("register", port, server.sip_port(), &[sipp_fields(number, password, "")], 20);
    assert!(phone.ends_well());
    port
}
