//! Music on hold with real phones: who is held hears the class's track at its pitch.

use crate::support::{Linphone, Options, PASSWORD, Warden, connect, phone, phone_with, server};

const MUSIC_HZ: u32 = 1004;

/// A server whose default class is a tone.
fn server_with_music() -> Warden {
    let server = server();
    server.add_music("default", MUSIC_HZ);
    server
}

#[test]
fn who_is_held_hears_the_music_and_then_the_other_one_again() {
    let server = server_with_music();
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 620));
    connect(&mut alice, &mut bob, "1002");
    for _ in 0..2 {
        alice.hold();
        assert!(bob.hears_only(MUSIC_HZ) && alice.hears_silence());
        alice.resume();
        assert!(bob.hears_only(440) && alice.hears_only(620));
        bob.hold();
        assert!(alice.hears_only(MUSIC_HZ) && bob.hears_silence());
        bob.resume();
        assert!(bob.hears_only(440) && alice.hears_only(620));
    }
    alice.hold();
    assert!(bob.hears_only(MUSIC_HZ));
    bob.hang_up();
    assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
    assert!(bob.hears_silence());
}

#[test]
fn music_is_heard_in_the_codec_of_each_phone_encrypted_or_not() {
    let server = Warden::start_with(&[("1001", PASSWORD), ("1002", PASSWORD)], |text| {
        text + "codecs: {enabled: [PCMU, PCMA, G722, opus]}\n"
    });
    server.add_music("default", MUSIC_HZ);
    let mut alice = phone(&server, "1001", 440);
    for (codecs, encryption) in
        [("PCMA/8000/1", None), ("G722/16000/1", None), ("opus/48000/2", None), ("PCMU/8000/1", Some("srtp-mand"))]
    {
        let options = Options { codecs, encryption, ..Options::registered(&server, "1002", PASSWORD, 620) };
        let transport = if encryption.is_some() { "tls" } else { "udp" };
        let mut bob = phone_with(&server, &options.over(transport, &server));
        connect(&mut alice, &mut bob, "1002");
        assert!(bob.hears_only(440));
        alice.hold();
        assert!(bob.hears_only(MUSIC_HZ), "{codecs}, {encryption:?}");
        alice.resume();
        assert!(bob.hears_only(440) && alice.hears_only(620), "{codecs}, {encryption:?}");
        alice.hang_up();
        assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
        bob.quit();
    }
}

#[test]
fn linphone_holds_and_is_held() {
    let server = server_with_music();
    let mut alice = Linphone::register("udp", &server, "1001", PASSWORD, 440);
    let mut bob = phone(&server, "1002", 620);
    alice.dial("1002");
    bob.rings().expect("it rings");
    bob.answer();
    assert!(alice.is_in_call() && bob.is_in_call());
    alice.hold();
    assert!(bob.hears_only(MUSIC_HZ));
    alice.resume();
    assert!(alice.is_in_call());
    assert!(alice.hears_only(620) && bob.hears_only(440));
    bob.hold();
    assert!(alice.hears_only(MUSIC_HZ));
    bob.resume();
    assert!(alice.hears_only(620) && bob.hears_only(440));
}

#[test]
fn an_extension_has_a_class_of_its_own_and_a_call_that_is_transferred_from_hold_has_no_music_left() {
    let extensions = [("1001", PASSWORD), ("1002", PASSWORD), ("1003", PASSWORD)];
    let server =
        Warden::start_with(&extensions, |text| text.replace("number: '1001'", "number: '1001', music_on_hold: sales"));
    server.add_music("default", MUSIC_HZ);
    server.add_music("sales", 1400);
    let mut alice = phone(&server, "1001", 440);
    let (mut bob, mut carol) = (phone(&server, "1002", 620), phone(&server, "1003", 1000));
    connect(&mut alice, &mut bob, "1002");
    bob.hold();
    assert!(alice.hears_only(MUSIC_HZ));
    bob.resume();
    assert!(alice.hears_only(620));
    alice.hold();
    assert!(bob.hears_only(1400));
    alice.transfer(&format!("sip:1003@127.0.0.1:{}", server.sip_port()));
    carol.rings().expect("it rings");
    carol.answer();
    assert!(carol.is_in_call());
    assert!(bob.hears_only(1000) && carol.hears_only(620));
}

#[test]
fn check_says_which_classes_there_are_and_which_are_missing() {
    let server = Warden::start_with(&[("1001", PASSWORD)], |text| text + "music_on_hold: {class: jazz}\n");
    let said = || String::from_utf8(server.command(&["check"]).stdout).unwrap();
    assert!(said().contains("music_on_hold.class: there is no directory"), "{}", said());
    assert!(server.output().contains("music_on_hold.class: there is no directory"), "{}", server.output());
    server.add_music("jazz", 440);
    assert!(said().contains("music on hold, class jazz: 1 track\n") && !said().contains("note:"), "{}", said());
}

#[test]
fn where_nobody_has_put_a_track_the_music_that_comes_with_warden_is_heard() {
    let server = server();
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 620));
    connect(&mut alice, &mut bob, "1002");
    assert!(bob.hears_only(440));
    alice.hold();
    assert!(!bob.hears_silence() && !bob.hears_only(440));
    alice.resume();
    assert!(bob.hears_only(440));
}
