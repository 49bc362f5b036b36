//! Reliable provisional responses (RFC 3262) at the transaction layer.

#![expect(clippy::panic, reason = "a surprise fails the test")]

mod support;

use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_sip::endpoint::{Endpoint, Event, Flow, Output, Reply, ServerId};
use warden_sip::header::Transport;
use warden_sip::method::Method;
use warden_sip::status::Status;

/// An endpoint that has received an INVITE over TCP, where everything else would be sent once.
struct Invited {
    endpoint: Endpoint,
    id: ServerId,
    now: Instant,
}

impl Invited {
    fn new() -> Self {
        let (mut endpoint, now) =
            support::engine(&[Method::Invite, Method::Ack, Method::Cancel, Method::Prack], &["100rel"]);
        let (local, remote) = (([10, 0, 0, 1], 5060).into(), ([10, 0, 0, 9], 40000).into());
        let flow = Flow { transport: Transport::Tcp, local, remote, connection: None };
        let invite = "INVITE sip:100@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.9;branch=z9hG4bK1\r\n\
                      From: <sip:200@10.0.0.1>;tag=ft\r\nTo: <sip:100@10.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\
                      Require: 100rel\r\nContent-Length: 0\r\n\r\n";
        endpoint.receive(Bytes::from(invite), flow, now);
        let Some(Output::Event(Event::Request { id, .. })) = endpoint.poll() else { panic!("no request") };
        Self { endpoint, id, now }
    }

    fn answer(&mut self, status: Status, rseq: Option<u32>) -> Vec<String> {
        self.endpoint.answer(self.id, &Reply { rseq, ..Reply::new(status) }, self.now);
        self.drain()
    }

    /// What is sent and told while time passes.
    fn run_for(&mut self, span: Duration) -> Vec<String> {
        let (end, mut log) = (self.now + span, Vec::new());
        while let Some(at) = self.endpoint.next_timeout().filter(|at| *at <= end) {
            self.now = at;
            self.endpoint.handle_timeout(at);
            log.extend(self.drain());
        }
        self.now = end;
        log
    }

    /// Each message sent by its status and `RSeq`; each event by its name.
    fn drain(&mut self) -> Vec<String> {
        let summary = |output| match output {
            Output::Transmit { bytes, .. } => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let status = text.get(8..11).unwrap_or_default().to_owned();
                let rseq = text.lines().find_map(|line| line.strip_prefix("RSeq: ")).unwrap_or("-");
                assert_eq!(rseq != "-", text.contains("\r\nRequire: 100rel\r\n"), "{text}");
                format!("{status} {rseq}")
            }
            Output::Event(Event::Unconfirmed { id }) if id == self.id => "unconfirmed".into(),
            Output::Event(other) => panic!("{other:?}"),
        };
        std::iter::from_fn(|| self.endpoint.poll()).map(summary).collect()
    }
}

#[test]
fn a_reliable_response_is_resent_until_it_is_confirmed_and_the_next_one_comes_after_it() {
    let mut invited = Invited::new();
    assert_eq!(invited.answer(Status::SESSION_PROGRESS, Some(7)), ["183 7"]);
    assert_eq!(invited.answer(Status::RINGING, Some(8)), [""; 0], "one at a time");
    assert_eq!(invited.answer(Status::RINGING, None), ["180 -"]);
    assert_eq!(invited.run_for(Duration::from_secs(4)), ["183 7"; 3]);
    invited.endpoint.confirm(invited.id, invited.now);
    assert_eq!(invited.run_for(Duration::from_mins(5)), [""; 0]);
    assert_eq!(invited.answer(Status::RINGING, Some(8)), ["180 8"]);
}

#[test]
fn a_reliable_response_that_is_never_confirmed_is_told_and_leaves_the_invite_to_be_refused() {
    let mut invited = Invited::new();
    invited.answer(Status::SESSION_PROGRESS, Some(7));
    let mut log = invited.run_for(Duration::from_secs(32));
    assert_eq!(log.pop().as_deref(), Some("unconfirmed"));
    assert_eq!(log, ["183 7"; 6]);
    assert_eq!(invited.answer(Status::SERVER_TIME_OUT, None), ["504 -"]);
}

#[test]
fn a_final_response_ends_the_resending() {
    let mut invited = Invited::new();
    invited.answer(Status::SESSION_PROGRESS, Some(7));
    assert_eq!(invited.answer(Status::OK, None), ["200 -"]);
    assert_eq!(invited.run_for(Duration::from_secs(4)), ["200 -"; 3]);
    invited.endpoint.confirm(invited.id, invited.now);
    assert_eq!(invited.run_for(Duration::from_secs(4)), ["200 -"; 1], "a late PRACK does not end the call's answer");
}
