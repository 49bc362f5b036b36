//! Any bytes as one message: every accessor is walked, and what is accepted prints and parses again.

use bytes::Bytes;
use warden_sip::header::{AuthParams, HeaderName, NameAddr, Replaces, SessionExpires, Star, Via, contacts};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::print::Print;
use warden_sip::uas::Capabilities;

const OURS: Capabilities =
    Capabilities { methods: &[Method::Invite, Method::Register, Method::Options], options: &["timer"] };

/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    match Message::parse(Bytes::copy_from_slice(data)) {
        Ok(message) => {
            assert!(message.via().is_ok() && message.from().is_ok() && message.to().is_ok());
            assert!(!message.call_id().is_empty() && !message.sent_by().is_empty());
            let again = Message::parse(message.bytes().clone()).expect("was accepted once");
            assert!(message.fields().eq(again.fields()));
            walk(&message);
        }
        Err(malformed) => {
            if let Some(request) = malformed.request {
                assert!(request.is_request() && !request.is_ack() && request.via().is_ok());
                walk(&request);
            }
        }
    }
}

fn walk(message: &Message) {
    let _read = (message.method(), message.method_name(), message.request_uri(), message.status(), message.reason());
    let _read = (message.branch(), message.from_tag(), message.to_tag(), message.sequence(), message.max_forwards());
    let _read = (message.expires_s(), message.supports("timer"), message.has_content_type("application/sdp"));
    assert_eq!(message.body_bytes(), message.body());
    if let Ok(Some(description)) = message.session_description() {
        drop(message.bytes().slice_ref(description)); // panics unless it is a piece of the message
    }
    if let Err(refusal) = OURS.inspect(message) {
        assert!(
            refusal.status.code() >= 400
                && refusal.headers.text().is_empty() | refusal.headers.text().ends_with(b"\r\n")
        );
    }
    for via in message.members(HeaderName::Via) {
        if let Ok(via) = Via::parse(via) {
            assert_eq!(Via::parse(&via.printed()), Ok(via));
            let _read = (via.branch(), via.received());
        }
    }
    for contact in message.headers(HeaderName::Contact).flat_map(contacts) {
        if let Ok(Star::One(address)) = contact {
            check_address(&address);
        }
    }
    for value in message.headers(HeaderName::Authorization).chain(message.headers(HeaderName::WwwAuthenticate)) {
        if let Ok(params) = AuthParams::parse(value) {
            let _read = (params.value("realm"), params.value("nonce"));
        }
    }
    for value in message.headers(HeaderName::SessionExpires) {
        let read = SessionExpires::parse(value);
        assert_eq!(read.map(|it| SessionExpires::parse(&it.printed())), read.map(Ok));
    }
    for value in message.headers(HeaderName::Replaces) {
        if let Ok(read) = Replaces::parse(value) {
            assert_eq!(Replaces::parse(&read.printed()), Ok(read));
        }
    }
}

fn check_address(address: &NameAddr<'_>) {
    let printed = address.printed();
    let again = NameAddr::parse(&printed).expect("printed");
    assert_eq!((again.uri_text, again.params), (address.uri_text, address.params));
    let _read = (address.name(), address.tag(), address.q_permille(), address.expires_s());
    if let Ok(uri) = address.uri() {
        let _read = (uri.dialled(), uri.as_sip().and_then(|uri| uri.header("Replaces")));
        assert!(uri.is_equivalent(&uri));
    }
}
