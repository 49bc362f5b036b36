//! Digits of real phones: recorded events, INFO and baresip's keys, whatever the other phone wants.

use crate::support::{Baresip, PASSWORD, Sipp, Warden, connect, free_port, phone, sipp_fields};

const EXTENSIONS: [(&str, &str); 2] = [("1001", PASSWORD), ("1002", PASSWORD)];

/// A server where the phones of 1002 have this method.
fn server(method: &str) -> Warden {
    Warden::start_with(&EXTENSIONS, |text| {
        let entry = "number: '1002'";
        text.replace(entry, &format!("{entry}, dtmf: {method}"))
    })
}

/// 1001 follows a scenario that calls 1002, a baresip, which hears exactly these digits.
fn assert_pressed(scenario: &str, method: &str, digits: &str) -> Baresip {
    let server = server(method);
    let mut bob = phone(&server, "1002", 1000);
    let line = sipp_fields("1001", PASSWORD, "1002");
    let mut caller = Sipp::calls(scenario, free_port(), server.sip_port(), &[line], 1);
    bob.rings().expect("it rings");
    bob.answer();
    assert!(caller.ends_well());
    assert!(bob.hears_digits(digits), "{}", bob.output());
    assert!(bob.call_ended().is_some());
    assert!(!server.output().contains("Signal"), "digits are in no log");
    bob
}

#[test]
fn recorded_events_become_info() {
    let bob = assert_pressed("press_events", "sip_info", "15#9");
    assert!(bob.output().contains("INFO sip:"));
}

#[test]
fn recorded_events_pass_as_events() {
    let bob = assert_pressed("press_events", "rfc2833", "15#9");
    assert!(!bob.output().contains("INFO sip:"));
}

#[test]
fn info_becomes_events() {
    let bob = assert_pressed("press_info", "rfc2833", "7*#7");
    assert!(!bob.output().contains("INFO sip:"));
}

#[test]
fn info_passes_as_info() {
    let bob = assert_pressed("press_info", "sip_info", "7*#7");
    assert!(bob.output().contains("INFO sip:"));
}

#[test]
fn keys_of_baresip_become_info() {
    let server = server("sip_info");
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    connect(&mut alice, &mut bob, "1002");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    for key in "470A".chars() {
        alice.press(key);
    }
    assert!(bob.hears_digits("470A"), "{}", bob.output());
    assert!(bob.output().contains("INFO sip:"));
    assert!(bob.hears_only(440), "sound goes on");
    alice.hang_up();
    assert!(bob.call_ended().is_some());
}
