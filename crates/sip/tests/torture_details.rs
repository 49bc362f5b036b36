//! What is read from the valid messages of RFC 4475 and RFC 5118: each trap they set is looked at.

#![expect(clippy::expect_used, reason = "a message that is refused fails the test")]

use bytes::Bytes;
use warden_sip::header::{HeaderName, NameAddr, Star, Via, contacts};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::uri::{Host, HostPort, SipUri, Uri, unescape};

macro_rules! message {
    ($file:literal) => {
        parse(include_bytes!(concat!("../testdata/torture/", $file)))
    };
}

fn parse(bytes: &'static [u8]) -> Message {
    Message::parse(Bytes::from_static(bytes)).expect("the message is valid")
}

fn vias(message: &Message) -> Vec<Via<'_>> {
    message.members(HeaderName::Via).map(|via| Via::parse(via).expect("a sound Via")).collect()
}

fn contact(message: &Message) -> NameAddr<'_> {
    let mut members = message.headers(HeaderName::Contact).flat_map(contacts);
    match members.next() {
        Some(Ok(Star::One(address))) => address,
        other => unreachable!("{other:?} is no address"),
    }
}

fn sip<'a>(uri: &Uri<'a>) -> SipUri<'a> {
    *uri.as_sip().expect("a SIP URI")
}

fn host(message: &Message) -> HostPort<'_> {
    sip(&message.request_uri().expect("sound")).host
}

fn address(text: &str) -> Host<'static> {
    Host::Address(text.parse().expect("an IP address"))
}

