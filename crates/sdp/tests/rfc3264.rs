//! The examples and rules of RFC 3264, with a side that takes one audio stream.

mod support;

use support::{STAMP, audio, local, local_with, media_lines, parse, payload_type, text};
use warden_sdp::{AnswerError, Direction, LocalMedia, Order, answer, offer, read_answer};

/// §10.1.
const ALICE: &str = "v=0\n\
    o=alice 2890844526 2890844526 IN IP4 host.anywhere.com\n\
    s=\n\
    c=IN IP4 host.anywhere.com\n\
    t=0 0\n\
    m=audio 49170 RTP/AVP 0\n\
    a=rtpmap:0 PCMU/8000\n\
    m=video 51372 RTP/AVP 31\n\
    a=rtpmap:31 H261/90000\n\
    m=video 53000 RTP/AVP 32\n\
    a=rtpmap:32 MPV/90000\n";

#[test]
fn media_other_than_audio_is_refused_in_its_place() {
    let answer = answer(&parse(ALICE), &local(), Order::Ours, STAMP).expect("answered");
    let expected = "v=0\r\n\
        o=- 7 1 IN IP4 192.0.2.200\r\n\
        s=-\r\n\
        c=IN IP4 192.0.2.200\r\n\
        t=0 0\r\n\
        m=audio 10000 RTP/AVP 0\r\n\
        a=rtpmap:0 PCMU/8000\r\n\
        a=ptime:20\r\n\
        a=sendrecv\r\n\
        m=video 0 RTP/AVP 31\r\n\
        m=video 0 RTP/AVP 32\r\n";
    assert_eq!(text(&answer.description), expected);
    assert_eq!(answer.negotiated.remote_rtp, None, "a host name is not looked up here");
}

/// §10.2: one of several codecs, first with all in common.
#[test]
fn the_answer_lists_the_common_codecs_in_the_order_asked_for() {
    let offer = parse(
        "v=0\no=alice 2890844526 2890844526 IN IP4 192.0.2.1\ns=\nc=IN IP4 192.0.2.1\nt=0 0\n\
        m=audio 62986 RTP/AVP 0 4 18\na=rtpmap:0 PCMU/8000\na=rtpmap:4 G723/8000\na=rtpmap:18 G729/8000\n\
        a=inactive\n",
    );
    let bob = local_with(&[(4, "G723/8000"), (0, "PCMU/8000")]);
    let lines = |order| media_lines(&answer(&offer, &bob, order, STAMP).expect("answered").description);
    assert_eq!(lines(Order::Ours), ["audio 10000 RTP/AVP 4 0"]);
    assert_eq!(lines(Order::Theirs), ["audio 10000 RTP/AVP 0 4"]);
    let answer = answer(&offer, &bob, Order::Ours, STAMP).expect("answered");
    assert_eq!(answer.negotiated.direction, Direction::Inactive);
}

/// §6.1.
#[test]
fn each_direction_offered_gets_its_counterpart() {
    let answered = |offered: &str, allowed| {
        let offer = format!("v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\na={offered}\n");
        let local = LocalMedia { direction: allowed, ..local() };
        let answer = answer(&parse(&offer), &local, Order::Ours, STAMP).expect("answered");
        assert_eq!(audio(&answer.description).direction(), answer.negotiated.direction);
        answer.negotiated.direction
    };
    let both = Direction::SendRecv;
    assert_eq!(answered("sendrecv", both), both);
    assert_eq!(answered("sendonly", both), Direction::RecvOnly);
    assert_eq!(answered("recvonly", both), Direction::SendOnly);
    assert_eq!(answered("inactive", both), Direction::Inactive);
    assert_eq!(answered("sendrecv", Direction::SendOnly), Direction::SendOnly);
    assert_eq!(answered("sendonly", Direction::SendOnly), Direction::Inactive);
}

fn answered_by(lines: &str) -> Result<warden_sdp::Negotiated, AnswerError> {
    let offer = offer(&local_with(&[(8, "PCMA/8000"), (97, "iLBC/8000"), (101, "telephone-event/8000")]), STAMP);
    read_answer(&offer, &parse(&format!("v=0\nc=IN IP4 192.0.2.1\n{lines}")))
}

#[test]
fn an_answer_has_as_many_media_lines_as_the_offer() {
    let one = "m=audio 4000 RTP/AVP 8\n";
    let count = |answered| Err(AnswerError::MediaCount { offered: 1, answered });
    assert_eq!(answered_by(""), count(0));
    assert_eq!(answered_by(&one.repeat(2)), count(2));
    assert!(answered_by(one).is_ok());
}

