//! The audio of the examples of RFC 4317, each played through a session in the part of Alice or Bob.

mod support;

use support::{local_with, media_lines, numbers, parse, payload_type};
use warden_sdp::description::Description;
use warden_sdp::{Change, Direction, LocalMedia, Order, Session};

const PCMU: (u8, &str) = (0, "PCMU/8000");
const PCMA: (u8, &str) = (8, "PCMA/8000");
const ILBC: (u8, &str) = (97, "iLBC/8000");
const DIGITS: (u8, &str) = (101, "telephone-event/8000");

fn by(who: &str, id: u64, version: u64, rest: &str) -> Description {
    let host = if who == "alice" { "192.0.2.1" } else { "198.51.100.1" };
    parse(&format!("v=0\no={who} {id} {version} IN IP4 {host}\ns= \nc=IN IP4 {host}\nt=0 0\n{rest}"))
}

fn alice(version: u64, rest: &str) -> Description {
    by("alice", 2_890_844_526, 2_890_844_526 + version, rest)
}

fn bob(version: u64, rest: &str) -> Description {
    by("bob", 2_808_844_564, 2_808_844_564 + version, rest)
}

fn at(port: u16, codecs: &[(u8, &str)]) -> LocalMedia {
    let mut local = local_with(codecs);
    local.endpoint.rtp_port = port;
    local.endpoint.rtcp_port = port + 1;
    local
}

fn version(description: &Description) -> Option<u64> {
    description.origin().and_then(|origin| origin.version())
}

const THREE_CODECS_AND_VIDEO: &str = "m=audio 49170 RTP/AVP 0 8 97\na=rtpmap:0 PCMU/8000\na=rtpmap:8 PCMA/8000\n\
    a=rtpmap:97 iLBC/8000\nm=video 51372 RTP/AVP 31 32\na=rtpmap:31 H261/90000\na=rtpmap:32 MPV/90000\n";

#[test]
fn section_2_1_bob_takes_one_of_three_codecs() {
    let mut session = Session::new(1);
    assert_eq!(session.receive_offer(alice(0, THREE_CODECS_AND_VIDEO)), Ok(Change::First));
    let answer = session.answer(&at(49_174, &[PCMU]), Order::Ours).expect("answered");
    assert_eq!(media_lines(&answer), ["audio 49174 RTP/AVP 0", "video 0 RTP/AVP 31 32"]);
}

#[test]
fn section_2_2_alice_narrows_to_one_codec_and_the_declined_video_stays() {
    let mut session = Session::new(1);
    assert_eq!(session.receive_offer(alice(0, THREE_CODECS_AND_VIDEO)), Ok(Change::First));
    let first = session.answer(&at(49_172, &[PCMU, PCMA]), Order::Ours).expect("answered");
    assert_eq!(media_lines(&first), ["audio 49172 RTP/AVP 0 8", "video 0 RTP/AVP 31 32"]);
    let second = "m=audio 51372 RTP/AVP 0\na=rtpmap:0 PCMU/8000\nm=video 0 RTP/AVP 31\na=rtpmap:31 H261/90000\n";
    assert_eq!(session.receive_offer(alice(1, second)), Ok(Change::Changed { is_announced: true }));
    let second = session.answer(&at(49_172, &[PCMU, PCMA]), Order::Ours).expect("answered");
    assert_eq!(media_lines(&second), ["audio 49172 RTP/AVP 0", "video 0 RTP/AVP 31"]);
    assert_eq!((version(&first), version(&second)), (Some(1), Some(2)));
    assert_eq!(session.negotiated().map(|agreed| agreed.remote_rtp), Some(Some(([192, 0, 2, 1], 51_372).into())));
}

#[test]
fn section_2_3_bob_may_answer_with_another_number_for_the_same_codec() {
    let mut session = Session::new(1);
    let offer = session.offer(&at(49_170, &[PCMU, PCMA, ILBC])).expect("offered");
    assert_eq!(media_lines(&offer), ["audio 49170 RTP/AVP 0 8 97"]);
    let agreed = session.accept(bob(0, "m=audio 49172 RTP/AVP 99\na=rtpmap:99 iLBC/8000\n")).expect("accepted");
    assert_eq!((payload_type(agreed), numbers(&agreed.receive)), (99, vec![97, 99]));
    let again = session.offer(&at(49_170, &[PCMU, PCMA, ILBC])).expect("offered");
    assert_eq!(media_lines(&again), ["audio 49170 RTP/AVP 0 8 97"], "a number stays bound to its codec");
}