#[test]
fn wsinv_is_read_through_folds_spaces_and_compact_names() {
    let message = message!("rfc4475/wsinv.dat");
    assert_eq!((message.sequence(), message.max_forwards()), (9, Ok(68)));
    assert_eq!((message.from_tag(), message.to_tag()), (&b"98asjd8"[..], Some(&b"1918181833n"[..])));
    assert_eq!(message.from().expect("sound").name(), Some(br#"J Rosenberg \""#.to_vec()));
    let vias = vias(&message);
    assert_eq!(vias.iter().map(|via| via.transport_name).collect::<Vec<_>>(), [b"UDP", b"TCP", b"UDP"]);
    assert_eq!(vias.get(1).and_then(Via::branch), Some(&b"z9hG4bK9ikj8"[..]));
    assert_eq!(vias.get(2).and_then(Via::branch), Some(&b"z9hG4bK30239"[..]));
    assert_eq!((message.branch(), message.sent_by()), (None, &b"192.0.2.2"[..]));
    let route = NameAddr::parse(message.header(HeaderName::Route).unwrap_or_default()).expect("sound");
    let route = sip(&route.uri().expect("sound"));
    assert!(route.params.has("lr") && route.params.has("unknown-no-value"));
    assert_eq!(route.params.value("unknownwith"), Some(&b"value"[..]));
    let contact = contact(&message);
    assert_eq!((contact.q_permille(), contact.name()), (330, Some(br#"Quoted string """#.to_vec())));
    assert_eq!((contact.params.value("newparam"), contact.params.has("secondparam")), (Some(&b"newvalue"[..]), true));
    assert_eq!(message.header(HeaderName::Subject), Some(&b""[..]));
    assert_eq!(message.other_header("UnknownHeaderWithUnusualValue"), Some(&b";;,,;;,;"[..]));
    assert_eq!(message.body().len(), 150);
}

#[test]
fn intmeth_keeps_every_odd_character() {
    let message = message!("rfc4475/intmeth.dat");
    assert_eq!(
        (message.method(), message.method_name()),
        (Method::Other, &b"!interesting-Method0123456789_*+`.%indeed'~"[..])
    );
    let uri = sip(&message.request_uri().expect("sound"));
    assert_eq!(uri.user, Some(&b"1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"[..]));
    assert_eq!(uri.password, Some(&b"&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"[..]));
    assert_eq!(uri.host.host, Host::Name(b"example.com"));
    assert_eq!(message.call_id(), br#"intmeth.word%ZK-!.*_+'@word`~)(><:\/"][?}{"#);
    assert_eq!(message.branch(), Some(&b"z9hG4bK-.!%66*_+`'~"[..]));
    assert_eq!(message.to().expect("sound").name(), Some(b"BEL:\x07 NUL:\0 DEL:\x7f".to_vec()));
    assert_eq!(message.from_tag(), b"_token~1'+`*%!-.");
    let from = message.from().expect("sound");
    assert_eq!(from.name(), Some(b"token1~` token2'+_ token3*%!.-".to_vec()));
    assert_eq!(from.params.value("fromParam''~+*_!.-%").map(<[u8]>::len), Some("\"работающий\"".len()));
    let extension = message.other_header("extensionHeader-!.%*+_`'~");
    assert_eq!(extension.and_then(|value| value.strip_prefix(b"\xef\xbb\xbf")), Some("大停電".as_bytes()));
}

#[test]
fn escapes_are_undone_where_they_are_escapes_and_only_there() {
    let message = message!("rfc4475/esc01.dat");
    let user = |uri: Uri<'_>| unescape(sip(&uri).user.unwrap_or_default()).into_owned();
    assert_eq!(user(message.request_uri().expect("sound")), b"sips:user@example.com");
    assert_eq!(user(message.to().expect("sound").uri().expect("sound")), b"user");
    assert_eq!(user(message.from().expect("sound").uri().expect("sound")), b"I have spaces");
    assert_eq!(user(contact(&message).uri().expect("sound")), b"caller");
    let uri = sip(&contact(&message).uri().expect("sound"));
    let params: Vec<_> = uri.params.iter().map(|param| (unescape(param.name), param.value.map(unescape))).collect();
    assert_eq!(params, [(b"lr".into(), None), (b"name".into(), Some(b"value%41".into()))]);

    let message = message!("rfc4475/esc02.dat");
    assert_eq!((message.method(), message.method_name()), (Method::Other, &b"RE%47IST%45R"[..]));
    assert_eq!(message.from().expect("sound").name(), Some(b"%Z%45".to_vec()));
    assert_eq!(message.headers(HeaderName::Contact).count(), 2, "C%6Fntact is another header");
    assert!(message.other_header("C%6Fntact").is_some());
}

#[test]
fn an_escaped_null_is_one_byte_of_the_user_part() {
    let message = message!("rfc4475/escnull.dat");
    assert_eq!(message.to().expect("sound").uri().expect("sound").dialled(), Some(b"null-\0-null".to_vec()));
    let mut users = message.headers(HeaderName::Contact).flat_map(contacts).map(|contact| match contact {
        Ok(Star::One(address)) => address.uri().ok().and_then(|uri| uri.dialled()),
        Ok(Star::All) | Err(_) => None,
    });
    assert_eq!((users.next(), users.next()), (Some(Some(vec![0])), Some(Some(vec![0, 0]))));
}

#[test]
fn long_values_are_kept_whole() {
    let message = message!("rfc4475/longreq.dat");
    assert_eq!(message.headers(HeaderName::Via).count(), 34);
    assert_eq!(message.from_tag().len(), 155);
    assert_eq!(vias(&message).last().and_then(|via| via.params.value("branch")).map(<[u8]>::len), Some(215));
    assert_eq!(message.to().expect("sound").uri().map(|uri| sip(&uri).host.port), Ok(Some(6000)));
    assert_eq!(message.body().len(), 150);
}

#[test]
fn a_second_request_in_the_datagram_is_ignored() {
    let message = message!("rfc4475/dblreq.dat");
    assert_eq!((message.method(), message.body()), (Method::Register, &b""[..]));
    assert!(message.header(HeaderName::ContentType).is_none());
}

#[test]
fn a_semicolon_in_front_of_the_at_sign_belongs_to_the_user_part() {
    let message = message!("rfc4475/semiuri.dat");
    let uri = sip(&message.request_uri().expect("sound"));
    assert_eq!(unescape(uri.user.unwrap_or_default()), &b"user;par=u@example.net"[..]);
    assert!(uri.params.is_empty());
    assert_eq!(message.members(HeaderName::Accept).count(), 6);
}

#[test]
fn unknown_transports_further_down_are_no_hindrance() {
    let message = message!("rfc4475/transports.dat");
    let names: Vec<_> = vias(&message).iter().map(|via| via.transport_name).collect();
    assert_eq!(names, [&b"UDP"[..], b"SCTP", b"TLS", b"UNKNOWN", b"TCP"]);
}

#[test]
fn a_binary_body_ends_where_content_length_says() {
    let message = message!("rfc4475/mpart01.dat");
    assert!(message.has_content_type("multipart/mixed"));
    assert_eq!(message.body().len(), 553);
    assert!(
        message.body().starts_with(b"--7a9cbec02ceef655\r\n") && message.body().ends_with(b"--7a9cbec02ceef655--\r\n")
    );
}

#[test]
fn a_reason_phrase_may_be_empty_or_anything() {
    let message = message!("rfc4475/unreason.dat");
    assert_eq!(message.status().map(Status::code), Some(200));
    assert!(message.reason().starts_with(b"= 2**3 * 5**2 ") && message.reason().ends_with("простое".as_bytes()));
    let message = message!("rfc4475/noreason.dat");
    assert_eq!((message.status().map(Status::code), message.reason()), (Some(100), &b""[..]));
}

#[test]
fn parameters_behind_a_bare_contact_are_the_headers_and_inside_brackets_the_uris() {
    let outside = message!("rfc4475/cparam01.dat");
    let inside = message!("rfc4475/cparam02.dat");
    for (message, in_header) in [(outside, true), (inside, false)] {
        let contact = contact(&message);
        assert_eq!(contact.params.has("unknownparam"), in_header);
        assert_eq!(sip(&contact.uri().expect("sound")).params.has("unknownparam"), !in_header);
    }
    let message = message!("rfc4475/regescrt.dat");
    assert_eq!(sip(&contact(&message).uri().expect("sound")).headers, b"Route=%3Csip:sip.example.com%3E");
}

#[test]
fn an_old_client_has_neither_branch_nor_tag() {
    let message = message!("rfc4475/inv2543.dat");
    assert_eq!((message.branch(), message.from_tag(), message.max_forwards()), (None, &b""[..], Ok(70)));
    assert!(message.body().starts_with(b"v=0") && message.body().ends_with(b"\r\n"));
    assert_eq!(message!("rfc4475/badbranch.dat").branch(), None);
}

#[test]
fn ipv6_hosts_and_ports_are_told_apart() {
    let good = message!("rfc5118/ipv6-good");
    assert_eq!(host(&good).host, address("2001:db8::10"));
    let ambiguous = message!("rfc5118/port-ambiguous");
    assert_eq!((host(&ambiguous).host, host(&ambiguous).port), (address("2001:db8::10:5070"), None));
    let plain = message!("rfc5118/port-unambiguous");
    assert_eq!((host(&plain).host, host(&plain).port), (address("2001:db8::10"), Some(5070)));
    let mapped = message!("rfc5118/ipv4-mapped-ipv6");
    let sent_by = vias(&mapped).first().map(|via| via.sent_by);
    assert_eq!(sent_by.map(|at| (at.host, at.port)), Some((address("::ffff:192.0.2.10"), Some(19823))));
    let three = message!("rfc5118/ipv6-bug-abnf-3-colons");
    let two = message!("rfc5118/ipv6-correct-abnf-2-colons");
    assert_eq!((host(&three), host(&two).host), (host(&two), address("2001:db8::192.0.2.1")));
}

#[test]
fn received_is_an_address_with_and_without_brackets() {
    let received = |message: &Message| message.via().ok().and_then(|via| via.received());
    let expected = "2001:db8::9:255".parse().ok();
    assert_eq!(received(&message!("rfc5118/via-received-param-with-delim")), expected);
    assert_eq!(received(&message!("rfc5118/via-received-param-no-delim")), expected);
    let mixed = message!("rfc5118/mult-ip-in-header");
    assert_eq!(vias(&mixed).last().and_then(Via::received), "192.0.2.200".parse().ok());
    assert_eq!(mixed.sent_by(), b"[2001:db8::9:1]:6050");
}

#[test]
fn empty_lines_in_front_of_a_message_are_no_part_of_it() {
    let message = Message::parse(format!("\r\n\n{MINIMAL}").into()).expect("parses");
    assert_eq!(message.bytes(), MINIMAL.as_bytes());
    assert_eq!((message.method_name(), message.call_id()), (&b"OPTIONS"[..], &b"c"[..]));
}

const MINIMAL: &str = "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:a>\r\n\
                       Call-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
