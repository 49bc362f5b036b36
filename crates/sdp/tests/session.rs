//! Whose turn it is, and what survives an offer that fails.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use support::{audio, local, local_with, media_lines, numbers, parse, with_codecs};
use warden_sdp::description::Description;
use warden_sdp::{
    AcceptError, AnswerError, Change, Direction, LocalMedia, OfferError, Order, Refusal, RespondError, Session, Side,
    State,
};

fn theirs(version: u64, rest: &str) -> Description {
    parse(&format!(
        "v=0\no=- 5 {version} IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 8 101\n\
        a=rtpmap:101 telephone-event/8000\n{rest}"
    ))
}

fn agreed() -> Session {
    let mut session = Session::new(7);
    session.offer(&local()).expect("offered");
    session.accept(theirs(1, "")).expect("accepted");
    session
}

fn version(description: &Description) -> u64 {
    description.origin().and_then(|origin| origin.version()).expect("a version")
}

#[test]
fn only_one_offer_is_open_at_a_time() {
    let mut session = Session::new(7);
    assert_eq!(session.state(), State::Stable);
    session.offer(&local()).expect("offered");
    assert_eq!(session.state(), State::WeOffered);
    assert_eq!(session.offer(&local()), Err(OfferError::Open { by: Side::Us }));
    assert_eq!(session.receive_offer(theirs(1, "")), Err(OfferError::Open { by: Side::Us }));
    session.reject();
    session.receive_offer(theirs(1, "")).expect("received");
    assert_eq!(session.state(), State::TheyOffered);
    assert_eq!(session.offer(&local()), Err(OfferError::Open { by: Side::Them }));
    assert_eq!(session.accept(theirs(1, "")), Err(AcceptError::NothingOffered));
}

#[test]
fn an_answer_to_nothing_is_an_error() {
    let mut session = Session::new(7);
    assert_eq!(session.accept(theirs(1, "")), Err(AcceptError::NothingOffered));
    assert_eq!(session.answer(&local(), Order::Ours), Err(RespondError::NothingOffered));
    session.receive_offer(theirs(1, "")).expect("received");
    session.answer(&local(), Order::Ours).expect("answered");
    assert_eq!(session.accept(theirs(1, "")), Err(AcceptError::NothingOffered));
}

#[test]
fn a_rejected_offer_leaves_what_held_before() {
    let mut session = agreed();
    let before = (session.local().cloned(), session.remote().cloned(), session.negotiated().cloned());
    session.offer(&LocalMedia { direction: Direction::SendOnly, ..local() }).expect("offered");
    session.reject();
    session.receive_offer(theirs(2, "a=sendonly\n")).expect("received");
    session.reject();
    assert_eq!(session.state(), State::Stable);
    assert_eq!((session.local().cloned(), session.remote().cloned(), session.negotiated().cloned()), before);
}

#[test]
fn an_answer_that_does_not_fit_leaves_the_offer_open() {
    let mut session = Session::new(7);
    session.offer(&local()).expect("offered");
    let wrong = parse("v=0\nc=IN IP4 192.0.2.1\nm=audio 0 RTP/AVP 8\n");
    assert_eq!(session.accept(wrong), Err(AcceptError::Answer(AnswerError::Refused)));
    assert_eq!((session.state(), session.negotiated()), (State::WeOffered, None));
    assert!(session.accept(theirs(1, "")).is_ok());
}

#[test]
fn an_offer_that_cannot_be_taken_stays_open_until_rejected() {
    let mut session = Session::new(7);
    session.receive_offer(theirs(1, "")).expect("received");
    let refusal = session.answer(&local_with(&[(0, "PCMU/8000")]), Order::Ours).expect_err("refused");
    let offered = "PCMA, telephone-event".into();
    assert_eq!(refusal, RespondError::Refused(Refusal::NoCommonCodec { offered }));
    assert_eq!(session.state(), State::TheyOffered);
    assert!(session.answer(&local(), Order::Ours).is_ok());
}

#[test]
fn a_later_answer_to_the_same_offer_replaces_the_first() {
    let mut session = agreed();
    let moved = theirs(1, "c=IN IP4 192.0.2.99\n");
    let agreed = session.accept(moved).expect("accepted");
    assert_eq!(agreed.remote_rtp, Some(([192, 0, 2, 99], 4000).into()));
}

