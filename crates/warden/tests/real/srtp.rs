//! Encrypted sound with real phones: both hear each other, whatever the other one does.

use crate::support::{Baresip, Options, PASSWORD, Warden, connect, phone_with, server};

const MUSIC_HZ: u32 = 1400;

fn encrypted<'a>(server: &Warden, extension: &'a str, tone_hz: u32) -> Options<'a> {
    let options = Options::registered(server, extension, PASSWORD, tone_hz).over("tls", server);
    Options { encryption: Some("srtp-mand"), ..options }
}

fn assert_heard(alice: &mut Baresip, bob: &mut Baresip) {
    connect(alice, bob, "1002");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    alice.hold();
    assert!(bob.hears_only(MUSIC_HZ));
    alice.resume();
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    alice.hang_up();
    assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
}

#[test]
fn an_encrypted_phone_and_a_plain_one_hear_each_other_whoever_calls() {
    let server = server();
    server.add_music("default", MUSIC_HZ);
    let mut alice = phone_with(&server, &encrypted(&server, "1001", 440));
    let mut bob = phone_with(&server, &Options::registered(&server, "1002", PASSWORD, 1000));
    assert_heard(&mut alice, &mut bob);
    connect(&mut bob, &mut alice, "1001");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    assert!(alice.output().contains("SAVP") && !bob.output().contains("SAVP"));
    assert!(!server.output().contains("inline:"));
}

#[test]
fn two_encrypted_phones_hear_each_other() {
    let server = server();
    server.add_music("default", MUSIC_HZ);
    let mut alice = phone_with(&server, &encrypted(&server, "1001", 440));
    let mut bob = phone_with(&server, &encrypted(&server, "1002", 1000));
    assert_heard(&mut alice, &mut bob);
}

#[test]
fn keys_over_unencrypted_signalling_are_refused_with_the_reason() {
    let server = server();
    let plain = Options::registered(&server, "1001", PASSWORD, 440);
    let mut alice = phone_with(&server, &Options { encryption: Some("srtp-mand"), ..plain });
    let _bob = phone_with(&server, &Options::registered(&server, "1002", PASSWORD, 1000));
    alice.dial("1002");
    assert_eq!(alice.call_ended().as_deref(), Some("488 Encrypted Audio Needs TLS"));
}
