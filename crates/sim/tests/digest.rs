//! Credentials that were tampered with, as they come over the wire: none of them registers anybody.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

use warden_call::Event;
use warden_sim::World;
use warden_sip::digest::{Challenge, Exchange, Ha1};

/// Somebody at 198.51.100.1 who has a challenge, and knows the password of 1001.
struct Bench {
    world: World,
    challenge: String,
    requests: u32,
}

impl Bench {
    fn new() -> Self {
        let mut world = World::with_seed(1);
        world.phones(["1001", "1002"]);
        let mut bench = Self { world, challenge: String::new(), requests: 0 };
        let refused = bench.register("1001", "");
        let value = refused.lines().find_map(|line| line.strip_prefix("WWW-Authenticate: ")).expect("a challenge");
        value.clone_into(&mut bench.challenge);
        bench
    }

    /// The right answer to the challenge, for the count `nc`.
    fn answer(&self, nc: u32) -> String {
        let challenge = Challenge::parse(self.challenge.as_bytes()).expect("a challenge");
        let exchange = Exchange { method: b"REGISTER", uri: b"sip:203.0.113.1", nc, cnonce: b"0a4f113b" };
        let ha1 = Ha1::derive(b"1001", challenge.realm(), World::password("1001").as_bytes());
        String::from_utf8(challenge.answer(b"1001", &ha1, &exchange)).expect("text")
    }

    /// The answer to a REGISTER for `number` with these credentials.
    fn register(&mut self, number: &str, authorization: &str) -> String {
        self.requests += 1;
        let branch = self.requests;
        let line = if authorization.is_empty() { String::new() } else { format!("Authorization: {authorization}\r\n") };
        self.world.send_from_nowhere(
            1,
            format!(
                "REGISTER sip:203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP a;rport;branch=z9hG4bKd{branch}\r\n\
                 From: <sip:{number}@a>;tag=d\r\nTo: <sip:{number}@a>\r\nCall-ID: d\r\nCSeq: {branch} REGISTER\r\n\
                 Max-Forwards: 70\r\nContact: <sip:{number}@198.51.100.1>\r\n{line}Content-Length: 0\r\n\r\n"
            ),
        );
        self.world.run_for_s(1);
        self.world.sent_to_nowhere().pop().expect("an answer")
    }

    fn strikes(&self) -> usize {
        self.world.events().iter().filter(|event| matches!(event, Event::SignInFailed { .. })).count()
    }
}

/// The credentials with one parameter changed; `value` is with its quotes.
fn with(credentials: &str, name: &str, value: &str) -> String {
    let start = credentials.find(&format!("{name}=")).expect("a parameter") + name.len() + 1;
    let rest = credentials.get(start..).unwrap_or_default();
    let end = rest.find(", ").unwrap_or(rest.len());
    format!("{}{value}{}", credentials.get(..start).unwrap_or_default(), rest.get(end..).unwrap_or_default())
}

/// The credentials without one parameter.
fn without(credentials: &str, name: &str) -> String {
    let parts: Vec<_> = credentials.split(", ").filter(|part| !part.starts_with(&format!("{name}="))).collect();
    parts.join(", ")
}

#[test]
fn the_right_credentials_register_once_and_not_again() {
    let mut bench = Bench::new();
    let good = bench.answer(1);
    assert!(bench.register("1001", &good).starts_with("SIP/2.0 200 "));
    let replayed = bench.register("1001", &good);
    assert!(replayed.starts_with("SIP/2.0 401 ") && replayed.contains("stale=true"), "{replayed}");
    let next = bench.answer(2);
    assert!(bench.register("1001", &next).starts_with("SIP/2.0 200 "));
    assert_eq!(bench.strikes(), 0, "a replay says nothing of a password");
}

#[test]
fn whoever_changes_what_was_signed_is_told_as_of_a_wrong_password() {
    let mut bench = Bench::new();
    let good = bench.answer(1);
    let changed = [
        with(&good, "uri", "\"sip:198.51.100.66\""),
        with(&good, "cnonce", "\"00000000\""),
        with(&good, "nc", "00000002"),
        with(&good, "username", "\"1002\""),
    ];
    for (credentials, count) in changed.iter().zip(1..) {
        let answer = bench.register("1001", credentials);
        assert!(answer.starts_with("SIP/2.0 401 ") && !answer.contains("stale"), "{credentials}\n{answer}");
        assert_eq!(bench.strikes(), count, "{credentials}");
    }
    assert!(bench.world.contacts().is_empty());
}

#[test]
fn credentials_that_lack_what_was_asked_for_are_malformed() {
    let mut bench = Bench::new();
    let good = bench.answer(1);
    let malformed = [
        without(&good, "qop"),
        without(&good, "nc"),
        without(&good, "cnonce"),
        without(&good, "response"),
        good.replace("username=\"1001\", ", ""),
        with(&good, "response", "\"\""),
        with(&good, "response", "\"d41d8cd98f00b204\""),
        with(&good, "qop", "auth-int"),
        with(&good, "algorithm", "SHA-256"),
        with(&good, "algorithm", "MD5-sess"),
    ];
    for credentials in malformed {
        let answer = bench.register("1001", &credentials);
        assert!(answer.starts_with("SIP/2.0 400 Malformed Authorization"), "{credentials}\n{answer}");
    }
    assert_eq!((bench.strikes(), bench.world.contacts().len()), (0, 0));
}

#[test]
fn credentials_for_another_realm_or_with_a_made_up_nonce_are_not_looked_at() {
    let mut bench = Bench::new();
    let good = bench.answer(1);
    let answer = bench.register("1001", &with(&good, "realm", "\"asterisk\""));
    assert!(answer.starts_with("SIP/2.0 401 ") && !answer.contains("stale"), "{answer}");
    let answer = bench.register("1001", &with(&good, "nonce", "\"0123456789abcdef\""));
    assert!(answer.starts_with("SIP/2.0 401 ") && answer.contains("stale=true"), "{answer}");
    assert_eq!((bench.strikes(), bench.world.contacts().len()), (0, 0));
}

#[test]
fn who_has_signed_in_is_nobody_else_and_nobody_without_credentials() {
    let mut bench = Bench::new();
    let good = bench.answer(1);
    assert!(bench.register("1001", &good).starts_with("SIP/2.0 200 "));
    assert!(bench.register("1002", "").starts_with("SIP/2.0 401 "));
    assert!(bench.register("1001", "").starts_with("SIP/2.0 401 "));
    let next = bench.answer(2);
    assert!(bench.register("1002", &next).starts_with("SIP/2.0 403 Not Your Extension"));
    assert_eq!(bench.world.contacts(), ["sip:1001@198.51.100.1"]);
}
