//! Encrypted sound is offered, taken, refused and kept as the policy of the leg says (RFC 4568).

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use support::{audio, capabilities, endpoint, local, media_lines, parse, text};
use warden_sdp::description::Description;
use warden_sdp::srtp::{Crypto, Encryption, MasterKey, Srtp, SrtpKeys, Suite};
use warden_sdp::{
    AcceptError, AnswerError, Direction, LocalMedia, Order, Refusal, RespondError, Session, relayed_answer,
    relayed_offer,
};

const KEY: &str = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
const SUITES: [Suite; 3] = [Suite::AeadAes128Gcm, Suite::AesCm128HmacSha1_80, Suite::AesCm128HmacSha1_32];

fn encryption(policy: Srtp, seed: u8) -> Encryption {
    Encryption::new(policy, &SUITES, |room| room.fill(seed))
}

fn session(policy: Srtp, seed: u8) -> Session {
    let mut session = Session::new(seed.into());
    session.encrypt(encryption(policy, seed));
    session
}

fn key(suite: Suite, seed: u8) -> MasterKey {
    MasterKey::new(suite, &vec![seed; suite.master_len()]).expect("long enough")
}

/// PCMU over `protocol`, with keys of these suites.
fn theirs(protocol: &str, suites: &[&str]) -> Description {
    let lines = suites.iter().zip(3..).map(|(suite, tag)| format!("a=crypto:{tag} {suite} inline:{KEY}\n"));
    parse(&format!(
        "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 {protocol} 0\n{}",
        lines.collect::<String>()
    ))
}

fn answered(policy: Srtp, offer: &Description) -> Result<(String, Option<SrtpKeys>), Refusal> {
    let mut session = session(policy, 1);
    session.receive_offer(offer.clone()).expect("nothing is open");
    match session.answer(&local(), Order::Ours) {
        Ok(answer) => {
            let lines = lines(&answer).join("|");
            Ok((lines, session.negotiated().expect("agreed").srtp.clone()))
        }
        Err(RespondError::Refused(refusal)) => Err(refusal),
        Err(RespondError::NothingOffered) => unreachable!("an offer is open"),
    }
}

/// The transport and the keys of the first media line, as tag and suite.
fn lines(description: &Description) -> Vec<String> {
    let audio = audio(description);
    let protocol = String::from_utf8_lossy(audio.protocol_text()).into_owned();
    std::iter::once(protocol).chain(audio.cryptos().map(|it| format!("{} {}", it.tag, it.suite().name()))).collect()
}

fn agreed(offerer: Srtp, answerer: Srtp) -> (Session, Session) {
    let (mut a, mut b) = (session(offerer, 1), session(answerer, 2));
    let offer = a.offer(&local()).expect("offered");
    b.receive_offer(Description::clone(&offer)).expect("nothing is open");
    let answer = b.answer(&local(), Order::Ours).expect("answered");
    a.accept(Description::clone(&answer)).expect("accepted");
    (a, b)
}

fn keys(session: &Session) -> Option<SrtpKeys> {
    session.negotiated().expect("agreed").srtp.clone()
}

const CM_80: &str = "AES_CM_128_HMAC_SHA1_80";
const CM_32: &str = "AES_CM_128_HMAC_SHA1_32";

#[test]
fn an_offer_says_what_the_policy_wants() {
    let offered = |policy| lines(&session(policy, 1).offer(&local()).expect("offered"));
    assert_eq!(offered(Srtp::Off), ["RTP/AVP"]);
    let keys = ["1 AEAD_AES_128_GCM", "2 AES_CM_128_HMAC_SHA1_80", "3 AES_CM_128_HMAC_SHA1_32"];
    assert_eq!(offered(Srtp::Optional), [&["RTP/AVP"][..], &keys].concat());
    assert_eq!(offered(Srtp::Required), [&["RTP/SAVP"][..], &keys].concat());
}

#[test]
fn two_sides_agree_on_the_same_keys_the_other_way_round() {
    let suite = Suite::AeadAes128Gcm;
    for (a, b) in [
        (Srtp::Required, Srtp::Required),
        (Srtp::Required, Srtp::Optional),
        (Srtp::Optional, Srtp::Optional),
        (Srtp::Optional, Srtp::Required),
    ] {
        let (a, b) = agreed(a, b);
        assert_eq!(keys(&a), Some(SrtpKeys { send: key(suite, 1), receive: key(suite, 2) }));
        assert_eq!(keys(&b), Some(SrtpKeys { send: key(suite, 2), receive: key(suite, 1) }));
    }
    let (a, b) = agreed(Srtp::Optional, Srtp::Off);
    assert_eq!((keys(&a), keys(&b)), (None, None));
    assert_eq!(lines(b.local().expect("agreed")), ["RTP/AVP"]);
}

