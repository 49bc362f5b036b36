//! A parser written by others, `sipx-sip`, reads the same from what both accept.

#![expect(clippy::disallowed_methods, reason = "the messages lie in files")]

use std::path::Path;

use bytes::Bytes;
use proptest::prelude::*;
use sipx_sip::headers::{CSeq, CallId, From, To, Via};
use sipx_sip::{HeaderName, Limits, parse_datagram};
use warden_sip::message::Message;

const INVITE: &str = include_str!("../testdata/messages/invite.sip");

/// Files of the torture tests that only our parser takes, since it leaves URIs to `Capabilities::inspect`, which
/// refuses them.
const WE_TAKE: [&str; 3] = ["badaspec", "ipv6-bad", "ltgtruri"];

/// Files of the torture tests that only the other parser takes, since it leaves the version, a second Via in a
/// response, the method in CSeq and repeated headers to later checks.
const THEY_TAKE: [&str; 5] = ["badvers", "bcast", "mismatch01", "mismatch02", "multi01"];

/// What matching to transactions and dialogs needs.
#[derive(Debug, PartialEq, Eq)]
struct Essentials {
    start: Vec<u8>,
    call_id: Vec<u8>,
    sequence: u32,
    from_tag: Vec<u8>,
    to_tag: Vec<u8>,
    branch: Vec<u8>,
    port: Option<u16>,
    header_count: usize,
    body: Vec<u8>,
}

fn ours(bytes: Bytes) -> Option<Essentials> {
    let message = Message::parse(bytes).ok()?;
    let start = match message.status() {
        Some(status) => [status.code().to_string().as_bytes(), message.reason()].concat(),
        None => [message.method_name(), message.request_uri_text()].concat(),
    };
    let via = message.via().ok()?;
    Some(Essentials {
        start,
        call_id: message.call_id().to_vec(),
        sequence: message.sequence(),
        from_tag: message.from_tag().to_vec(),
        to_tag: message.to_tag().unwrap_or_default().to_vec(),
        branch: via.params.value("branch").unwrap_or_default().to_vec(),
        port: via.sent_by.port,
        header_count: message.fields().count(),
        body: message.body().to_vec(),
    })
}

fn theirs(bytes: Bytes) -> Option<Essentials> {
    let message = parse_datagram(bytes, &Limits::datagram()).ok()?;
    let start = match &message {
        sipx_sip::Message::Request(request) => [request.method.as_bytes(), &request.uri.to_bytes()].concat(),
        sipx_sip::Message::Response(response) => {
            [response.status.code().to_string().as_bytes(), &response.reason].concat()
        }
    };
    let headers = message.headers();
    let via = headers.typed_all::<Via>().next()?.ok()?;
    let branch = via.params.iter().find(|param| param.is("branch")).and_then(|param| param.value.clone());
    let (from, to) = (headers.typed::<From>()?.ok()?, headers.typed::<To>()?.ok()?);
    headers.get(&HeaderName::CallId)?;
    Some(Essentials {
        start,
        call_id: headers.typed::<CallId>()?.ok()?.0,
        sequence: headers.typed::<CSeq>()?.ok()?.sequence,
        from_tag: from.tag().unwrap_or_default().to_vec(),
        to_tag: to.tag().unwrap_or_default().to_vec(),
        branch: branch.unwrap_or_default(),
        port: via.port,
        header_count: headers.len(),
        body: message.body().to_vec(),
    })
}

#[test]
fn both_read_the_same_from_the_torture_tests_but_for_the_differences_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/torture");
    let (mut only_ours, mut only_theirs) = (Vec::new(), Vec::new());
    for part in ["rfc4475", "rfc5118"] {
        for entry in std::fs::read_dir(folder.join(part)).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            let bytes = Bytes::from(std::fs::read(&path).expect("the file can be read"));
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            match (ours(bytes.clone()), theirs(bytes)) {
                (Some(ours), Some(theirs)) => assert_eq!(ours, theirs, "{name}"),
                (Some(_), None) => only_ours.push(name),
                (None, Some(_)) => only_theirs.push(name),
                (None, None) => {}
            }
        }
    }
    only_ours.sort();
    only_theirs.sort();
    assert_eq!(only_ours, WE_TAKE);
    assert_eq!(only_theirs, THEY_TAKE);
}

proptest! {
    #[test]
    fn both_read_the_same_from_a_message_with_other_values(
        method in "[A-Z]{3,9}",
        call_id in "[a-zA-Z0-9.@-]{1,30}",
        sequence in 0u32..1 << 31,
        tags in ("[a-z0-9.-]{1,10}", "(;tag=[A-Z0-9~]{1,10})?"),
        branch in "[a-zA-Z0-9.-]{1,30}",
        port in any::<u16>(),
        separator in ":| : |:\r\n ",
        extra in proptest::collection::vec("X-[a-z-]{1,8}: [!-~]{0,10}", 0..5),
        body in any::<Vec<u8>>(),
    ) {
        let mut text = format!(
            "{method} sip:a@example.com;lr SIP/2.0\r\nv{separator}SIP/2.0/TLS [2001:db8::1]:{port};branch=z9hG4bK{branch}\r\n\
             f{separator}\"A, B\" <sip:b@c>;tag={}\r\nTo{separator}<sip:d@e>{}\r\nI{separator}{call_id}\r\n\
             CSeq{separator}{sequence} {method}\r\nL{separator}{}\r\n", tags.0, tags.1, body.len()).into_bytes();
        text.extend(extra.iter().flat_map(|line| format!("{line}\r\n").into_bytes()));
        text.extend([b"\r\n", &body[..], b"trailing"].concat());
        let (ours, theirs) = (ours(text.clone().into()), theirs(text.into()));
        prop_assert!(ours.is_some());
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn both_read_the_same_from_a_damaged_message_that_both_take(
        at in 0..INVITE.len(),
        removed in 0..3usize,
        added in proptest::option::of(proptest::sample::select(b" \t\"\\<>;,=:@?/0x".to_vec())),
    ) {
        let mut bytes = INVITE.as_bytes().to_vec();
        bytes.splice(at..(at + removed).min(INVITE.len()), added);
        if let (Some(ours), Some(theirs)) = (ours(bytes.clone().into()), theirs(bytes.into())) {
            prop_assert_eq!(ours, theirs);
        }
    }
}
