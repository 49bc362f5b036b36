//! Fax by T.38 in place of sound: what gateways say, what the other leg is told of it, and the way back.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use support::{capabilities, endpoint, local, media_lines, parse, text};
use warden_sdp::description::Description;
use warden_sdp::srtp::{Encryption, Srtp, Suite};
use warden_sdp::t38::{ErrorCorrection, Parameter, T38};
use warden_sdp::{
    AnswerError, Carriage, Direction, LocalMedia, Negotiated, OfferError, Order, Refusal, RespondError, Session,
    carriage, read_answer, relayed_answer, relayed_offer,
};

const GATEWAYS: [(&str, &str); 5] = [
    ("AudioCodes", include_str!("../testdata/fax/audiocodes_mp118.sdp")),
    ("Cisco", include_str!("../testdata/fax/cisco_ios_gateway.sdp")),
    ("Grandstream", include_str!("../testdata/fax/grandstream_ht802.sdp")),
    ("Asterisk", include_str!("../testdata/fax/asterisk.sdp")),
    ("SPA112", include_str!("../testdata/fax/cisco_spa112.sdp")),
];

const AUDIO: &str = "m=audio 4000 RTP/AVP 0\n";
const FAX: &str = "m=image 4006 udptl t38\na=T38FaxVersion:0\n";

fn theirs(media: &str) -> Description {
    parse(&format!("v=0\no=- 5 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n{media}"))
}

fn our_fax() -> LocalMedia {
    let fax = [Parameter::Version(0), Parameter::ErrorCorrection(ErrorCorrection::Redundancy)];
    LocalMedia { codecs: Vec::new(), fax: Some(fax.into_iter().collect()), ptime_ms: None, ..local() }
}

fn encrypted(policy: Srtp) -> Encryption {
    Encryption::new(policy, &Suite::ALL, |room| room.fill(7))
}

/// What is offered to another leg for it.
fn onward(offer: &Description, encryption: &Encryption) -> Option<LocalMedia> {
    relayed_offer(offer, encryption, &capabilities(), endpoint(10_000), Some(&capabilities()))
}

/// A session in which sound was agreed on in answer to our offer.
fn talking(encryption: Encryption) -> Session {
    let mut session = Session::new(7);
    session.encrypt(encryption);
    session.offer(&local()).expect("offered");
    session.accept(theirs(AUDIO)).expect("accepted");
    session
}

fn is_fax(session: &Session) -> bool {
    session.negotiated().is_some_and(|agreed| agreed.fax.is_some())
}

fn attributes(description: &Description) -> Vec<String> {
    let lines = text(description);
    lines.lines().filter(|line| line.starts_with("a=T38")).map(str::to_owned).collect()
}

#[test]
fn what_each_gateway_says_of_its_fax_reaches_the_other_one_and_the_answer_comes_back() {
    for (name, gateway) in GATEWAYS {
        let offer = parse(gateway);
        let mut b = talking(Encryption::default());
        let local = onward(&offer, &Encryption::default()).expect(name);
        let passed = b.offer(&local).expect(name);
        assert_eq!(media_lines(&passed), ["image 10000 udptl t38"], "{name}");
        assert_eq!(attributes(&passed), attributes(&offer), "{name}");
        let agreed = b.accept(theirs(FAX)).expect(name).clone();
        assert_eq!(agreed.remote_rtp, Some(([192, 0, 2, 1], 4006).into()), "{name}");

        let mut a = talking(Encryption::default());
        a.receive_offer(offer.clone()).expect(name);
        let back = relayed_answer(&offer, &Encryption::default(), &agreed, &capabilities(), endpoint(10_002));
        let answer = a.answer(&back.expect(name), Order::Ours).expect(name);
        assert_eq!((answer.media_count(), is_fax(&a)), (offer.media_count(), true), "{name}");
        assert_eq!(media_lines(&answer).last().map(String::as_str), Some("image 10002 udptl t38"), "{name}");
        assert_eq!(attributes(&answer), ["a=T38FaxVersion:0"], "{name}");
        assert!(a.negotiated().is_some_and(|agreed| agreed.send.is_empty() && agreed.codec().is_none()), "{name}");
        assert_eq!(read_answer(&passed, &answer).map(|agreed| agreed.fax.is_some()).is_ok(), offer.media_count() == 1);
    }
}

