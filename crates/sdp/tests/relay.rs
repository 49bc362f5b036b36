//! Two legs of a call that we stand between: A calls, B is called.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use support::{capabilities, endpoint, media_lines, numbers, parse, text};
use warden_sdp::description::Description;
use warden_sdp::srtp::Encryption;
use warden_sdp::{Negotiated, Order, Session, relayed_answer, relayed_offer};

/// What a call leaves behind: our offer to B, our answer to A, and what holds on each leg.
struct Call {
    to_b: Description,
    to_a: Description,
    a: Negotiated,
    b: Negotiated,
}

/// A's offer goes to B, B's answer back to A; `transcode` allows more codecs towards B than A has.
fn call(a_offers: &str, b_answers: &str, transcode: bool) -> Call {
    let head = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n";
    let (mut leg_a, mut leg_b) = (Session::new(1), Session::new(2));
    leg_a.receive_offer(parse(&format!("{head}{a_offers}"))).expect("received");
    let offered = leg_a.open_offer().expect("open").clone();
    let enabled = capabilities();
    let there = transcode.then_some(&enabled);
    let local = relayed_offer(&offered, &Encryption::default(), &enabled, endpoint(20_000), there).expect("audio");
    let to_b = leg_b.offer(&local).expect("offered");
    let b = leg_b.accept(parse(&format!("{head}{b_answers}"))).expect("accepted").clone();
    let local = relayed_answer(&offered, &Encryption::default(), &b, &capabilities(), endpoint(30_000)).expect("audio");
    let to_a = leg_a.answer(&local, Order::Ours).expect("answered");
    let a = leg_a.negotiated().expect("agreed").clone();
    Call { to_b: (*to_b).clone(), to_a: (*to_a).clone(), a, b }
}

const DIGITS: &str = "a=rtpmap:101 telephone-event/8000\n";

#[test]
fn a_codec_that_we_cannot_decode_passes_between_legs_that_both_have_it() {
    let call = call(
        &format!("m=audio 4000 RTP/AVP 18 8 101\na=fmtp:18 annexb=no\na=ptime:30\n{DIGITS}"),
        &format!("m=audio 5000 RTP/AVP 18 101\na=fmtp:18 annexb=no\n{DIGITS}"),
        false,
    );
    assert_eq!(media_lines(&call.to_b), ["audio 20000 RTP/AVP 18 8 101"]);
    assert!(text(&call.to_b).contains("a=fmtp:18 annexb=no\r\n"));
    assert!(text(&call.to_b).contains("a=ptime:30\r\n"));
    assert_eq!(media_lines(&call.to_a), ["audio 30000 RTP/AVP 18 101"]);
    assert_eq!([numbers(&call.a.send), numbers(&call.b.send)], [[18, 101], [18, 101]]);
}

#[test]
fn either_number_of_a_codec_may_come_from_a_phone_that_has_given_another() {
    let call = call(
        "m=audio 4000 RTP/AVP 111 110\na=rtpmap:111 opus/48000/2\na=rtpmap:110 telephone-event/48000\n",
        "m=audio 5000 RTP/AVP 120 121\na=rtpmap:120 opus/48000/2\na=rtpmap:121 telephone-event/48000\n",
        false,
    );
    assert_eq!([numbers(&call.a.send), numbers(&call.b.send)], [[111, 110], [120, 121]]);
    assert_eq!(numbers(&call.a.receive), [111, 110]);
    assert_eq!(numbers(&call.b.receive), [111, 110, 120, 121]);
}

#[test]
fn the_callers_order_reaches_the_called_and_the_calleds_choice_the_caller() {
    let call = call("m=audio 4000 RTP/AVP 0 9 8 3\n", "m=audio 5000 RTP/AVP 8 0\n", false);
    assert_eq!(media_lines(&call.to_b), ["audio 20000 RTP/AVP 0 9 8 101"]);
    assert_eq!(media_lines(&call.to_a), ["audio 30000 RTP/AVP 8 0"]);
    assert_eq!((call.a.codec().expect("sound").payload_type, call.b.codec().expect("sound").payload_type), (8, 8));
}

