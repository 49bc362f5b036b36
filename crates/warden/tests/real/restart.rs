//! What a server still knows after it has ended, by order or by force.

use serde_json::Value;

use crate::support::{Warden, connect, phone, poll, server};

/// The only record, as soon as it is there.
fn record(server: &Warden) -> Value {
    poll(10, || server.records().first().cloned()).expect("a record")
}

#[test]
fn phones_that_were_registered_can_be_called_after_a_restart() {
    let mut server = server();
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    assert_eq!(server.stop().code(), Some(0));
    server.restart();
    assert_eq!(server.registrations().len(), 2);
    connect(&mut alice, &mut bob, "1002");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
}

#[test]
fn a_call_that_has_just_ended_is_recorded_though_the_server_is_killed() {
    let mut server = server();
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    connect(&mut alice, &mut bob, "1002");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    bob.hang_up();
    assert!(alice.call_ended().is_some());
    server.kill();
    server.restart();
    let record = record(&server);
    assert_eq!(
        (&record["caller"], &record["dialled"], &record["callee"]),
        (&"1001".into(), &"1002".into(), &"1002".into())
    );
    assert_eq!(record["disposition"], "answered");
    assert_eq!(record["ended_why"], "hung up by the called phone");
    assert_eq!(server.records().len(), 1);
}

#[test]
fn a_call_that_a_kill_cuts_off_is_recorded_as_ended_by_restart() {
    let mut server = server();
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    connect(&mut alice, &mut bob, "1002");
    server.kill();
    server.restart();
    assert_eq!(record(&server)["ended_why"], "ended by restart");
}