#[test]
fn an_answer_without_any_codec_that_was_offered_is_an_error_that_names_it() {
    let error = answered_by("m=audio 4000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\n").expect_err("an error");
    assert_eq!(error, AnswerError::NotOffered { answered: "PCMU, telephone-event".into() });
    assert_eq!(error.to_string(), "PCMU, telephone-event was not offered, and nothing else is answered");
    assert!(answered_by("m=audio 4000 RTP/AVP 96\n").is_err(), "a number that nothing explains");
}

/// §6.1: "the stream MAY indicate additional media formats".
#[test]
fn codecs_that_were_not_offered_are_ignored_beside_one_that_was() {
    let agreed = answered_by("m=audio 4000 RTP/AVP 0 8 9\n").expect("agreed");
    assert_eq!((payload_type(&agreed), agreed.send.len(), agreed.receive.len()), (8, 1, 1));
}

#[test]
fn an_answer_of_another_kind_transport_or_none_is_an_error() {
    assert_eq!(answered_by("m=audio 0 RTP/AVP 8\n"), Err(AnswerError::Refused));
    let kind = AnswerError::MediaKind { index: 1, offered: "audio".into(), answered: "video".into() };
    assert_eq!(answered_by("m=video 4000 RTP/AVP 31\n"), Err(kind));
    let protocol = AnswerError::Protocol { offered: "RTP/AVP".into(), answered: "RTP/SAVP".into() };
    assert_eq!(answered_by("m=audio 4000 RTP/SAVP 8\n"), Err(protocol));
}

/// §5.1: each side says which numbers it wants to see.
#[test]
fn packets_are_sent_with_their_number_and_received_with_ours() {
    let agreed = answered_by("m=audio 4000 RTP/AVP 99 96\na=rtpmap:99 iLBC/8000\na=rtpmap:96 telephone-event/8000\n")
        .expect("agreed");
    assert_eq!(payload_type(&agreed), 99);
    assert_eq!(agreed.dtmf.map(|dtmf| dtmf.payload_type), Some(96));
    let name = |number| agreed.received(number).map(|codec| codec.encoding.name().to_owned());
    assert_eq!([name(97), name(101)], [Some("iLBC".into()), Some("telephone-event".into())]);
    assert_eq!([name(99), name(96)], [Some("iLBC".into()), Some("telephone-event".into())], "theirs are clear too");
    assert_eq!(name(8), None);
}

#[test]
fn a_number_of_theirs_that_means_something_else_to_us_keeps_our_meaning() {
    let agreed = answered_by("m=audio 4000 RTP/AVP 97 101\na=rtpmap:97 telephone-event/8000\na=rtpmap:101 iLBC/8000\n")
        .expect("agreed");
    assert_eq!((payload_type(&agreed), agreed.dtmf.map(|dtmf| dtmf.payload_type)), (101, Some(97)));
    let name = |number| agreed.received(number).map(|codec| codec.encoding.name());
    assert_eq!([name(97), name(101)], [Some("iLBC"), Some("telephone-event")]);
}

#[test]
fn rtcp_shares_the_port_only_when_both_say_so() {
    let ours = |rtcp_mux| {
        let mut local = local();
        local.endpoint.rtcp_mux = rtcp_mux;
        local
    };
    let parse_with = |line: &str| parse(&format!("v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 8\n{line}"));
    for (we_can, line, agreed) in
        [(true, "a=rtcp-mux\n", true), (false, "a=rtcp-mux\n", false), (true, "", false), (false, "", false)]
    {
        let theirs = parse_with(line);
        let taken = answer(&theirs, &ours(we_can), Order::Ours, STAMP).expect("answered");
        assert_eq!((taken.negotiated.rtcp_mux, audio(&taken.description).rtcp_mux()), (agreed, agreed));
        let offered = read_answer(&offer(&ours(we_can), STAMP), &theirs).expect("agreed");
        assert_eq!(offered.rtcp_mux, agreed);
        let port = if agreed { 4000 } else { 4001 };
        assert_eq!(offered.remote_rtcp, Some(([192, 0, 2, 1], port).into()));
    }
}

#[test]
fn a_port_for_rtcp_that_is_not_the_next_is_named() {
    let mut local = local();
    local.endpoint.rtcp_port = 12_345;
    assert_eq!(audio(&offer(&local, STAMP)).rtcp(), Some((12_345, None)));
    local.endpoint.rtcp_port = 10_001;
    assert_eq!(audio(&offer(&local, STAMP)).rtcp(), None);
}