#[test]
fn a_description_of_fax_prints_and_parses_as_the_same() {
    let mut session = talking(Encryption::default());
    let offer = session.offer(&our_fax()).expect("offered");
    assert_eq!(Description::parse(offer.text()).as_ref(), Ok(&*offer));
    let lines = text(&offer);
    assert!(lines.ends_with("m=image 10000 udptl t38\r\na=T38FaxVersion:0\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n"));
}

#[test]
fn sound_comes_back_in_the_place_of_the_fax() {
    let mut session = talking(Encryption::default());
    session.offer(&our_fax()).expect("offered");
    session.accept(theirs(FAX)).expect("accepted");
    let back = session.offer(&local()).expect("offered");
    assert_eq!(media_lines(&back), ["audio 10000 RTP/AVP 9 8 0 107 97 101 102"]);
    session.accept(theirs(AUDIO)).expect("accepted");
    assert!(!is_fax(&session) && session.negotiated().and_then(Negotiated::codec).is_some());
}

#[test]
fn a_gateway_with_a_line_for_each_keeps_its_lines() {
    let mut session = talking(Encryption::default());
    session.receive_offer(theirs(&format!("m=audio 0 RTP/AVP 0\n{FAX}"))).expect("received");
    let answer = session.answer(&our_fax(), Order::Ours).expect("answered");
    assert_eq!(media_lines(&answer), ["audio 0 RTP/AVP 0", "image 10000 udptl t38"]);
    let back = session.offer(&local()).expect("offered");
    assert_eq!(media_lines(&back), ["audio 10000 RTP/AVP 9 8 0 107 97 101 102", "image 0 udptl t38"]);
    session.accept(theirs(&format!("{AUDIO}m=image 0 udptl t38\n"))).expect("accepted");
    let again = session.offer(&our_fax()).expect("offered");
    assert_eq!(media_lines(&again).last().map(String::as_str), Some("image 10000 udptl t38"));
}

#[test]
fn who_offers_sound_and_fax_is_told_to_talk() {
    let both = theirs(&format!("{AUDIO}{FAX}"));
    let passed = onward(&both, &Encryption::default()).expect("audio");
    assert_eq!(passed.fax, None);
    let mut session = Session::new(7);
    session.receive_offer(both).expect("received");
    let answer = session.answer(&local(), Order::Ours).expect("answered");
    assert_eq!(media_lines(&answer), ["audio 10000 RTP/AVP 0", "image 0 udptl t38"]);
}

#[test]
fn fax_that_we_do_not_carry_is_not_passed_on() {
    for media in [
        "m=image 4006 tcp t38\n",
        "m=image 0 udptl t38\n",
        "m=image 4006 udptl x\n",
        "m=audio 4000 RTP/AVP 100\na=rtpmap:100 t38/8000\n",
    ] {
        assert_eq!(onward(&theirs(media), &Encryption::default()), None, "{media}");
    }
    assert_eq!(onward(&parse(&format!("v=0\n{FAX}")), &Encryption::default()), None, "without an address");
}

#[test]
fn a_session_refresh_in_a_fax_changes_nothing() {
    let mut session = talking(Encryption::default());
    let offer = session.offer(&our_fax()).expect("offered");
    session.accept(theirs(FAX)).expect("accepted");
    let again = session.repeat_offer().expect("offered");
    assert_eq!(again, offer);
    session.accept(theirs(FAX)).expect("accepted");
    assert!(is_fax(&session));
    // Theirs: what we are offered is what the other leg knows.
    session.receive_offer(theirs(FAX)).expect("received");
    let answer = session.answer(&our_fax(), Order::Ours).expect("answered");
    assert_eq!(media_lines(&answer), media_lines(&offer));
}

