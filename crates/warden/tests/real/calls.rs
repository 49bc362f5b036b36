//! Calls between real phones through the built `warden`: who hears whom, and how calls end.

use crate::support::{
    Baresip, Faults, Line, Linphone, Options, PASSWORD, Sipp, Warden, connect, free_port, phone, phone_with,
    register_sipp, server, sipp_fields,
};

#[test]
fn two_phones_hear_each_other_through_the_server_until_the_caller_hangs_up() {
    let mut server = server();
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    alice.dial("1002");
    let caller = bob.rings().expect("it rings");
    assert!(caller.starts_with("sip:1001@"), "{caller}");
    assert!(alice.hears_ringing());
    bob.answer();
    assert!(alice.is_in_call() && bob.is_in_call());
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));
    for phone in [&alice, &bob] {
        let port = phone.hears_from().expect("there was sound");
        assert!(server.rtp_ports().contains(&port), "{port} is not of {:?}", server.rtp_ports());
    }

    alice.hang_up();
    assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
    assert!(alice.hears_silence() && bob.hears_silence());
    assert_eq!(server.stop().code(), Some(0));
}

#[test]
fn a_phone_on_tcp_or_tls_and_one_on_udp_call_each_other() {
    let server = server();
    let mut bob = phone(&server, "1002", 1000);
    for (number, transport) in [("1001", "tcp"), ("1003", "tls")] {
        let mut alice =
            phone_with(&server, &Options::registered(&server, number, PASSWORD, 440).over(transport, &server));
        assert_eq!(server.registered(number).unwrap()["transport"], transport.to_uppercase());
        connect(&mut alice, &mut bob, "1002");
        assert!(alice.hears_only(1000));
        assert!(bob.hears_only(440));
        bob.hang_up();
        assert!(alice.call_ended().is_some() && bob.call_ended().is_some());

        connect(&mut bob, &mut alice, number);
        assert!(alice.hears_only(1000));
        assert!(bob.hears_only(440));
        alice.hang_up();
        assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
    }
}

#[test]
fn without_music_a_held_call_is_silent_until_it_is_resumed() {
    let server = Warden::start_with(&[("1001", PASSWORD), ("1002", PASSWORD)], |text| {
        text + "music_on_hold: {enabled: false}\n"
    });
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    connect(&mut alice, &mut bob, "1002");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    alice.hold();
    assert!(alice.hears_silence() && bob.hears_silence());
    alice.resume();
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));
    bob.hold();
    assert!(alice.hears_silence() && bob.hears_silence());
    bob.resume();
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));
}

#[test]
fn two_calls_at_a_time_are_not_crossed() {
    let server = server();
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    let (mut carol, mut dave) = (phone(&server, "1003", 620), phone(&server, "1004", 1400));
    connect(&mut alice, &mut bob, "1002");
    connect(&mut carol, &mut dave, "1004");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    assert!(carol.hears_only(1400) && dave.hears_only(620));
    alice.hang_up();
    assert!(bob.call_ended().is_some());
    assert!(carol.hears_only(1400) && dave.hears_only(620));
}

#[test]
fn the_caller_is_told_that_a_phone_refuses_or_has_no_line_free_or_does_not_exist() {
    let server = server();
    let one_line = Options { max_calls: 1, ..Options::registered(&server, "1002", PASSWORD, 1000) };
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone_with(&server, &one_line));
    let mut carol = phone(&server, "1003", 620);
    let ends_with = |caller: &mut Baresip, status: &str| {
        let reason = caller.call_ended().expect("the caller is told");
        assert!(reason.starts_with(status), "{reason}");
    };
    alice.dial("1002");
    bob.rings().expect("it rings");
    bob.hang_up();
    ends_with(&mut alice, "486");

    connect(&mut alice, &mut bob, "1002");
    carol.dial("1002");
    ends_with(&mut carol, "486");
    carol.dial("1999");
    ends_with(&mut carol, "404");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
}

#[test]
fn a_call_that_is_given_up_stops_ringing() {
    let server = server();
    let (mut alice, mut bob) = (phone(&server, "1001", 440), phone(&server, "1002", 1000));
    alice.dial("1002");
    bob.rings().expect("it rings");
    assert!(alice.hears_ringing());
    alice.hang_up();
    bob.call_ended().expect("it stops ringing");
    connect(&mut alice, &mut bob, "1002");
}

#[test]
fn a_call_over_a_bad_line_is_heard_and_ends_on_both_sides() {
    let server = server();
    let line = Line::start(server.sip_port(), Faults { loss_percent: 5, jitter_ms: 30, seed: 11 });
    let far = Options { registrar: Some(line.port()), ..Options::registered(&server, "1001", PASSWORD, 440) };
    let (mut alice, mut bob) = (phone_with(&server, &far), phone(&server, "1002", 1000));
    connect(&mut alice, &mut bob, "1002");
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));
    alice.hang_up();
    assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
}

#[test]
fn linphone_and_baresip_call_each_other() {
    let server = server();
    let mut alice = Linphone::register("udp", &server, "1001", PASSWORD, 440);
    let mut bob = phone(&server, "1002", 1000);
    alice.dial("1002");
    bob.rings().expect("it rings");
    bob.answer();
    assert!(alice.is_in_call() && bob.is_in_call());
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));
    alice.hold();
    assert!(alice.hears_silence());
    alice.resume();
    assert!(alice.is_in_call());
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));
    alice.hang_up();
    assert!(alice.call_ended().is_some() && bob.call_ended().is_some());

    bob.dial("1001");
    alice.rings().expect("it rings");
    alice.answer();
    assert!(alice.is_in_call() && bob.is_in_call());
    assert!(alice.hears_only(1000));
    assert!(bob.hears_only(440));
    bob.hang_up();
    assert!(alice.call_ended().is_some());
}

#[test]
fn sound_that_a_phone_sends_back_is_heard_by_the_caller() {
    let server = server();
    let mut alice = phone(&server, "1001", 440);
    let mut bob = Sipp::answers("answer", register_sipp(&server, "1002", PASSWORD), 1);
    alice.dial("1002");
    assert!(alice.is_in_call());
    assert!(alice.hears_only(440));
    alice.hang_up();
    assert!(bob.ends_well());
}

#[test]
fn fifty_calls_all_succeed_and_their_ports_are_free_again() {
    let mut server = server();
    let at = register_sipp(&server, "1002", PASSWORD);
    let line = sipp_fields("1001", PASSWORD, "1002");
    let mut callee = Sipp::answers("answer", at, 55);
    let mut callers = Sipp::calls("call", free_port(), server.sip_port(), &vec![line.clone(); 50], 10);
    assert!(callers.ends_well());
    let mut callers = Sipp::calls("call", free_port(), server.sip_port(), &vec![line; 5], 10);
    assert!(callers.ends_well() && callee.ends_well());
    assert_eq!(server.registrations().len(), 1);
    assert!(!server.output().contains("panicked"));
    assert_eq!(server.stop().code(), Some(0));
}

#[test]
fn calls_that_are_refused_or_given_up_are_acknowledged_on_both_sides() {
    let server = server();
    let lines = vec![sipp_fields("1001", PASSWORD, "1002"); 5];
    let at = register_sipp(&server, "1002", PASSWORD);
    for (caller, callee) in [("refused", "busy"), ("cancel", "ring")] {
        let mut callee = Sipp::answers(callee, at, lines.len());
        let mut callers = Sipp::calls(caller, free_port(), server.sip_port(), &lines, 10);
        assert!(callers.ends_well() && callee.ends_well(), "{caller}");
    }
}
