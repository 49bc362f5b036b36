//! What one call costs the engines, both legs, from the INVITE without credentials to the last 200: eighteen messages.
//!
//! The phones' own work (writing their messages) is measured apart, to be subtracted.

#![expect(clippy::expect_used, reason = "the messages are known to be valid")]

mod node;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use node::{Node, challenge, credentials, flow};
use warden_sip::digest::Ha1;
use warden_sip::header::HeaderName;
use warden_sip::message::Message;

const CALLER: u16 = 5070;
const CALLEE: u16 = 5080;

fn sdp(port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 8 101\r\n\
         a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
    )
}

/// A request of the caller in its call number `call`.
fn request(method: &str, call: u64, sequence: u32, to_tag: &str, authorization: &str, body: &str) -> Vec<u8> {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    let number = if method == "ACK" { 2 } else { sequence };
    format!(
        "{method} sip:1002@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{CALLER};rport;branch=z9hG4bK{call}-{sequence}\r\n\
         Max-Forwards: 70\r\nFrom: \"Alice\" <sip:1001@127.0.0.1>;tag=a{call}\r\nTo: <sip:1002@127.0.0.1>{to_tag}\r\n\
         Call-ID: {call}@caller\r\nCSeq: {number} {method}\r\nContact: <sip:1001@127.0.0.1:{CALLER}>\r\n\
         User-Agent: bench\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n{authorization}{kind}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The callee's response to a request.
fn response(request: &Message, status: &str, tag: u64, body: &str) -> Vec<u8> {
    let value = |name| String::from_utf8_lossy(request.header(name).expect("a header")).into_owned();
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    let tag = if request.to_tag().is_some() { String::new() } else { format!(";tag=b{tag}") };
    format!(
        "SIP/2.0 {status}\r\nVia: {}\r\nFrom: {}\r\nTo: {}{tag}\r\nCall-ID: {}\r\nCSeq: {}\r\n\
         Contact: <sip:1002@127.0.0.1:{CALLEE}>\r\nUser-Agent: bench\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        value(HeaderName::Via),
        value(HeaderName::From),
        value(HeaderName::To),
        value(HeaderName::CallId),
        value(HeaderName::CSeq),
        body.len()
    )
    .into_bytes()
}

fn call(node: &mut Node, number: u64, ha1: &Ha1) {
    let body = sdp(40_000);
    node.receive(request("INVITE", number, 1, "", "", &body), flow(CALLER));
    let challenge = challenge(&node.sent("SIP/2.0 401"));
    let authorization = credentials(&challenge, "1001", ha1, "INVITE");
    node.receive(request("INVITE", number, 2, "", &authorization, &body), flow(CALLER));
    let invite = node.sent("INVITE");
    node.receive(response(&invite, "180 Ringing", number, ""), flow(CALLEE));
    node.receive(response(&invite, "200 OK", number, &sdp(50_000)), flow(CALLEE));
    let answer = node.sent("SIP/2.0 200");
    let to_tag = format!(";tag={}", String::from_utf8_lossy(answer.to_tag().expect("a tag")));
    node.receive(request("ACK", number, 3, &to_tag, "", ""), flow(CALLER));
    node.receive(request("BYE", number, 4, &to_tag, "", ""), flow(CALLER));
    let bye = node.sent("BYE");
    node.receive(response(&bye, "200 OK", number, ""), flow(CALLEE));
}

/// The same work without us.
fn phones(number: u64, ha1: &Ha1, challenge: &[u8], invite: &Message) {
    let body = sdp(40_000);
    black_box(request("INVITE", number, 1, "", "", &body));
    let authorization = credentials(challenge, "1001", ha1, "INVITE");
    black_box(request("INVITE", number, 2, "", &authorization, &body));
    black_box(response(invite, "180 Ringing", number, ""));
    black_box(response(invite, "200 OK", number, &sdp(50_000)));
    black_box(request("ACK", number, 3, ";tag=0123456789abcdef", "", ""));
    black_box(request("BYE", number, 4, ";tag=0123456789abcdef", "", ""));
    black_box(response(invite, "200 OK", number, ""));
}

fn register_callee(node: &mut Node) {
    let register = |sequence: u32, authorization: &str| {
        format!(
            "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{CALLEE};rport;branch=z9hG4bKr{sequence}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:1002@127.0.0.1>;tag=r\r\nTo: <sip:1002@127.0.0.1>\r\nCall-ID: r\r\n\
             CSeq: {sequence} REGISTER\r\nContact: <sip:1002@127.0.0.1:{CALLEE}>\r\nExpires: 86400\r\n{authorization}\
             Content-Length: 0\r\n\r\n"
        )
        .into_bytes()
    };
    node.receive(register(1, ""), flow(CALLEE));
    let challenge = challenge(&node.sole());
    node.receive(register(2, &credentials(&challenge, "1002", &node::ha1("1002"), "REGISTER")), flow(CALLEE));
    assert!(node.sent.iter().any(|sent| sent.starts_with(b"SIP/2.0 200")), "registered");
}

fn calls(criterion: &mut Criterion) {
    let mut node = Node::new(&["1001", "1002"]);
    let ha1 = node.ha1.clone();
    register_callee(&mut node);
    let mut number = 0;
    criterion.bench_function("call/core_and_phones", |bencher| {
        bencher.iter(|| {
            number += 1;
            call(&mut node, number, &ha1);
        });
    });
    node.receive(request("INVITE", 0, 1, "", "", ""), flow(CALLER));
    let challenge = challenge(&node.sole());
    let invite = Message::parse(request("INVITE", 0, 2, "", "", &sdp(40_000)).into()).expect("valid");
    criterion.bench_function("call/phones_alone", |bencher| {
        bencher.iter(|| phones(black_box(1), &ha1, &challenge, &invite));
    });
}

criterion_group!(benches, calls);
criterion_main!(benches);
