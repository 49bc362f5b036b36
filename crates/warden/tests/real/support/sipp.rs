//! `SIPp`: many phones that follow one scenario.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::process::Process;
use super::{Warden, free_port};

/// Runs the scenario `scenarios/<name>.xml` once for each of `users`, number and password, 20 a second. True when
/// each came to its end.
pub(crate) fn run_sipp(server: &Warden, name: &str, users: &[(&str, &str)]) -> bool {
    let place = tempfile::tempdir().unwrap();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/real/scenarios/{name}.xml"));
    let fields = users
        .iter()
        .map(|(number, password)| format!("{number};[authentication username={number} password={password}]\n"));
    fs::write(place.path().join("users.csv"), format!("SEQUENTIAL\n{}", fields.collect::<String>())).unwrap();
    let mut sipp = Command::new("sipp");
    sipp.current_dir(place.path()).arg(format!("127.0.0.1:{}", server.sip_port())).arg("-sf").arg(scenario);
    sipp.args(["-inf", "users.csv", "-i", "127.0.0.1", "-r", "20", "-nostdin"]);
    sipp.args(["-p", &free_port().to_string(), "-m", &users.len().to_string()]);
    sipp.args(["-timeout", "20s", "-timeout_error", "-trace_err"]);
    let mut process = Process::start(&mut sipp, &place.path().join("sipp.log"));
    process.wait(30).success()
}