#[test]
fn an_answer_takes_one_key_in_our_order_and_repeats_its_tag() {
    for policy in [Srtp::Optional, Srtp::Required] {
        for protocol in ["RTP/SAVP", "RTP/SAVPF", "RTP/AVP", "RTP/AVPF"] {
            let (lines, keys) = answered(policy, &theirs(protocol, &["NEW", CM_32, CM_80])).expect("answered");
            assert_eq!(lines, format!("{protocol}|5 {CM_80}"));
            let keys = keys.expect("encrypted");
            assert_eq!(keys.send, key(Suite::AesCm128HmacSha1_80, 1));
            assert_eq!(keys.receive.bytes(), b"wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#");
        }
    }
}

#[test]
fn phones_that_wish_and_phones_that_insist_are_taken_as_they_ask() {
    let wishing = parse(include_str!("../testdata/phones/baresip_srtp.sdp"));
    let insisting = parse(include_str!("../testdata/refused/snom_savp.sdp"));
    let taken = |policy, offer| answered(policy, offer).map(|(lines, keys)| (lines, keys.is_some()));
    for policy in [Srtp::Optional, Srtp::Required] {
        assert_eq!(taken(policy, &wishing), Ok((format!("RTP/AVP|1 {CM_80}"), true)));
        assert_eq!(taken(policy, &insisting), Ok((format!("RTP/SAVP|1 {CM_80}"), true)));
    }
    assert_eq!(taken(Srtp::Off, &wishing), Ok(("RTP/AVP".into(), false)));
}

#[test]
fn plain_sound_is_taken_unless_encryption_is_required() {
    let none = |offered: &str| Refusal::NoCommonSuite { offered: offered.into() };
    for offer in [theirs("RTP/AVP", &[]), theirs("RTP/AVP", &["NEW"])] {
        for policy in [Srtp::Off, Srtp::Optional] {
            assert_eq!(answered(policy, &offer), Ok(("RTP/AVP".into(), None)));
        }
    }
    assert_eq!(answered(Srtp::Required, &theirs("RTP/AVP", &[])), Err(none("none")));
    assert_eq!(answered(Srtp::Required, &theirs("RTP/AVP", &["NEW"])), Err(none("NEW")));
    assert_eq!(answered(Srtp::Off, &theirs("RTP/AVP", &[CM_80])), Ok(("RTP/AVP".into(), None)));
}

#[test]
fn a_refusal_says_why() {
    let savp = theirs("RTP/SAVP", &[CM_80]);
    assert_eq!(answered(Srtp::Off, &savp), Err(Refusal::Protocol { protocol: "RTP/SAVP".into() }));
    let with_mki = parse(&text(&theirs("RTP/SAVP", &["NEW", CM_80])).replace(KEY, &format!("{KEY}|2^20|1:4")));
    let refusal = answered(Srtp::Optional, &with_mki).expect_err("refused");
    assert_eq!(
        refusal.to_string(),
        "no common crypto suite, offered are NEW, AES_CM_128_HMAC_SHA1_80 (with a master key identifier)"
    );
    for line in [format!("1 inline:{KEY}"), format!("1 {KEY}"), KEY.into()] {
        let unsound = parse(&format!("v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/SAVP 0\na=crypto:{line}\n"));
        let refusal = answered(Srtp::Optional, &unsound).expect_err("refused").to_string();
        assert!(refusal.starts_with("no common crypto suite, offered are ?") && !refusal.contains(KEY), "{refusal}");
    }
    let dtls = theirs("UDP/TLS/RTP/SAVP", &[CM_80]);
    assert_eq!(answered(Srtp::Required, &dtls), Err(Refusal::Protocol { protocol: "UDP/TLS/RTP/SAVP".into() }));
}

#[test]
fn of_two_lines_the_encrypted_one_is_taken() {
    let plain = "m=audio 4000 RTP/AVP 0\n";
    let encrypted = format!("m=audio 4002 RTP/SAVP 0\na=crypto:1 {CM_80} inline:{KEY}\n");
    for (both, first, second) in
        [(format!("{plain}{encrypted}"), 0, 10_000), (format!("{encrypted}{plain}"), 10_000, 0)]
    {
        let offer = parse(&format!("v=0\nc=IN IP4 192.0.2.1\n{both}"));
        for policy in [Srtp::Optional, Srtp::Required] {
            let mut session = session(policy, 1);
            session.receive_offer(offer.clone()).expect("nothing is open");
            let answer = session.answer(&local(), Order::Ours).expect("answered");
            let ports: Vec<_> = answer.media().map(|media| media.port()).collect();
            assert_eq!((ports, keys(&session).is_some()), (vec![first, second], true));
        }
        let lines =
            media_lines(&warden_sdp::answer(&offer, &local(), Order::Ours, support::STAMP).expect("plain").description);
        assert!(lines.contains(&"audio 10000 RTP/AVP 0".into()) && lines.contains(&"audio 0 RTP/SAVP 0".into()));
    }
}

fn accepted(policy: Srtp, answer: Description) -> Result<Option<SrtpKeys>, AnswerError> {
    let mut session = session(policy, 1);
    session.offer(&local()).expect("offered");
    match session.accept(answer) {
        Ok(negotiated) => Ok(negotiated.srtp.clone()),
        Err(AcceptError::Answer(error)) => Err(error),
        Err(AcceptError::NothingOffered) => unreachable!("an offer is open"),
    }
}

