//! A database that takes connections and answers nothing: calls go on, and who is told to stop does.

use std::net::TcpListener;
use std::process::Output;

use nix::sys::signal::Signal;

use crate::support::{PASSWORD, Postgres, Warden, connect, phone, poll};

/// Seconds that a stop may take when no call is left.
const PROMISED_S: u64 = 10;

/// A server with two extensions whose database is there.
fn server(database: &str) -> Warden {
    Warden::start_with(&[("1001", PASSWORD), ("1002", PASSWORD)], |text| with_database(&text, database))
}

fn with_database(text: &str, url: &str) -> String {
    text.replace("  data_dir:", &format!("  database_url: '{url}'\n  data_dir:"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_server_that_waits_for_a_silent_database_stops_when_it_is_told_to() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://warden@{}/warden", silent.local_addr().unwrap());
    let mut server = Warden::begin_with(&[], |text| with_database(&text, &url));
    let _waits = silent.accept().unwrap();
    assert_eq!(server.stop().code(), Some(0));
    assert!(!server.output().contains("warden ready"));
}

#[test]
fn a_server_that_gets_no_answer_from_its_database_does_not_start_and_says_so() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://warden:green-kettle@{}/warden", silent.local_addr().unwrap());
    let mut server = Warden::begin_with(&[], |text| with_database(&text, &url));
    assert_eq!(server.ended_within(20).code(), Some(1));
    let output = server.output();
    assert!(
        output.contains("cannot open the database postgres://warden@127.0.0.1") && !output.contains("green-kettle"),
        "{output}"
    );
}

#[test]
fn calls_go_on_while_the_database_is_silent_and_are_recorded_when_it_answers_again() {
    let postgres = Postgres::start();
    let mut server = server(&postgres.database("calls"));
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    postgres.fall_silent();
    connect(&mut alice, &mut bob, "1002");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    bob.hang_up();
    assert!(alice.call_ended().is_some());
    poll(15, || server.output().contains("call records wait in the spool").then_some(())).expect("it says so");
    server.signal(Signal::SIGTERM);
    assert_eq!(server.ended_within(PROMISED_S).code(), Some(0));
    postgres.wake();
    server.restart();
    let record = poll(10, || server.records().first().cloned()).expect("a record");
    assert_eq!(record["disposition"], "answered");
}

#[test]
fn a_change_that_waits_for_a_silent_database_is_told_to_and_does_not_keep_the_server_from_stopping() {
    let postgres = Postgres::start();
    let mut server = server(&postgres.database("changes"));
    postgres.fall_silent();
    let refused = server.command(&["extension", "add", "1003", "--name", "Carol"]);
    assert!(said(&refused).contains("the database may not answer"), "{refused:?}");
    server.signal(Signal::SIGTERM);
    assert_eq!(server.ended_within(PROMISED_S).code(), Some(0));
}

#[test]
fn a_reload_that_waits_for_a_silent_database_does_not_keep_the_server_from_stopping() {
    let postgres = Postgres::start();
    let mut server = server(&postgres.database("reload"));
    postgres.fall_silent();
    server.reload();
    // By then it has long begun.
    let late = server.command(&["extension", "list"]);
    assert!(said(&late).contains("the database may not answer"), "{late:?}");
    server.signal(Signal::SIGTERM);
    assert_eq!(server.ended_within(PROMISED_S).code(), Some(0));
}
