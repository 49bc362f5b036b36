//! Both sides of a digest exchange against each other.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::random::Random;

const REALM: &str = r#"warden "east""#;
const HOUR: Duration = Duration::from_hours(1);
const STALE: Verdict = Verdict::Stale;

struct World {
    server: Authenticator,
    random: Random,
    now: Instant,
    alice: Ha1,
}

/// Where everybody is, unless it is said otherwise.
const HERE: &[u8] = b"192.0.2.1";

impl World {
    #[expect(clippy::disallowed_methods, reason = "a test may start from the present")]
    fn with_capacity(capacity: usize) -> Self {
        let now = Instant::now();
        Self {
            server: Authenticator::with_capacity(capacity, REALM, [7; 32], HOUR, now),
            random: Random::from_seed([8; 32]),
            now,
            alice: Ha1::derive(b"alice", REALM.as_bytes(), b"secret"),
        }
    }

    fn new() -> Self {
        Self::with_capacity(100)
    }

    fn challenge(&mut self, algorithm: Algorithm) -> Challenge {
        let value = self.server.challenge(HERE, self.now, &mut self.random, false, algorithm);
        Challenge::parse(&value).expect("its own challenge")
    }

    fn verify(&mut self, authorization: &[u8]) -> Verdict {
        let alice = &self.alice;
        self.server.verify(authorization, HERE, b"REGISTER", |name| (name == b"alice").then_some(alice), self.now)
    }

    /// What the server says to one request with this count.
    fn send(&mut self, challenge: &Challenge, nc: u32) -> Verdict {
        self.verify(&answer(challenge, "alice", "secret", nc))
    }
}

fn answer(challenge: &Challenge, username: &str, password: &str, nc: u32) -> Vec<u8> {
    let ha1 = Ha1::derive(username.as_bytes(), challenge.realm(), password.as_bytes());
    let exchange = Exchange { method: b"REGISTER", uri: b"sip:example.com", nc, cnonce: b"c0ffee" };
    challenge.answer(username.as_bytes(), &ha1, &exchange)
}

fn accepted(algorithm: Algorithm) -> Verdict {
    Verdict::Accepted { username: (*b"alice").into(), algorithm }
}

fn replaced(value: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(value.to_vec()).expect("text");
    assert!(text.contains(from), "{from} is not in {text}");
    text.replace(from, to).into_bytes()
}

