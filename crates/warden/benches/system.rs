//! What the whole program costs: memory of an idle connection, CPU time of a registration and of a call, memory, and time to
//! start.
//!
//! `cargo bench -p warden --bench system` starts the built `warden` with 1,000 extensions and lets `SIPp` be their phones.
//! CPU time is that of all threads, from `/proc`, so that the phones do not count; with other programs at work, or a
//! machine that is slow today, compare figures of one run only.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people, on a machine of theirs")]

#[path = "../tests/real/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "made for the tests, which use the rest"
)]
mod support;

mod connections;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use connections::{By, hold};
use support::{Sipp, Warden, free_port, register_sipp, sipp_fields};

const PASSWORD: &str = "blue-kettle";
const EXTENSIONS: u32 = 1000;
const REGISTRATIONS: u32 = 2000;
const CALLS: u32 = 500;
const STARTS: usize = 5;
const CONNECTIONS: u32 = 1000;

fn main() {
    for by in [By::Tcp, By::Tls, By::Wss] {
        connected(by);
    }
    let numbers: Vec<String> = (0..EXTENSIONS).map(|number| (1000 + number).to_string()).collect();
    // One phone is called, and has no other contact.
    let (called, registering) = numbers.split_last().unwrap();
    let extensions: Vec<_> = numbers.iter().map(|number| (number.as_str(), PASSWORD)).collect();
    let mut server = Warden::start_with(&extensions, |text| {
        // All phones are at one address here.
        let text = text.replace("level: DEBUG", "level: WARNING");
        text.replace("extensions:\n", "security: { networks: { allow: [127.0.0.0/8] } }\nextensions:\n")
    });
    println!("memory, {EXTENSIONS} extensions: {} MB", memory_mb(&server));

    let lines: Vec<_> =
        registering.iter().cycle().take(REGISTRATIONS as usize).map(|it| sipp_fields(it, PASSWORD, "")).collect();
    let each = cost(&server, REGISTRATIONS, || {
        Sipp::calls("register", free_port(), server.sip_port(), &lines, 200).ends_well()
    });
    println!("a registration, 200 a second, saved: {each:?}");

    let at = register_sipp(&server, called, PASSWORD);
    let lines = vec![sipp_fields("1000", PASSWORD, called); CALLS as usize];
    let mut phone = Sipp::answers("answer", at, lines.len());
    let each = cost(&server, CALLS, || {
        Sipp::calls("call", free_port(), server.sip_port(), &lines, 50).ends_well() && phone.ends_well()
    });
    println!("a call, 50 a second, recorded: {each:?}");
    println!("memory after that: {} MB", memory_mb(&server));

    assert_eq!(server.stop().code(), Some(0));
    let mut starts: Vec<_> = (0..STARTS).map(|_| start(&server)).collect();
    starts.sort_unstable();
    println!("start to `warden ready`, median of {STARTS}: {:?}", starts.get(STARTS / 2).unwrap());
}

/// What each of many connected phones costs that say nothing more: those after the first thousand, which found what was left
/// in memory by the start.
fn connected(by: By) {
    let edit = |text: String| text.replace("level: DEBUG", "level: WARNING").replace("  tls: off\n", "");
    let server = Warden::start_with(&[], edit);
    let first = hold(&server, by, CONNECTIONS);
    let before = memory_kb(&server);
    let more = hold(&server, by, CONNECTIONS);
    let tenths = (memory_kb(&server) - before) * 10 / u64::from(CONNECTIONS);
    println!("memory of an idle connection by {by:?}: {}.{} KB", tenths / 10, tenths % 10);
    drop((first, more));
}

/// CPU time of the server for each of `count` things that `deed` does, which must succeed.
fn cost(server: &Warden, count: u32, deed: impl FnOnce() -> bool) -> Duration {
    let before = cpu_time(server);
    assert!(deed(), "SIPp says that some have failed");
    cpu_time(server).checked_sub(before).unwrap() / count
}

/// What all threads have used. Those that have ended do not count; none ends while phones are served.
fn cpu_time(server: &Warden) -> Duration {
    let threads = fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
    let used = |path| fs::read_to_string(path).unwrap().split(' ').next().unwrap().parse::<u64>().unwrap();
    Duration::from_nanos(threads.map(|thread| used(thread.unwrap().path().join("schedstat"))).sum())
}

/// What is in memory, the program's text included.
fn memory_mb(server: &Warden) -> u64 {
    memory_kb(server) / 1024
}

fn memory_kb(server: &Warden) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    resident.trim().trim_end_matches(" kB").parse().unwrap()
}

/// How long it takes until it listens, with the database that is there.
fn start(server: &Warden) -> Duration {
    let begun = Instant::now();
    let mut warden = Command::new(env!("CARGO_BIN_EXE_warden"));
    warden.args(["serve", "--config"]).arg(server.config()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = warden.spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let took = begun.elapsed();
    assert_eq!(said, "warden ready\n");
    child.kill().unwrap();
    child.wait().unwrap();
    took
}
