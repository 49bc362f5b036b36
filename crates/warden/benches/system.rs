//! What the whole program costs: memory of an idle connection, CPU time of a registration and of a call, the same with
//! copies to a collector and with watchers, memory, and time to start.
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
mod measure;
mod registrations;
mod watchers;

use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use connections::{By, hold};
use measure::{Cost, cost, memory_kb};
use support::{Sipp, Warden, free_port, register_sipp, sipp_fields};
use watchers::Watchers;

const PASSWORD: &str = "blue-kettle";
const EXTENSIONS: u32 = 1000;
const CALLS: u32 = 500;
/// Watchers of one extension, and its calls while they watch, which is one at a time.
const WATCHERS: usize = 200;
const WATCHED_CALLS: u32 = 20;
const STARTS: usize = 5;
const CONNECTIONS: u32 = 1000;

fn main() {
    for by in [By::Tcp, By::Tls, By::Wss] {
        connected(by);
    }
    let numbers: Vec<String> = (0..EXTENSIONS).map(|number| (1000 + number).to_string()).collect();
    let mut server = start_with_phones(&numbers, "");
    println!("memory, {EXTENSIONS} extensions: {} MB", memory_kb(&server) / 1024);
    registrations::measure(&server, &numbers);
    println!("memory after that: {} MB", memory_kb(&server) / 1024);
    assert_eq!(server.stop().code(), Some(0));
    let mut starts: Vec<_> = (0..STARTS).map(|_| start(&server)).collect();
    starts.sort_unstable();
    println!("start to `warden ready` with all that, median of {STARTS}: {:?}", starts.get(STARTS / 2).unwrap());
    drop(server);
    called(&numbers);
}

/// Prints what calls cost: alone, shown by lamps, and copied to a collector.
fn called(numbers: &[String]) {
    // Who is called is at no other place.
    let (called, others) = numbers.split_last().unwrap();
    let server = start_with_phones(numbers, "");
    let phone = Called::register(&server, called);
    println!("a call, 50 a second, recorded: {}", phone.calls(&server, CALLS, 50));
    watched(&server, others, &phone);
    println!("memory after that: {} MB", memory_kb(&server) / 1024);
    drop(server);
    let collector = UdpSocket::bind("127.0.0.1:0").unwrap();
    let capture = format!("capture: {{ hep: {{ address: '{}' }} }}\n", collector.local_addr().unwrap());
    let server = start_with_phones(numbers, &capture);
    let phone = Called::register(&server, called);
    println!("a call, 50 a second, recorded, each message copied by HEP: {}", phone.calls(&server, CALLS, 50));
}

/// All phones are at one address here.
fn start_with_phones(numbers: &[String], more: &str) -> Warden {
    let extensions: Vec<_> = numbers.iter().map(|number| (number.as_str(), PASSWORD)).collect();
    Warden::start_with(&extensions, |text| {
        let text = text.replace("level: DEBUG", "level: WARNING");
        let more = format!("security: {{ networks: {{ allow: [127.0.0.0/8] }} }}\n{more}extensions:\n");
        text.replace("extensions:\n", &more)
    })
}

/// The phone that is called.
struct Called<'a> {
    number: &'a str,
    at: u16,
}

impl<'a> Called<'a> {
    fn register(server: &Warden, number: &'a str) -> Self {
        Self { number, at: register_sipp(server, number, PASSWORD) }
    }

    /// CPU time of each call from the first extension.
    fn calls(&self, server: &Warden, count: u32, rate: u32) -> Cost {
        let lines = vec![sipp_fields("1000", PASSWORD, self.number); count as usize];
        let mut phone = Sipp::answers("answer", self.at, lines.len());
        cost(server, count, || {
            Sipp::calls("call", free_port(), server.sip_port(), &lines, rate).ends_well() && phone.ends_well()
        })
    }
}

/// What a call costs that many lamps show.
fn watched(server: &Warden, numbers: &[String], phone: &Called<'_>) {
    let alone = phone.calls(server, WATCHED_CALLS, 1);
    let watchers = Watchers::subscribe(server, numbers.get(..WATCHERS).unwrap(), phone.number);
    let mut notified = 0;
    let each = cost(server, WATCHED_CALLS, || {
        let are_well = phone.calls(server, WATCHED_CALLS, 1).0.is_some();
        notified = watchers.notified();
        are_well
    });
    let notified = notified / u64::from(WATCHED_CALLS);
    println!("a call, 1 a second: {alone}; while {WATCHERS} lamps show it, told {notified} times: {each}");
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
