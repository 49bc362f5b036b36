//! What comes before an INVITE has its final answer does not disturb what the caller is told.

#![expect(clippy::expect_used, reason = "a surprise fails the test")]

mod support;

use std::time::Instant;

use bytes::Bytes;
use warden_sip::endpoint::{Endpoint, Event, Flow, Output, Reply, ServerId};
use warden_sip::header::Transport;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::tag::Tag;

struct Bench {
    endpoint: Endpoint,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        let (endpoint, now) = support::engine(&[Method::Invite, Method::Ack, Method::Cancel], &[]);
        Self { endpoint, now }
    }

    /// What is sent for a message.
    fn receive(&mut self, text: &str) -> Vec<String> {
        let (local, remote) = (([10, 0, 0, 1], 5060).into(), ([10, 0, 0, 9], 40_000).into());
        let flow = Flow { transport: Transport::Udp, local, remote, connection: None };
        self.endpoint.receive(Bytes::from(text.to_owned()), flow, self.now);
        self.drain().0
    }

    /// An INVITE that rings.
    fn ring(&mut self, invite: &str, tag: Option<Tag>) -> String {
        let (local, remote) = (([10, 0, 0, 1], 5060).into(), ([10, 0, 0, 9], 40_000).into());
        let flow = Flow { transport: Transport::Udp, local, remote, connection: None };
        self.endpoint.receive(Bytes::from(invite.to_owned()), flow, self.now);
        let id = self.drain().1.expect("the INVITE is told of");
        self.endpoint.answer(id, &Reply { tag, ..Reply::new(Status::RINGING) }, self.now);
        self.drain().0.pop().expect("180 is sent")
    }

    fn drain(&mut self) -> (Vec<String>, Option<ServerId>) {
        let (mut sent, mut told) = (Vec::new(), None);
        while let Some(output) = self.endpoint.poll() {
            match output {
                Output::Transmit { bytes, .. } => sent.push(String::from_utf8(bytes.to_vec()).expect("text")),
                Output::Event(Event::Request { id, .. }) => told = Some(id),
                Output::Event(_) => {}
            }
        }
        (sent, told)
    }
}

/// A request of one call; `vias` are those of the proxies that it came through.
fn request(method: &str, vias: &str) -> String {
    format!(
        "{method} sip:100@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;rport;branch=z9hG4bK1\r\n{vias}\
         From: <sip:200@10.0.0.1>;tag=ft\r\nTo: <sip:100@10.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 {method}\r\n\r\n"
    )
}

fn to(text: &str) -> &str {
    text.lines().find(|line| line.starts_with("To: ")).expect("a To")
}

#[test]
fn an_ack_before_the_answer_does_not_make_a_repeated_invite_go_unanswered() {
    let mut bench = Bench::new();
    let ringing = bench.ring(&request("INVITE", ""), None);
    assert!(bench.receive(&request("ACK", "")).is_empty());
    assert_eq!(bench.receive(&request("INVITE", "")), [ringing]);
}

#[test]
fn a_cancel_that_came_through_a_proxy_is_answered_with_the_tag_that_the_invite_was_told() {
    for vias in ["", "Via: SIP/2.0/UDP 10.0.0.8;branch=z9hG4bK0\r\n"] {
        for tag in [None, Some(Tag::from_bits(7))] {
            let mut bench = Bench::new();
            let ringing = bench.ring(&request("INVITE", vias), tag);
            let answers = bench.receive(&request("CANCEL", vias));
            assert!(
                matches!(&answers[..], [ok] if ok.starts_with("SIP/2.0 200 ") && to(ok) == to(&ringing)),
                "{answers:?}"
            );
        }
    }
}