#[test]
fn legs_without_a_common_codec_are_transcoded() {
    let call = call("m=audio 4000 RTP/AVP 0\n", "m=audio 5000 RTP/AVP 8\n", true);
    assert_eq!(media_lines(&call.to_b), ["audio 20000 RTP/AVP 0 9 8 107 97 101 102"]);
    assert_eq!(media_lines(&call.to_a), ["audio 30000 RTP/AVP 0"]);
    assert_eq!((call.a.codec().expect("sound").payload_type, call.b.codec().expect("sound").payload_type), (0, 8));
}

#[test]
fn digits_are_agreed_with_a_caller_even_when_the_called_has_none() {
    let call = call(&format!("m=audio 4000 RTP/AVP 0 101\n{DIGITS}"), "m=audio 5000 RTP/AVP 0\n", false);
    assert_eq!(media_lines(&call.to_a), ["audio 30000 RTP/AVP 0 101"]);
    assert_eq!([numbers(&call.a.send), numbers(&call.b.send)], [&[0, 101][..], &[0]], "the digits end here");
}

#[test]
fn ilbc_of_different_frames_is_not_passed_on() {
    let ilbc = |mode| format!("m=audio 4000 RTP/AVP 97\na=rtpmap:97 iLBC/8000\na=fmtp:97 mode={mode}\n");
    let same = call(&ilbc(20), &ilbc(20), false);
    assert!(same.a.codec().expect("sound").codec.is_interchangeable(&same.b.codec().expect("sound").codec));
    assert_eq!(same.a.ptime_ms, 20);
    let longer = call(&ilbc(20), &ilbc(30), false);
    assert!(text(&longer.to_a).contains("a=fmtp:97 mode=30\r\n"), "A is told B's frame");
    assert!(longer.a.codec().expect("sound").codec.is_interchangeable(&longer.b.codec().expect("sound").codec));
    assert_eq!((longer.a.ptime_ms, longer.b.ptime_ms), (30, 30));
}

#[test]
fn a_hold_by_one_side_reaches_the_other() {
    let held = call("m=audio 4000 RTP/AVP 0\na=sendonly\n", "m=audio 5000 RTP/AVP 0\na=recvonly\n", false);
    assert!(text(&held.to_b).ends_with("a=sendonly\r\n"));
    assert!(text(&held.to_a).ends_with("a=recvonly\r\n"));
    let refused = call("m=audio 4000 RTP/AVP 0\n", "m=audio 5000 RTP/AVP 0\na=inactive\n", false);
    assert!(text(&refused.to_a).ends_with("a=inactive\r\n"));
    let old = call("m=audio 4000 RTP/AVP 0\nc=IN IP4 0.0.0.0\n", "m=audio 5000 RTP/AVP 0\na=recvonly\n", false);
    assert!(text(&old.to_b).ends_with("a=sendonly\r\n"));
    assert!(text(&old.to_b).contains("c=IN IP4 192.0.2.200\r\n"), "the old hold is passed on as a new one");
}

#[test]
fn an_offer_without_audio_that_we_carry_is_not_passed_on() {
    let onward = |rest: &str, transcode: bool| {
        let offer = parse(&format!("v=0\nc=IN IP4 192.0.2.1\n{rest}"));
        let enabled = capabilities();
        relayed_offer(&offer, &Encryption::default(), &enabled, endpoint(20_000), transcode.then_some(&enabled))
            .map(|local| numbers(&local.codecs))
    };
    assert_eq!(onward("m=video 4000 RTP/AVP 31\nm=audio 0 RTP/AVP 0\nm=audio 4000 RTP/SAVP 0\n", true), None);
    assert_eq!(onward("m=audio 4000 RTP/AVP 4 101\na=rtpmap:101 telephone-event/8000\n", true), None);
    let second = "m=audio 4000 RTP/AVP 4\nm=audio 4002 RTP/AVP 18 0\n";
    assert_eq!(onward(second, false), Some(vec![18, 0, 101, 102]));
}