#[test]
fn a_refused_fax_leaves_the_sound_as_it_was() {
    let mut session = talking(Encryption::default());
    let held = session.negotiated().cloned();
    session.offer(&our_fax()).expect("offered");
    let kind = AnswerError::MediaKind { index: 1, offered: "image".into(), answered: "audio".into() };
    let protocol = AnswerError::Protocol { offered: "udptl".into(), answered: "tcp".into() };
    for (media, error) in [
        ("m=image 0 udptl t38\n", AnswerError::Refused),
        (AUDIO, kind),
        ("m=image 4006 tcp t38\n", protocol),
        ("m=image 4006 udptl x\n", AnswerError::Fax),
    ] {
        assert_eq!(session.accept(theirs(media)).err(), Some(error.into()), "{media}");
    }
    session.reject();
    assert_eq!(session.negotiated().cloned(), held);
    session.receive_offer(theirs(FAX)).expect("received");
    let refused = session.answer(&local(), Order::Ours).expect_err("not sound");
    assert_eq!(refused, RespondError::Refused(Refusal::NoAudio));
    session.reject();
    session.receive_offer(theirs(AUDIO)).expect("received");
    let refused = session.answer(&our_fax(), Order::Ours).expect_err("not fax");
    assert_eq!(refused, RespondError::Refused(Refusal::NoFax));
}

#[test]
fn a_hold_of_the_fax_is_said_and_both_ways_are_not() {
    let offer = theirs("m=image 4006 udptl t38\na=sendonly\n");
    let passed = onward(&offer, &Encryption::default()).expect("fax");
    assert_eq!(passed.direction, Direction::SendOnly);
    let mut session = talking(Encryption::default());
    assert!(text(&session.offer(&passed).expect("offered")).contains("a=sendonly\r\n"));
}

#[test]
fn where_everything_must_be_encrypted_there_is_no_fax() {
    let required = encrypted(Srtp::Required);
    assert_eq!(onward(&theirs(FAX), &required), None);
    assert_eq!(carriage(&theirs(FAX), &required), Carriage::PlainFax);
    for policy in [Srtp::Off, Srtp::Optional] {
        assert_eq!(carriage(&theirs(FAX), &encrypted(policy)), Carriage::Taken);
    }
    let mut session = Session::new(7);
    session.encrypt(required);
    assert_eq!(session.offer(&our_fax()), Err(OfferError::PlainFax));
    session.receive_offer(theirs(FAX)).expect("received");
    assert!(session.answer(&our_fax(), Order::Ours).is_err());
}

#[test]
fn after_a_fax_sound_is_encrypted_as_it_was_before() {
    let mut session = Session::new(7);
    session.encrypt(encrypted(Srtp::Optional));
    let offer = session.offer(&local()).expect("offered");
    let line = text(&offer).lines().find(|line| line.contains("AEAD_AES_256")).map(|line| format!("{line}\n"));
    let answer = format!("m=audio 4000 RTP/SAVP 0\n{}", line.expect("a key"));
    session.accept(theirs(&answer)).expect("accepted");
    let keys = session.negotiated().and_then(|agreed| agreed.srtp.clone()).expect("encrypted");
    session.offer(&our_fax()).expect("offered");
    assert!(session.accept(theirs(FAX)).expect("accepted").srtp.is_none());
    session.repeat_offer().expect("offered");
    session.accept(theirs(FAX)).expect("accepted");
    let back = session.offer(&local()).expect("offered");
    assert_eq!(text(&back).matches("a=crypto").count(), 1, "the suite stays: {}", text(&back));
    session.accept(theirs(&answer)).expect("accepted");
    assert_eq!(session.negotiated().and_then(|agreed| agreed.srtp.clone()), Some(keys));
}

#[test]
fn sound_that_is_offered_where_the_other_leg_has_fax_is_answered_with_all_that_we_can() {
    let mut b = Session::new(7);
    b.offer(&our_fax()).expect("offered");
    let agreed = b.accept(theirs(FAX)).expect("accepted").clone();
    let answer = relayed_answer(&theirs(AUDIO), &Encryption::default(), &agreed, &capabilities(), endpoint(10_000));
    assert!(answer.is_some_and(|answer| answer.fax.is_none() && answer.codecs.len() > 3));
}

#[test]
fn a_call_may_begin_with_fax() {
    let mut session = Session::new(7);
    session.receive_offer(theirs(FAX)).expect("received");
    session.answer(&our_fax(), Order::Ours).expect("answered");
    assert!(is_fax(&session));
    let said = session.negotiated().and_then(|agreed| agreed.fax.clone());
    assert_eq!(said.as_ref().map(T38::parameters), Some(&[Parameter::Version(0)][..]));
}
