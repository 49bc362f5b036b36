//! Real phones that transfer calls: who hears whom afterwards.

use crate::support::{Linphone, PASSWORD, Sipp, connect, free_port, phone, poll, server, sipp_fields};

#[test]
fn a_phone_transfers_the_other_to_a_number() {
    let server = server();
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    let mut carol = phone(&server, "1003", 620);
    connect(&mut alice, &mut bob, "1002");
    assert!(bob.hears_only(440));
    alice.transfer(&format!("sip:1003@127.0.0.1:{}", server.sip_port()));
    let caller = carol.rings().expect("it rings");
    assert!(caller.starts_with("sip:1002@"), "{caller}");
    carol.answer();
    assert!(carol.is_in_call() && alice.call_ended().is_some());
    assert!(bob.hears_only(620) && carol.hears_only(1000));
    carol.hang_up();
    assert!(bob.call_ended().is_some() && carol.call_ended().is_some());
    let of_carol = || server.command(&["cdr", "--json", "--extension", "1003"]).stdout;
    let records = || serde_json::from_slice::<Vec<serde_json::Value>>(&of_carol()).expect("a list");
    let record = poll(10, || records().pop()).expect("a record of who only joined");
    assert_eq!((&record["caller"], &record["callee"]), (&"1001".into(), &"1002".into()), "{record}");
    assert_eq!(record["joined"][0]["extension"], "1003", "{record}");
}

#[test]
fn a_phone_is_told_that_its_transfer_has_failed() {
    let server = server();
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    connect(&mut alice, &mut bob, "1002");
    alice.transfer(&format!("sip:1777@127.0.0.1:{}", server.sip_port()));
    assert!(alice.transfer_failed());
    // This phone hangs up then by itself.
    assert!(bob.call_ended().is_some());
}

#[test]
fn a_phone_with_two_calls_brings_the_others_together() {
    let server = server();
    let mut alice = Linphone::register("udp", &server, "1001", PASSWORD, 440);
    let (mut bob, mut carol) = (phone(&server, "1002", 1000), phone(&server, "1003", 620));
    for (number, other) in [("1002", &mut bob), ("1003", &mut carol)] {
        alice.dial(number);
        other.rings().expect("it rings");
        other.answer();
        assert!(alice.is_in_call() && other.is_in_call());
        if number == "1002" {
            alice.hold();
            assert!(alice.has_paused());
        }
    }
    assert!(carol.hears_only(440));
    alice.transfer_to_call(1, 2);
    assert!(bob.hears_only(620) && carol.hears_only(1000));
    assert!(alice.call_ended().is_some());
    bob.hang_up();
    assert!(bob.call_ended().is_some() && carol.call_ended().is_some());
}

#[test]
fn a_phone_is_told_each_step_of_its_transfer() {
    let server = server();
    let (mut bob, mut carol) = (phone(&server, "1002", 1000), phone(&server, "1003", 620));
    let line = sipp_fields("1001", PASSWORD, "1002;1003");
    let mut alice = Sipp::calls("refer", free_port(), server.sip_port(), &[line], 10);
    for phone in [&mut bob, &mut carol] {
        phone.rings().expect("it rings");
        phone.answer();
        assert!(phone.is_in_call());
    }
    assert!(alice.ends_well());
    assert!(bob.hears_only(620) && carol.hears_only(1000));
}