#[test]
fn the_version_rises_by_one_with_each_change_and_only_then() {
    let mut session = agreed();
    assert_eq!(session.local().map(version), Some(1));
    let on_hold = LocalMedia { direction: Direction::SendOnly, ..local() };
    let hold = session.offer(&on_hold).expect("offered");
    session.accept(theirs(2, "a=recvonly\n")).expect("accepted");
    let refresh = session.offer(&on_hold).expect("offered");
    assert_eq!(refresh, hold, "a refresh repeats the description");
    session.reject();
    let resume = session.offer(&local()).expect("offered");
    assert_eq!((version(&hold), version(&resume)), (2, 3));
    session.reject();
    session.receive_offer(theirs(3, "")).expect("received");
    let answer = session.answer(&local_with(&[(8, "PCMA/8000")]), Order::Ours).expect("answered");
    assert_eq!(version(&answer), 4, "also after an offer that was rejected");
}

#[test]
fn hold_and_resume_by_us_turn_the_direction() {
    let mut session = agreed();
    let hold = session.offer(&LocalMedia { direction: Direction::SendOnly, ..local() }).expect("offered");
    assert_eq!(audio(&hold).direction(), Direction::SendOnly);
    let agreed = session.accept(theirs(2, "a=recvonly\n")).expect("accepted");
    assert_eq!(agreed.direction, Direction::SendOnly);
    session.offer(&local()).expect("offered");
    assert_eq!(session.accept(theirs(3, "")).map(|agreed| agreed.direction), Ok(Direction::SendRecv));
}

#[test]
fn an_answer_that_ignores_our_hold_does_not_undo_it() {
    let mut session = agreed();
    session.offer(&LocalMedia { direction: Direction::SendOnly, ..local() }).expect("offered");
    let held = session.accept(theirs(2, "a=sendrecv\n")).expect("accepted");
    assert_eq!(held.direction, Direction::SendOnly);
}

#[test]
fn a_new_offer_is_compared_with_the_one_that_holds() {
    let mut session = agreed();
    let mut change = |offer| {
        let change = session.receive_offer(offer).expect("received");
        session.reject();
        change
    };
    assert_eq!(change(theirs(1, "")), Change::Unchanged);
    assert_eq!(change(theirs(2, "")), Change::Unchanged, "only the version rose");
    assert_eq!(change(theirs(2, "a=sendonly\n")), Change::Changed { is_announced: true });
    assert_eq!(change(theirs(1, "a=sendonly\n")), Change::Changed { is_announced: false });
}

#[test]
fn a_codec_keeps_its_number_and_a_new_one_gets_a_free_one() {
    let mut session = Session::new(7);
    session.offer(&local_with(&[(96, "opus/48000/2"), (8, "PCMA/8000")])).expect("offered");
    session.accept(theirs(1, "")).expect("accepted");
    let offer =
        session.offer(&local_with(&[(96, "speex/16000"), (97, "opus/48000/2"), (8, "PCMA/8000")])).expect("offered");
    assert_eq!(media_lines(&offer), ["audio 10000 RTP/AVP 98 96 8"]);
}

#[test]
fn an_offer_in_their_session_uses_their_numbers() {
    let mut session = Session::new(7);
    let offer = "v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVPF 120 121\na=rtpmap:120 opus/48000/2\n\
        a=rtpmap:121 telephone-event/48000\n";
    session.receive_offer(parse(offer)).expect("received");
    session.answer(&local(), Order::Ours).expect("answered");
    let offer = session.offer(&local()).expect("offered");
    assert_eq!(media_lines(&offer), ["audio 10000 RTP/AVPF 9 8 0 120 97 101 121"]);
}

#[test]
fn a_changed_number_in_their_new_offer_is_answered_with_the_new_one() {
    let mut session = agreed();
    let offer = "v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 8 96\na=rtpmap:96 telephone-event/8000\n";
    session.receive_offer(parse(offer)).expect("received");
    let answer = session.answer(&local(), Order::Ours).expect("answered");
    assert_eq!(media_lines(&answer), ["audio 10000 RTP/AVP 8 96"]);
    assert_eq!(session.negotiated().map(|agreed| numbers(&agreed.receive)), Some(vec![8, 96]));
}

#[test]
fn nothing_to_offer_is_an_error() {
    let mut session = Session::new(7);
    assert_eq!(session.offer(&with_codecs(1, Vec::new())), Err(OfferError::NoCodec));
    let digits = local_with(&[(101, "telephone-event/8000")]);
    assert_eq!(session.offer(&digits), Err(OfferError::NoCodec));
    assert_eq!(session.state(), State::Stable);
}
