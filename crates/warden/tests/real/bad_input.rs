//! What the built `warden` answers to requests that are wrong, as a phone gets it.

use std::net::IpAddr;

use serde_json::Value;

use crate::support::{Ask, PASSWORD, RawPhone, Warden, loopback, poll};

fn server() -> Warden {
    Warden::start(&["1001", "1002"].map(|number| (number, PASSWORD)))
}

/// The phone of 1001.
fn alice(server: &Warden) -> RawPhone {
    RawPhone::new(server, home(), "1001", PASSWORD)
}

fn home() -> IpAddr {
    loopback(1)
}

/// The phone of 1002, which can be called.
fn bob(server: &Warden) -> RawPhone {
    let mut phone = RawPhone::new(server, home(), "1002", PASSWORD);
    phone.register();
    phone
}

#[test]
fn a_call_without_credentials_is_challenged_and_leaves_no_trace() {
    let server = server();
    let (mut alice, _bob) = (alice(&server), bob(&server));
    let answer = alice.ask(&Ask::call("1001", "1002"));
    assert_eq!(answer.status_line(), "401 Unauthorized");
    assert!(answer.header("WWW-Authenticate").is_some_and(|value| value.starts_with("Digest ")), "{}", answer.0);
    assert_eq!(server.calls(), [Value::Null; 0]);
    assert_eq!(server.records(), [Value::Null; 0]);
}

#[test]
fn an_unknown_extension_is_answered_byte_for_byte_as_a_wrong_password() {
    let server = server();
    let mut phone = RawPhone::new(&server, home(), "1001", "red-kettle");
    for ask in [Ask::call("1001", "1002"), Ask::other("REGISTER", "1001", "1001")] {
        phone.username = "1001".into();
        let wrong = phone.ask_signed(&ask);
        phone.username = "4711".into();
        let unknown = phone.ask_signed(&ask);
        assert_eq!(wrong.status(), 401);
        assert_eq!(unknown.masked(), wrong.masked());
        assert!(!wrong.0.contains("stale=true"), "{}", wrong.0);
    }
}

#[test]
fn who_calls_in_the_name_of_another_is_refused() {
    let server = server();
    let (mut alice, _bob) = (alice(&server), bob(&server));
    let answer = alice.ask_signed(&Ask::call("1002", "1002"));
    assert_eq!(answer.status_line(), "403 From Is Not Your Extension");
    assert_eq!(server.calls(), [Value::Null; 0]);
}

#[test]
fn a_number_that_nobody_has_is_not_found() {
    let server = server();
    let answer = alice(&server).ask_signed(&Ask::call("1001", "1999"));
    assert_eq!(answer.status_line(), "404 Unknown Number");
}

#[test]
fn an_emergency_call_is_never_not_found_and_the_log_says_that_somebody_must_act() {
    let server = server();
    let answer = alice(&server).ask_signed(&Ask::call("1001", "911"));
    assert_eq!(answer.status_line(), "503 No Way to Emergency Services");
    assert!(answer.header("Retry-After").is_none(), "it would hold the next attempt back: {}", answer.0);
    has_alarm(&server);
}

#[test]
fn an_emergency_call_gets_through_from_a_banned_address() {
    let server = server();
    let mut guesser = RawPhone::new(&server, loopback(2), "1001", "red-kettle");
    for _ in 0..5 {
        assert_eq!(guesser.ask_signed(&Ask::call("1001", "1002")).status(), 401);
    }
    let mut phone = RawPhone::new(&server, loopback(2), "1001", PASSWORD);
    assert_eq!(phone.ask(&Ask::call("1001", "1002")).status_line(), "403 Too Many Wrong Passwords");
    assert_eq!(phone.ask_signed(&Ask::call("1001", "911")).status(), 503);
    has_alarm(&server);
}

/// Waits for the line that says that an emergency call failed.
fn has_alarm(server: &Warden) {
    let is_alarm = |line: &str| line.contains(r#""level":"ERROR""#) && line.contains("emergency call failed");
    poll(5, || server.output().lines().any(is_alarm).then_some(())).expect("an ERROR in the log");
}

#[test]
fn without_a_free_port_a_call_is_refused_for_now_and_the_next_one_after_a_hangup_succeeds() {
    let extensions = ["1001", "1002"].map(|number| (number, PASSWORD));
    let server = Warden::start_with(&extensions, |text| {
        let (before, range) = text.split_once("rtp_port_range: [").unwrap();
        let (range, after) = range.split_once(']').unwrap();
        let first: u16 = range.split(',').next().unwrap().parse().unwrap();
        format!("{before}rtp_port_range: [{first}, {}]{after}", first + 3)
    });
    let (mut alice, mut bob) = (alice(&server), bob(&server));
    let call = Ask::call("1001", "1002");
    for round in 1..=3 {
        alice.send_signed(&call);
        bob.take_call();
        let answer = alice.answer();
        assert_eq!(answer.status_line(), "200 OK");

        let refused = alice.ask_signed(&call);
        assert_eq!(refused.status_line(), "503 All RTP Ports In Use");
        assert!(refused.header("Retry-After").is_none(), "it would hold back a call for help: {}", refused.0);
        assert_eq!(server.calls().len(), 1);

        alice.hang_up(&answer);
        bob.call_ended();
        // The ports come back with the measurement of both sides.
        let is_measured = || (server.output().matches("how it sounded").count() == 2 * round).then_some(());
        poll(5, is_measured).expect("a measurement");
    }
}

#[test]
fn a_session_description_that_cannot_be_read_is_a_bad_request() {
    let server = server();
    let (mut alice, _bob) = (alice(&server), bob(&server));
    for sdp in ["v=0\r\nthis is none\r\n", "m=audio 9 RTP/AVP 0\r\n", "v=1\r\n", "\0"] {
        let answer = alice.ask_signed(&Ask { body: sdp, ..Ask::call("1001", "1002") });
        assert_eq!(answer.status_line(), "400 Malformed SDP", "{sdp:?}");
    }
    assert_eq!(server.calls(), [Value::Null; 0]);
}

#[test]
fn a_call_that_may_go_no_further_is_refused() {
    let server = server();
    let (mut alice, _bob) = (alice(&server), bob(&server));
    let answer = alice.ask_signed(&Ask { max_forwards: 0, ..Ask::call("1001", "1002") });
    assert_eq!(answer.status_line(), "483 Too Many Hops");
}

#[test]
fn a_method_that_is_not_understood_is_told_which_are() {
    let server = server();
    let answer = alice(&server).ask(&Ask::other("BREW", "1001", "1001"));
    assert_eq!(answer.status_line(), "405 Method Not Allowed");
    let allowed: Vec<_> = answer.header("Allow").unwrap().split(", ").collect();
    assert!(["INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS"].iter().all(|method| allowed.contains(method)));
    assert!(!allowed.contains(&"BREW"), "{allowed:?}");
}

#[test]
fn an_extension_of_sip_that_is_required_and_not_understood_is_named() {
    let server = server();
    let answer = alice(&server).ask(&Ask { headers: "Require: preconditions\r\n", ..Ask::call("1001", "1002") });
    assert_eq!((answer.status_line(), answer.header("Unsupported")), ("420 Bad Extension", Some("preconditions")));
}