#[test]
fn an_answer_may_take_the_keys_or_leave_them_when_they_were_a_wish() {
    let sent = |keys: Result<Option<SrtpKeys>, _>| keys.expect("accepted").map(|keys| keys.send.suite());
    assert_eq!(sent(accepted(Srtp::Optional, theirs("RTP/AVP", &[]))), None);
    assert_eq!(sent(accepted(Srtp::Optional, theirs("RTP/AVP", &[CM_32]))), Some(Suite::AesCm128HmacSha1_32));
    assert_eq!(sent(accepted(Srtp::Optional, theirs("RTP/SAVP", &[CM_80]))), Some(Suite::AesCm128HmacSha1_80));
    assert_eq!(sent(accepted(Srtp::Required, theirs("RTP/SAVP", &[CM_80]))), Some(Suite::AesCm128HmacSha1_80));
    assert_eq!(sent(accepted(Srtp::Off, theirs("RTP/AVP", &[CM_80]))), None);
}

#[test]
fn an_answer_never_steps_down_from_what_was_required() {
    let protocol = |offered: &str, answered: &str| {
        Err(AnswerError::Protocol { offered: offered.into(), answered: answered.into() })
    };
    assert_eq!(accepted(Srtp::Required, theirs("RTP/AVP", &[CM_80])), protocol("RTP/SAVP", "RTP/AVP"));
    assert_eq!(accepted(Srtp::Off, theirs("RTP/SAVP", &[CM_80])), protocol("RTP/AVP", "RTP/SAVP"));
    assert_eq!(accepted(Srtp::Optional, theirs("UDP/TLS/RTP/SAVP", &[])), protocol("RTP/AVP", "UDP/TLS/RTP/SAVP"));
    let key = |answered: &str| Err(AnswerError::Key { answered: answered.into() });
    assert_eq!(accepted(Srtp::Required, theirs("RTP/SAVP", &[])), key("none"));
    assert_eq!(accepted(Srtp::Required, theirs("RTP/SAVP", &["F8_128_HMAC_SHA1_80"])), key("F8_128_HMAC_SHA1_80"));
    assert_eq!(accepted(Srtp::Optional, theirs("RTP/AVP", &["NEW"])), key("NEW"), "it thinks that it is encrypted");
}

#[test]
fn a_later_offer_keeps_suite_key_and_transport() {
    for (offerer, answerer, protocol) in
        [(Srtp::Required, Srtp::Required, "RTP/SAVP"), (Srtp::Optional, Srtp::Optional, "RTP/AVP")]
    {
        let (mut a, mut b) = agreed(offerer, answerer);
        let before = (keys(&a), keys(&b));
        let hold = LocalMedia { direction: Direction::SendOnly, ..local() };
        let offer = b.offer(&hold).expect("offered");
        assert_eq!(lines(&offer), [protocol, "1 AEAD_AES_128_GCM"]);
        a.receive_offer(Description::clone(&offer)).expect("nothing is open");
        let answer = a.answer(&local(), Order::Ours).expect("answered");
        b.accept(Description::clone(&answer)).expect("accepted");
        assert_eq!((keys(&a), keys(&b)), before);
        let repeated = a.repeat_offer().expect("offered");
        assert_eq!(lines(&repeated), lines(a.local().expect("agreed")));
    }
    let (mut plain, _) = agreed(Srtp::Optional, Srtp::Off);
    assert_eq!(lines(&plain.offer(&local()).expect("offered")), ["RTP/AVP"], "plain sound stays plain");
}

#[test]
fn only_what_is_carried_is_passed_on() {
    let offer = theirs("RTP/SAVP", &[CM_80]);
    for (policy, is_carried) in [(Srtp::Off, false), (Srtp::Optional, true), (Srtp::Required, true)] {
        let encryption = encryption(policy, 1);
        let onward = relayed_offer(&offer, &encryption, &capabilities(), endpoint(20_000), None);
        assert_eq!(onward.is_some(), is_carried, "{policy:?}");
        let (a, _) = agreed(Srtp::Off, Srtp::Off);
        let b = a.negotiated().expect("agreed");
        let back = relayed_answer(&offer, &encryption, b, &capabilities(), endpoint(20_000));
        assert_eq!(back.is_some(), is_carried, "{policy:?}");
    }
    let plain = theirs("RTP/AVP", &[]);
    let required = encryption(Srtp::Required, 1);
    assert_eq!(relayed_offer(&plain, &required, &capabilities(), endpoint(20_000), None), None);
}

#[test]
fn no_key_is_printed() {
    let (a, _) = agreed(Srtp::Required, Srtp::Required);
    let key = Crypto::parse(format!("1 {CM_80} inline:{KEY}").as_bytes()).expect("sound");
    let printed = format!("{a:?} {key:?} {:?}", theirs("RTP/SAVP", &[CM_80]));
    assert!(!printed.contains(KEY) && !printed.contains("AQEBAQEB") && !printed.contains("[1, 1"), "{printed}");
}