#[test]
fn a_challenge_reads_as_phones_expect_it() {
    let mut world = World::new();
    let value = world.server.challenge(HERE, world.now, &mut world.random, true, Algorithm::Sha256);
    let start = br#"Digest realm="warden \"east\"", nonce=""#;
    assert_eq!(&value[..start.len()], start);
    assert_eq!(&value[start.len() + 64..], br#"", algorithm=SHA-256, qop="auth", stale=true"#);
    let value = world.server.challenge(HERE, world.now, &mut world.random, false, Algorithm::Md5);
    assert!(value.ends_with(br#"", algorithm=MD5, qop="auth""#));
}

#[test]
fn the_right_password_is_accepted_with_either_algorithm() {
    for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
        let mut world = World::new();
        let challenge = world.challenge(algorithm);
        assert_eq!(world.send(&challenge, 1), accepted(algorithm));
        assert_eq!(world.send(&challenge, 2), accepted(algorithm));
    }
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_wrong_alike() {
    let mut world = World::new();
    let challenge = world.challenge(Algorithm::Md5);
    let wrong = |username: &str| Verdict::Wrong { username: username.as_bytes().into() };
    assert_eq!(world.verify(&answer(&challenge, "alice", "guess", 1)), wrong("alice"));
    assert_eq!(world.verify(&answer(&challenge, "mallory", "secret", 1)), wrong("mallory"));
    assert_eq!(world.send(&challenge, 1), accepted(Algorithm::Md5)); // a wrong one uses up no count
}

#[test]
fn the_stand_in_for_unknown_users_has_no_right_response() {
    let mut world = World::new();
    let challenge = world.challenge(Algorithm::Md5);
    let exchange = Exchange { method: b"REGISTER", uri: b"sip:x", nc: 1, cnonce: b"c" };
    let value = challenge.answer(b"mallory", &Ha1::dummy(&[7; 32]), &exchange);
    assert_eq!(world.verify(&value), Verdict::Wrong { username: (*b"mallory").into() });
}

#[test]
fn a_nonce_tests_no_password_but_for_the_source_that_it_was_issued_to() {
    let mut world = World::new();
    let challenge = world.challenge(Algorithm::Md5);
    for password in ["guess", "secret"] {
        let value = answer(&challenge, "alice", password, 1);
        let verdict = world.server.verify(&value, b"192.0.2.2", b"REGISTER", |_| panic!("user looked up"), world.now);
        assert_eq!(verdict, STALE);
    }
    assert_eq!(world.send(&challenge, 1), accepted(Algorithm::Md5));
}

#[test]
fn everything_that_enters_the_response_is_protected_by_it() {
    let mut world = World::new();
    let challenge = world.challenge(Algorithm::Sha256);
    let good = answer(&challenge, "alice", "secret", 1);
    for (from, to) in [("sip:example.com", "sip:example.org"), ("00000001", "00000002"), ("c0ffee", "c0ffef")] {
        let verdict = world.verify(&replaced(&good, from, to));
        assert_eq!(verdict, Verdict::Wrong { username: (*b"alice").into() }, "{to}");
    }
    let alice = &world.alice;
    let verdict = world.server.verify(&good, HERE, b"INVITE", |_| Some(alice), world.now);
    assert_eq!(verdict, Verdict::Wrong { username: (*b"alice").into() });
}

#[test]
fn a_nonce_count_used_again_is_stale() {
    let mut world = World::new();
    let challenge = world.challenge(Algorithm::Md5);
    assert_eq!(world.send(&challenge, 1), accepted(Algorithm::Md5));
    assert_eq!(world.send(&challenge, 1), STALE);
    assert_eq!(world.send(&challenge, 100), accepted(Algorithm::Md5));
    assert_eq!(world.send(&challenge, 36), STALE); // 64 behind
}

#[test]
fn requests_that_overtook_each_other_pass_once_each() {
    let mut world = World::new();
    let challenge = world.challenge(Algorithm::Md5);
    let verdicts = [3, 1, 2, 1, 2, 3].map(|nc| world.send(&challenge, nc));
    assert!(verdicts[..3].iter().all(|verdict| *verdict == accepted(Algorithm::Md5)), "{verdicts:?}");
    assert!(verdicts[3..].iter().all(|verdict| *verdict == STALE), "{verdicts:?}");
}

#[test]
fn an_expired_nonce_is_stale_used_or_not() {
    let mut world = World::new();
    let (used, unused) = (world.challenge(Algorithm::Md5), world.challenge(Algorithm::Md5));
    world.now += HOUR.saturating_sub(Duration::from_millis(1));
    assert_eq!(world.send(&used, 1), accepted(Algorithm::Md5));
    world.now += Duration::from_millis(1);
    assert_eq!(world.send(&used, 2), STALE);
    assert_eq!(world.send(&unused, 1), STALE);
}

#[test]
fn a_nonce_from_the_future_of_an_equal_secret_is_stale() {
    let mut world = World::new();
    world.now += HOUR;
    let challenge = world.challenge(Algorithm::Md5);
    world.now -= Duration::from_millis(1);
    assert_eq!(world.send(&challenge, 1), STALE);
}

#[test]
fn a_nonce_that_was_changed_or_made_elsewhere_is_stale_and_tests_no_password() {
    let mut world = World::new();
    let good = world.server.challenge(HERE, world.now, &mut world.random, false, Algorithm::Md5);
    let at = good.windows(7).position(|window| window == b"nonce=\"").expect("a nonce") + 7;
    for place in at..at + 64 {
        let mut changed = good.clone();
        changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
        let challenge = Challenge::parse(&changed).expect("a challenge");
        let value = answer(&challenge, "alice", "secret", 1);
        let verdict = world.server.verify(&value, HERE, b"REGISTER", |_| panic!("user looked up"), world.now);
        assert_eq!(verdict, STALE);
    }
    let other = Authenticator::new(REALM, [9; 32], HOUR, world.now);
    let value = other.challenge(HERE, world.now, &mut world.random, false, Algorithm::Md5);
    assert_eq!(world.send(&Challenge::parse(&value).expect("a challenge"), 1), STALE);
}

#[test]
fn an_overflowing_table_lets_no_request_be_replayed() {
    let mut world = World::with_capacity(8);
    let first = world.challenge(Algorithm::Md5);
    let idle = world.challenge(Algorithm::Md5);
    let mut sent = Vec::new();
    for _ in 0..100 {
        world.now += Duration::from_millis(3);
        let challenge = world.challenge(Algorithm::Md5);
        sent.push(answer(&challenge, "alice", "secret", 1));
        assert_eq!(world.verify(sent.last().expect("pushed")), accepted(Algorithm::Md5));
    }
    assert!(sent.iter().all(|value| world.verify(value) == STALE));
    // Nonces older than what was forgotten are refused unused: nobody can tell any more.
    assert_eq!(world.send(&first, 1), STALE);
    let mallory = answer(&idle, "alice", "guess", 1);
    assert_eq!(world.verify(&mallory), STALE);
}

#[test]
fn credentials_that_do_not_fit_the_offer_are_malformed() {
    let mut world = World::new();
    let challenge = world.challenge(Algorithm::Md5);
    let good = answer(&challenge, "alice", "secret", 1);
    let changes = [
        (", qop=auth", ""),
        ("qop=auth", "qop=auth-int"),
        (", nc=00000001", ""),
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=+0000001"),
        (", cnonce=\"c0ffee\"", ""),
        (", uri=\"sip:example.com\"", ""),
        ("username=\"alice\", ", ""),
        ("response=\"", "response=\"0"),
        ("response=", "reply="),
        ("nonce=\"", "once=\""),
        ("algorithm=MD5", "algorithm=MD5-sess"),
        ("algorithm=MD5", "algorithm=SHA-256"),
        ("realm=", "domain="),
        ("Digest username=\"alice\"", "Digest username"),
    ];
    for (from, to) in changes {
        assert_eq!(world.verify(&replaced(&good, from, to)), Verdict::Malformed, "{from} -> {to}");
    }
    assert_eq!(world.verify(&replaced(&good, ", algorithm=MD5", "")), accepted(Algorithm::Md5));
}

#[test]
fn another_realm_or_scheme_is_no_credentials_and_ours_is_picked_among_several() {
    let mut world = World::new();
    let challenge = world.challenge(Algorithm::Md5);
    let good = answer(&challenge, "alice", "secret", 1);
    let foreign = replaced(&good, r#"realm="warden \"east\"""#, r#"realm="warden west""#);
    assert_eq!(world.verify(&foreign), Verdict::NoCredentials);
    assert_eq!(world.verify(b"Bearer abc"), Verdict::NoCredentials);
    let values: [&[u8]; 4] = [b"Bearer abc", b"Digest broken", &foreign, &good];
    let ours = world.server.ours(values.into_iter()).expect("the last");
    assert_eq!(ours.realm.as_deref(), Some(&br#"warden "east""#[..]));
    assert_eq!(ours.username(), Some(&b"alice"[..]));
    assert!(world.server.ours(values[..3].iter().copied()).is_none());
}

#[test]
fn a_user_name_is_looked_up_without_its_escapes() {
    let mut world = World::new();
    let challenge = world.challenge(Algorithm::Md5);
    let ha1 = Ha1::derive(br#"o"neil"#, REALM.as_bytes(), b"secret");
    let value = answer(&challenge, r#"o"neil"#, "secret", 1);
    let verdict =
        world.server.verify(&value, HERE, b"REGISTER", |name| (name == br#"o"neil"#).then_some(&ha1), world.now);
    assert!(matches!(verdict, Verdict::Accepted { username, .. } if *username == *br#"o"neil"#));
}

/// Pieces of which credentials are made, some of them the right ones.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "username=\"alice\"",
        "realm=\"warden \\\"east\\\"\"",
        "uri=\"sip:x\"",
        "qop=auth",
        "qop=\"auth\"",
        "nc=00000001",
        "cnonce=\"\"",
        "response=\"8ca523f5e9506fed4657c9700eebdbec\"",
        "algorithm=MD5",
        "algorithm=SHA-256",
        "nonce=",
        "NONCE",
        "Digest ",
        ", ",
        ",",
        "\"",
        "\\",
        "=",
    ];
    prop_oneof![
        8 => prop::sample::select(pieces.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_are_never_accepted(
        noise in prop::collection::vec(any::<u8>(), 0..300),
        pieces in prop::collection::vec(piece(), 0..30),
    ) {
        let mut world = World::new();
        let mut mixed = b"Digest ".to_vec();
        let nonce = world.server.challenge(HERE, world.now, &mut world.random, false, Algorithm::Md5);
        for piece in pieces {
            mixed.extend(if piece == b"NONCE" { nonce[36..].to_vec() } else { piece });
        }
        for value in [&noise, &mixed] {
            let alice = &world.alice;
            let verdict = world.server.verify(value, HERE, b"REGISTER", |_| Some(alice), world.now);
            let accepted = matches!(verdict, Verdict::Accepted { .. });
            prop_assert!(!accepted);
            prop_assert_eq!(Challenge::parse(value).filter(|challenge| challenge.realm() == noise), None);
        }
    }

    #[test]
    fn good_credentials_with_one_byte_changed_never_prove_another_user(place in 0..400usize, byte: u8) {
        let mut world = World::new();
        let challenge = world.challenge(Algorithm::Md5);
        let mut value = answer(&challenge, "alice", "secret", 1);
        let place = place % value.len();
        value[place] = byte;
        let verdict = world.verify(&value);
        let other = matches!(verdict, Verdict::Accepted { username, .. } if *username != *b"alice");
        prop_assert!(!other);
    }
}
