//! Whole messages: every header is found however it is written, and nothing from outside breaks the parser.

use bytes::Bytes;
use proptest::prelude::*;
use warden_sip::framer::{Frame, FramingError, StreamFramer};
use warden_sip::header::{HeaderName, NameAddr, contacts};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::print::Print;
use warden_sip::uas::Capabilities;

const VALID: [&[u8]; 7] = [
    include_bytes!("../testdata/messages/invite.sip"),
    include_bytes!("../testdata/torture/rfc4475/wsinv.dat"),
    include_bytes!("../testdata/torture/rfc4475/intmeth.dat"),
    include_bytes!("../testdata/torture/rfc4475/semiuri.dat"),
    include_bytes!("../testdata/torture/rfc4475/unreason.dat"),
    include_bytes!("../testdata/torture/rfc5118/ipv4-mapped-ipv6"),
    include_bytes!("../testdata/messages/multipart.sip"),
];

const OURS: Capabilities =
    Capabilities { methods: &[Method::Invite, Method::Register, Method::Options], options: &["timer"] };

/// Headers that every message has.
const REQUIRED: [(&str, &str); 5] = [
    ("v", "SIP/2.0/TCP host;branch=z9hG4bK1"),
    ("From", "<sip:a@b>;tag=1"),
    ("t", "<sip:c@d>"),
    ("Call-ID", "x@y"),
    ("CSeq", "7 OPTIONS"),
];

/// Names that mean nothing for framing and matching, in long, compact and unknown spellings, in any case.
fn name() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(vec!["Subject", "s", "Contact", "M", "Supported", "k", "Allow", "eVENT", "o"]);
    prop_oneof![known.prop_map(str::to_owned), "X-[A-Za-z0-9.!%*_+`'~-]{1,20}"]
}

/// A value, possibly folded, without white space at its ends.
fn value() -> impl Strategy<Value = String> {
    "[!-~é]{1,10}(( |\t|\r\n |\n\t)[!-~é]{1,10}){0,3}|"
}

fn headers() -> impl Strategy<Value = Vec<(String, String, String)>> {
    proptest::collection::vec((name(), ":| : |:\t|\t:\r\n ", value()), 0..20)
}

fn message_text(headers: &[(String, String, String)], body: &[u8]) -> Vec<u8> {
    let mut text = b"OPTIONS sip:a@b SIP/2.0\r\n".to_vec();
    for (name, value) in REQUIRED {
        text.extend(format!("{name}: {value}\r\n").bytes());
    }
    for (name, separator, value) in headers {
        text.extend(format!("{name}{separator}{value}\r\n").bytes());
    }
    text.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
    text.extend(body);
    text
}

/// What must hold for every message that was accepted.
fn check_invariants(message: &Message) -> Result<(), TestCaseError> {
    let bytes = message.bytes().clone();
    prop_assert!(message.via().is_ok() && message.from().is_ok() && message.to().is_ok());
    prop_assert!(!message.call_id().is_empty() && !message.sent_by().is_empty());
    let mut at = bytes.as_ptr() as usize;
    for (_, spelling, value) in message.fields() {
        let (name_at, value_at) = (spelling.as_ptr() as usize, value.as_ptr() as usize);
        prop_assert!(at <= name_at && (value.is_empty() || name_at + spelling.len() < value_at));
        at = name_at;
    }
    prop_assert!(message.body_bytes() == message.body());
    let refused = OURS.inspect(message).err();
    prop_assert!(refused.is_none_or(|refusal| refusal.status.code() >= 400));
    for address in message.headers(HeaderName::Contact).flat_map(contacts).flatten() {
        let warden_sip::header::Star::One(address) = address else { continue };
        let printed = address.printed();
        prop_assert_eq!(NameAddr::parse(&printed).map(|it| it.uri_text), Ok(address.uri_text));
    }
    let again = Message::parse(bytes).map_err(|malformed| TestCaseError::fail(malformed.to_string()))?;
    prop_assert!(message.fields().eq(again.fields()));
    Ok(())
}

