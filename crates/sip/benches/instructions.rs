//! Counts the instructions of the hot path with callgrind, and fails when there are a fifth more than there were.
//!
//! The program runs itself under valgrind for few and for many rounds; the difference holds no start-up. It measures
//! nothing where valgrind is missing or the build is not optimised. Times are `parse.rs`'s.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "it runs itself under valgrind")]
#![expect(clippy::expect_used, clippy::panic, reason = "what goes wrong here ends the measurement")]
#![expect(clippy::print_stdout, reason = "it is a report")]

use std::hint::black_box;
use std::process::Command;

use bytes::Bytes;
use warden_sip::framer::StreamFramer;
use warden_sip::message::Message;

const INVITE: &[u8] = include_bytes!("../testdata/messages/invite.sip");

/// Name, what is done in one round, and how many instructions it took when this line was written.
type Case = (&'static str, fn(&Bytes), u64);

const CASES: [Case; 3] =
    [("parse", parse, 10_300), ("read_addresses", read_addresses, 16_500), ("frame", frame, 5_700)];

fn parse(invite: &Bytes) {
    black_box(Message::parse(black_box(invite).clone()).is_ok());
}

fn read_addresses(invite: &Bytes) {
    let message = Message::parse(black_box(invite).clone()).expect("the message is valid");
    let uris = [message.from(), message.to()].map(|address| address.is_ok_and(|it| it.uri().is_ok()));
    black_box((message.via().is_ok(), message.request_uri().is_ok(), uris));
}

fn frame(invite: &Bytes) {
    let mut framer = StreamFramer::new();
    framer.push(black_box(invite));
    black_box(framer.next_frame().is_ok());
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    if let (Some(name), Some(rounds)) = (arguments.next(), arguments.next()) {
        let (_, run, _) = CASES.iter().find(|(case, ..)| *case == name).expect("a case of this name");
        let invite = Bytes::from_static(INVITE);
        (0..rounds.parse::<u32>().expect("a number of rounds")).for_each(|_| run(&invite));
    } else if cfg!(debug_assertions) {
        println!("instructions are not counted: the build is not optimised");
    } else if Command::new("valgrind").arg("--version").output().is_err() {
        println!("instructions are not counted: valgrind is not installed");
    } else {
        report();
    }
}

fn report() {
    let mut too_many = Vec::new();
    for (name, _, known) in CASES {
        let (few, many) = (100, 1100);
        let counted = (count(name, many) - count(name, few)) / (many - few);
        println!("{name}: {counted} instructions, {known} when last noted");
        if counted > known + known / 5 {
            too_many.push(name);
        }
    }
    assert!(too_many.is_empty(), "a fifth more instructions than noted: {too_many:?}");
}

/// The instructions of the whole program.
fn count(name: &str, rounds: u64) -> u64 {
    let program = std::env::current_exe().expect("this program has a path");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([name, &rounds.to_string()])
        .output()
        .expect("valgrind runs");
    let report = String::from_utf8_lossy(&run.stderr);
    let counted = report.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    counted.unwrap_or_else(|| panic!("valgrind counted nothing: {report}"))
}
