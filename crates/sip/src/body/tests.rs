//! Bodies as gateways, emergency callers and attackers send them.

use bytes::Bytes;

use super::*;

fn message(headers: &str, body: &str) -> Message {
    let text = format!(
        "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n\
         Call-ID: 1\r\nCSeq: 1 INVITE\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    Message::parse(Bytes::from(text)).expect("parses")
}

fn found(headers: &str, body: &str) -> Result<Option<String>, BodyError> {
    let message = message(headers, body);
    message.check_body().and_then(|()| found_in_any_case(&message))
}

fn found_in_any_case(message: &Message) -> Result<Option<String>, BodyError> {
    let description = message.session_description()?;
    Ok(description.map(|text| String::from_utf8_lossy(text).into_owned()))
}

/// A body of `multipart/mixed` with the boundary `b`.
fn mixed(body: &str) -> Result<Option<String>, BodyError> {
    found("Content-Type: multipart/mixed; boundary=b\r\n", body)
}

#[expect(clippy::unnecessary_wraps, reason = "an outcome, to be compared with others")]
fn sdp() -> Result<Option<String>, BodyError> {
    Ok(Some("v=0".into()))
}

const SDP: &str = "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n";

#[test]
fn a_description_alone_is_the_body() {
    assert_eq!(found("Content-Type: application/sdp\r\n", "v=0"), sdp());
    assert_eq!(found("c: Application/SDP;charset=utf-8\r\nContent-Disposition: session\r\n", "v=0"), sdp());
    assert_eq!(found("", ""), Ok(None));
}

#[test]
fn what_must_be_understood_and_is_not_is_unsupported_and_what_need_not_be_is_ignored() {
    let alone = |headers: &str| found(headers, "x");
    assert_eq!(alone(""), Err(BodyError::Unsupported));
    assert_eq!(alone("Content-Type: text/plain\r\n"), Err(BodyError::Unsupported));
    assert_eq!(alone("c: text/plain\r\nContent-Disposition: render;handling=optional\r\n"), Ok(None));
    assert_eq!(alone("c: application/sdp\r\nContent-Disposition: early-session\r\n"), Err(BodyError::Unsupported));
    assert_eq!(alone("c: application/sdp\r\nContent-Disposition: early-session;handling=optional\r\n"), Ok(None));
    assert_eq!(alone("c: application/sdp\r\ne: gzip\r\n"), Err(BodyError::Unsupported));
    assert_eq!(alone("c: application/sdp\r\ne: identity\r\n"), Ok(Some("x".into())));
    for (head, outcome) in [
        ("Content-Type: text/plain\r\n", Err(BodyError::Unsupported)),
        ("", Err(BodyError::Unsupported)),
        ("Content-Type: text/plain\r\nContent-Disposition: x; handling=OPTIONAL\r\n", sdp()),
        ("Content-Type: text/plain\r\nContent-Disposition: by-reference\r\n", sdp()),
        ("Content-Type: application/isup;version=itu-t92+\r\n", sdp()),
        (
            "Content-Type: application/ISUP\r\nContent-Disposition: signal;handling=required\r\n",
            Err(BodyError::Unsupported),
        ),
        ("Content-Type: application/sdp\r\nContent-Transfer-Encoding: base64\r\n", Err(BodyError::Unsupported)),
    ] {
        assert_eq!(mixed(&format!("{SDP}--b\r\n{head}\r\nx\r\n--b--\r\n")), outcome, "{head}");
    }
}

#[test]
fn a_description_is_found_whatever_stands_beside_it() {
    let mixed = |body: &str| {
        let message = message("Content-Type: multipart/mixed; boundary=b\r\n", body);
        (found_in_any_case(&message), message.check_body())
    };
    let unknown = "--b\r\nContent-Type: application/x-new\r\n\r\nx\r\n";
    let unreadable = "--b\r\nno header\r\n\r\nx\r\n";
    let unbounded = "--b\r\nContent-Type: multipart/mixed\r\n\r\nx\r\n";
    for (beside, error) in
        [(unknown, BodyError::Unsupported), (unreadable, BodyError::Part), (unbounded, BodyError::Boundary)]
    {
        assert_eq!(mixed(&format!("{SDP}{beside}--b--\r\n")), (sdp(), Err(error)), "{beside}");
        assert_eq!(mixed(&format!("{beside}{SDP}--b--\r\n")), (sdp(), Err(error)), "{beside}");
        assert_eq!(mixed(&format!("{beside}--b--\r\n")), (Err(error), Err(error)), "{beside}");
    }
    let choice = SDP.replace("--b", "--c") + "--c\r\nContent-Type: application/sdp\r\n\r\nv=1\r\n--c--\r\n";
    let choice = format!("--b\r\nContent-Type: multipart/alternative;boundary=c\r\n\r\n{choice}");
    assert_eq!(mixed(&format!("{unknown}{choice}{SDP}--b--\r\n")).0, Ok(Some("v=1".into())));
    let (last, beyond) = (unknown.repeat(MAX_PARTS - 1), unknown.repeat(MAX_PARTS));
    assert_eq!(mixed(&format!("{last}{SDP}--b--")).0, sdp());
    assert_eq!(mixed(&format!("{beyond}{SDP}--b--")).0, Err(BodyError::Unsupported));
    let encoded = message("c: application/sdp\r\ne: gzip\r\n", "x");
    assert_eq!(found_in_any_case(&encoded), Err(BodyError::Unsupported));
}

#[test]
fn a_call_for_help_brings_its_location() {
    let location = "--b\r\nContent-Type: application/pidf+xml\r\nContent-ID: <a@b>\r\n\r\n<presence/>\r\n";
    assert_eq!(mixed(&format!("{SDP}{location}--b--\r\n")), sdp());
    assert_eq!(mixed(&format!("{location}{SDP}--b--\r\n")), sdp());
    assert_eq!(mixed(&format!("{location}--b--\r\n")), Ok(None), "an INVITE without an offer may say where it is from");
}

#[test]
fn the_best_of_alternatives_is_taken_and_the_others_do_not_matter() {
    let head = "Content-Type: multipart/alternative;boundary=\"b\"\r\n";
    let other = "--b\r\nContent-Type: application/x-new\r\n\r\nx\r\n";
    let better = "--b\r\nContent-Type: application/sdp\r\n\r\nv=1\r\n";
    assert_eq!(found(head, &format!("{SDP}{other}--b--")), sdp());
    assert_eq!(found(head, &format!("{SDP}{better}--b--")), Ok(Some("v=1".into())));
    assert_eq!(found(head, &format!("{other}--b--")), Err(BodyError::Unsupported));
    let inner = format!(
        "--outer\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n{other}{SDP}--b--\r\n\
         --outer\r\nContent-Type: application/pidf+xml\r\n\r\n<presence/>\r\n--outer--\r\n"
    );
    assert_eq!(found("Content-Type: multipart/mixed;boundary=outer\r\n", &inner), sdp());
}

#[test]
fn sloppy_senders_are_understood() {
    assert_eq!(mixed("preamble\r\n--b \t\r\nc: application/sdp\r\n\r\nv=0\r\n--b--\r\nepilogue"), sdp());
    assert_eq!(mixed("--b\nContent-Type:application/sdp\n\nv=0\n--b--\n"), sdp(), "line feeds only");
    assert_eq!(mixed(SDP.trim_end()), sdp(), "the end is missing");
    assert_eq!(mixed("--b\r\nContent-Type:\r\n application/sdp\r\n\r\nv=0\r\n--b--"), sdp(), "a folded line");
    assert_eq!(mixed(SDP.trim_end().replace("--b", "--bb\r\n--b").as_str()), sdp(), "a longer boundary is another one");
    assert_eq!(found("c: multipart/related;boundary=b\r\n", SDP.trim_end()), sdp());
    assert_eq!(
        found("c: multipart/mixed;boundary=\"a b\"\r\n", SDP.trim_end().replace("--b", "--a b").as_str()),
        sdp()
    );
    assert_eq!(mixed(&format!("{SDP}--b\r\nContent-Type: application/isup\r\n--b--")), sdp(), "a part without content");
}

#[test]
fn a_body_without_sound_boundaries_is_malformed() {
    for head in ["", ";boundary", ";boundary=", ";boundary=\"\"", ";boundary=\"b", ";boundary=\"b \"", ";boundary=b c"]
    {
        let headers = format!("Content-Type: multipart/mixed{head}\r\n");
        assert_eq!(found(&headers, SDP), Err(BodyError::Boundary), "{head}");
    }
    let long = |length| {
        let boundary = "x".repeat(length);
        found(
            &format!("c: multipart/mixed;boundary={boundary}\r\n"),
            SDP.trim_end().replace("--b", &format!("--{boundary}")).as_str(),
        )
    };
    assert_eq!((long(70), long(71)), (sdp(), Err(BodyError::Boundary)));
    assert_eq!(mixed("v=0\r\n"), Err(BodyError::Part), "the boundary does not stand in the body");
    assert_eq!(mixed("--b\r\nno header\r\n\r\nv=0\r\n--b--"), Err(BodyError::Part));
    assert_eq!(mixed("--b\r\nContent-Type: a\rb\r\n\r\nv=0\r\n--b--"), Err(BodyError::Part));
}

#[test]
fn parts_are_bounded_in_number_and_depth() {
    let extra = "--b\r\nContent-Type: application/isup\r\n\r\nx\r\n";
    assert_eq!(mixed(&format!("{SDP}{}", extra.repeat(MAX_PARTS - 1))), sdp());
    assert_eq!(mixed(&format!("{SDP}{}", extra.repeat(MAX_PARTS))), Err(BodyError::TooMany));
    let nested = |depth: usize| {
        let opened = (1..depth)
            .map(|level| format!("--b{level}\r\nContent-Type: multipart/mixed;boundary=b{}\r\n\r\n", level + 1));
        let body = opened.collect::<String>() + SDP.trim_end().replace("--b", &format!("--b{depth}")).as_str();
        found("Content-Type: multipart/mixed;boundary=b1\r\n", &body)
    };
    assert_eq!((nested(1), nested(2), nested(3)), (sdp(), sdp(), Err(BodyError::TooDeep)));
    assert_eq!(nested(500), Err(BodyError::TooDeep));
}

#[test]
fn a_whole_call_for_help_as_it_comes_is_read() {
    let bytes = Bytes::from_static(include_bytes!("../../testdata/messages/multipart.sip"));
    let message = Message::parse(bytes).expect("parses");
    let description = message.session_description().expect("sound").expect("there");
    assert!(description.starts_with(b"v=0\r\n") && description.ends_with(b"m=audio 4000 RTP/AVP 0"));
}