/// All frames of `parts`, read one after the other.
fn frames<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<FramingError>) {
    let (mut framer, mut found) = (StreamFramer::new(), Vec::new());
    for part in parts {
        framer.push(part);
        loop {
            match framer.next_frame() {
                Ok(Some(frame)) => found.push(frame),
                Ok(None) => break,
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}

proptest! {
    #[test]
    fn every_header_is_found_with_its_value(headers in headers(), body in any::<Vec<u8>>()) {
        let message = Message::parse(message_text(&headers, &body).into()).expect("generated from the grammar");
        let found: Vec<_> = message.fields().skip(REQUIRED.len()).map(|(_, name, value)| (name, value)).collect();
        let (length, others) = found.split_last().expect("Content-Length");
        let expected: Vec<_> = headers.iter().map(|(name, _, value)| (name.as_bytes(), value.as_bytes())).collect();
        prop_assert_eq!((others, length.0), (&expected[..], &b"Content-Length"[..]));
        prop_assert_eq!(message.body(), &body[..]);
        for (name, _, value) in &headers {
            let first = headers.iter().find(|(other, ..)| other.eq_ignore_ascii_case(name)).map(|(.., value)| value.as_bytes());
            prop_assert_eq!(message.other_header(name), first);
            let known = HeaderName::from_spelling(name.as_bytes());
            prop_assert!(message.headers(known).any(|found| found == value.as_bytes()));
        }
        check_invariants(&message)?;
    }

    #[test]
    fn a_message_that_is_printed_again_has_the_same_fields(headers in headers(), body in any::<Vec<u8>>()) {
        let message = Message::parse(message_text(&headers, &body).into()).expect("generated from the grammar");
        let mut printed = [message.method_name(), b" ", message.request_uri_text(), b" SIP/2.0\r\n"].concat();
        for (known, name, value) in message.fields() {
            let name = if known == HeaderName::Other { name } else { known.text().as_bytes() };
            printed.extend([name, b": ", value, b"\r\n"].concat());
        }
        printed.extend([b"\r\n", message.body()].concat());
        let again = Message::parse(printed.into()).expect("printed");
        prop_assert!(message.fields().map(|(name, _, value)| (name, value)).eq(again.fields().map(|(name, _, value)| (name, value))));
        prop_assert_eq!((message.request_uri_text(), message.body()), (again.request_uri_text(), again.body()));
    }

    #[test]
    fn arbitrary_bytes_never_break_the_parser(bytes in any::<Vec<u8>>()) {
        if let Ok(message) = Message::parse(bytes.into()) {
            check_invariants(&message)?;
        }
    }

    #[test]
    fn a_damaged_message_never_breaks_the_parser(
        which in 0..VALID.len(),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), 0..4usize, prop_oneof![
            proptest::sample::select(b" \t\r\n\"\\<>;,=:@?/0".to_vec()),
            any::<u8>(),
        ]), 1..6),
    ) {
        let mut bytes = VALID.get(which).copied().unwrap_or_default().to_vec();
        for (at, removed, added) in edits {
            let at = at.index(bytes.len());
            let end = (at + removed).min(bytes.len());
            bytes.splice(at..end, (removed < 3).then_some(added));
        }
        match Message::parse(bytes.into()) {
            Ok(message) => check_invariants(&message)?,
            Err(malformed) => {
                if let Some(request) = malformed.request {
                    prop_assert!(request.is_request() && !request.is_ack() && request.via().is_ok());
                    prop_assert!(OURS.inspect(&request).err().is_none_or(|refusal| refusal.status.code() >= 400));
                }
            }
        }
    }

    #[test]
    fn however_a_stream_is_split_the_frames_are_the_same(
        parts in proptest::collection::vec(prop_oneof![
            6 => (headers(), proptest::collection::vec(any::<u8>(), 0..40)).prop_map(|(headers, body)| message_text(&headers, &body)),
            2 => "(\r|\n){0,5}".prop_map(String::into_bytes),
            1 => Just(b"BYE sip:a SIP/2.0\nl:0\n\n".to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..10),
        ], 1..8),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12),
    ) {
        let stream = parts.concat();
        let mut cuts: Vec<_> = cuts.iter().filter(|_| !stream.is_empty()).map(|cut| cut.index(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let whole = frames([&stream[..]]);
        prop_assert_eq!(&frames(cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]])), &whole);
        prop_assert_eq!(&frames(stream.chunks(1)), &whole);
        for frame in &whole.0 {
            if let Frame::Message(bytes) = frame && let Ok(message) = Message::parse(bytes.clone()) {
                prop_assert!(bytes.ends_with(message.body()), "framer and parser agree where the message ends");
            }
        }
    }
}

#[test]
fn the_largest_message_is_taken_and_a_larger_one_is_not() {
    let mut text = message_text(&[], &vec![b'x'; 65_535 - message_text(&[], b"").len() - 4]);
    assert_eq!(text.len(), 65_535);
    let (found, error) = frames([&text[..]]);
    assert_eq!((found, error), (vec![Frame::Message(Bytes::copy_from_slice(&text))], None));
    assert!(Message::parse(text.clone().into()).is_ok_and(|message| check_invariants(&message).is_ok()));
    text.push(b'x');
    assert!(Message::parse(text.into()).is_err());
}
