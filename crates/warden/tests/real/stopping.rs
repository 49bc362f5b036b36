//! A server that is told to stop while people talk.

use std::process::Command;

use nix::sys::signal::Signal;

use crate::support::{Ask, Baresip, PASSWORD, RawPhone, Warden, connect, loopback, phone, poll, server};

/// Two phones that talk.
fn talking(server: &Warden) -> [Baresip; 2] {
    let (mut alice, mut bob) = (phone(server, "1001", 440), phone(server, "1002", 1000));
    connect(&mut alice, &mut bob, "1002");
    [alice, bob]
}

#[test]
fn a_call_is_listed_with_who_talks_and_its_state() {
    let server = server();
    assert_eq!(server.calls(), [serde_json::Value::Null; 0]);
    let [mut alice, _bob] = talking(&server);
    let [call] = &server.calls()[..] else { panic!("{:?}", server.calls()) };
    assert_eq!((&call["caller"], &call["dialled"], &call["callee"]), (&"1001".into(), &"1002".into(), &"1002".into()));
    assert_eq!(call["state"], "answered");
    alice.hold();
    let state = poll(5, || server.calls().first().map(|call| call["state"].clone()).filter(|it| it == "on_hold"));
    assert!(state.is_some(), "{:?}", server.calls());
    let output = server.command(&["calls"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("on hold"), "{output:?}");
}

#[test]
fn calls_may_end_before_a_server_stops_and_new_ones_are_refused() {
    let mut server = server();
    let [mut alice, mut bob] = talking(&server);
    let mut carol = phone(&server, "1003", 2000);
    server.signal(Signal::SIGTERM);
    poll(5, || server.output().contains("new calls are refused").then_some(())).expect("it stops");

    carol.dial("1001");
    let refusal = carol.call_ended().expect("an answer");
    assert!(refusal.starts_with("503"), "{refusal}");
    assert!(alice.hears_only(1000) && bob.hears_only(440));

    bob.hang_up();
    assert!(alice.call_ended().is_some());
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn a_disk_that_does_not_answer_does_not_keep_a_server_from_stopping() {
    let mut server = server();
    // Whoever opens it waits for a reader, and none comes.
    let draft = server.config().with_file_name("var/traces/draft");
    assert!(Command::new("mkfifo").arg(draft).status().unwrap().success());
    let mut alice = RawPhone::new(&server, loopback(1), "1001", PASSWORD);
    assert_eq!(alice.ask_signed(&Ask::call("1001", "1009")).status(), 404);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.ended_within(10).code(), Some(0));
    assert!(server.output().contains("a thread does not end"), "{}", server.output());
}

#[test]
fn a_disk_that_does_not_answer_the_keeper_of_call_records_does_not_either() {
    let mut server = server();
    let progress = server.config().with_file_name("var/spool/progress.new");
    assert!(Command::new("mkfifo").arg(progress).status().unwrap().success());
    let mut alice = RawPhone::new(&server, loopback(1), "1001", PASSWORD);
    assert_eq!(alice.ask_signed(&Ask::call("1001", "1009")).status(), 404);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.ended_within(10).code(), Some(0));
    assert!(server.output().contains("the disk does not answer"), "{}", server.output());
}

#[test]
fn a_second_signal_hangs_up() {
    let mut server = server();
    let [mut alice, mut bob] = talking(&server);
    server.signal(Signal::SIGTERM);
    poll(5, || server.output().contains("new calls are refused").then_some(())).expect("it stops");
    server.signal(Signal::SIGTERM);
    assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
    assert_eq!(server.ended().code(), Some(0));
    assert!(server.output().contains("calls are cut off"), "{}", server.output());
}

#[test]
fn who_insists_waits_for_no_disk() {
    let mut server = server();
    let draft = server.config().with_file_name("var/traces/draft");
    assert!(Command::new("mkfifo").arg(draft).status().unwrap().success());
    let mut alice = RawPhone::new(&server, loopback(1), "1001", PASSWORD);
    assert_eq!(alice.ask_signed(&Ask::call("1001", "1009")).status(), 404);
    let insisted = poll(5, || {
        server.signal(Signal::SIGTERM);
        server.output().contains("stopped at once").then_some(())
    });
    assert!(insisted.is_some(), "{}", server.output());
    assert_eq!(server.ended().code(), Some(1));
}