#[test]
fn section_2_4_the_second_audio_stream_is_refused() {
    let offer = "m=audio 49170 RTP/AVP 0 97\na=rtpmap:0 PCMU/8000\na=rtpmap:97 iLBC/8000\n\
        m=audio 49172 RTP/AVP 98\na=rtpmap:98 telephone-event/8000\na=sendonly\n";
    let mut session = Session::new(1);
    assert_eq!(session.receive_offer(alice(0, offer)), Ok(Change::First));
    let answer = session.answer(&at(49_172, &[ILBC, DIGITS]), Order::Ours).expect("answered");
    assert_eq!(media_lines(&answer), ["audio 49172 RTP/AVP 97", "audio 0 RTP/AVP 98"]);
}

#[test]
fn section_2_5_an_answer_that_did_not_change_keeps_its_version() {
    let mut session = Session::new(1);
    session.offer(&at(49_170, &[ILBC])).expect("offered");
    session.accept(bob(0, "m=audio 49174 RTP/AVP 97\na=rtpmap:97 iLBC/8000\n")).expect("accepted");
    let before = session.local().cloned().expect("ours");
    let moved = "c=IN IP4 198.51.100.2\nm=audio 49178 RTP/AVP 97\na=rtpmap:97 iLBC/8000\n";
    assert_eq!(session.receive_offer(bob(1, moved)), Ok(Change::Changed { is_announced: true }));
    let again = session.answer(&at(49_170, &[ILBC]), Order::Ours).expect("answered");
    assert_eq!((&*again, version(&again)), (&before, Some(1)));
}

#[test]
fn section_2_6_bob_declines_the_first_stream_and_takes_the_second() {
    let offer = "m=audio 49170 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n\
        m=audio 51372 RTP/AVP 97 101\na=rtpmap:97 iLBC/8000\na=rtpmap:101 telephone-event/8000\n";
    let mut session = Session::new(1);
    assert_eq!(session.receive_offer(alice(0, offer)), Ok(Change::First));
    let answer = session.answer(&at(49_170, &[ILBC, DIGITS]), Order::Ours).expect("answered");
    assert_eq!(media_lines(&answer), ["audio 0 RTP/AVP 0", "audio 49170 RTP/AVP 97 101"]);
    let agreed = session.negotiated().expect("agreed");
    assert_eq!((payload_type(agreed), agreed.dtmf.map(|dtmf| dtmf.payload_type)), (97, Some(101)));
    let held = LocalMedia { direction: Direction::SendOnly, ..at(49_170, &[ILBC, DIGITS]) };
    let again = session.offer(&held).expect("offered");
    assert_eq!(media_lines(&again), ["audio 0 RTP/AVP 0", "audio 49170 RTP/AVP 97 101"], "the order stays");
}

#[test]
fn section_3_1_bob_answers_on_hold_and_resumes() {
    let mut session = Session::new(1);
    session.offer(&at(49_170, &[PCMU, ILBC])).expect("offered");
    let held = "m=audio 49172 RTP/AVP 97\na=rtpmap:97 iLBC/8000\na=sendonly\n";
    let agreed = session.accept(bob(0, held)).expect("accepted");
    assert_eq!(agreed.direction, Direction::RecvOnly);
    let resumed = "m=audio 49170 RTP/AVP 97\na=rtpmap:97 iLBC/8000\n";
    assert_eq!(session.receive_offer(bob(1, resumed)), Ok(Change::Changed { is_announced: true }));
    let answer = session.answer(&at(49_178, &[PCMU, ILBC]), Order::Ours).expect("answered");
    assert_eq!(media_lines(&answer), ["audio 49178 RTP/AVP 97"]);
    assert_eq!(version(&answer), Some(2));
    assert_eq!(session.negotiated().map(|agreed| agreed.direction), Some(Direction::SendRecv));
}

#[test]
fn section_4_2_video_that_is_added_later_is_refused() {
    let mut session = Session::new(1);
    let audio = "m=audio 49170 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n";
    assert_eq!(session.receive_offer(alice(0, audio)), Ok(Change::First));
    session.answer(&at(49_172, &[PCMU]), Order::Ours).expect("answered");
    let with_video = format!("{audio}m=video 49172 RTP/AVP 31\na=rtpmap:31 H261/90000\n");
    assert_eq!(session.receive_offer(alice(1, &with_video)), Ok(Change::Changed { is_announced: true }));
    let answer = session.answer(&at(49_172, &[PCMU]), Order::Ours).expect("answered");
    assert_eq!(media_lines(&answer), ["audio 49172 RTP/AVP 0", "video 0 RTP/AVP 31"]);
    let ours = session.offer(&at(49_172, &[PCMU])).expect("offered");
    assert_eq!(*ours, *answer, "nothing changed, so it is the same description");
}
