//! The transaction layer from outside: bytes in, bytes and events out.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a surprise fails the test")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_sip::dialog::Opening;
use warden_sip::endpoint::{ClientId, Endpoint, Event, Failure, Flow, Output, Reply, Request, ServerId};
use warden_sip::header::{HeaderName, Transport};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::tag::Tag;
use warden_sip::write::Headers;

struct Bench {
    endpoint: Endpoint,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        let (endpoint, now) = support::engine(
            &[Method::Invite, Method::Ack, Method::Cancel, Method::Bye, Method::Options, Method::Register],
            &["timer"],
        );
        Self { endpoint, now }
    }

    fn receive(&mut self, text: &str) -> Vec<Output> {
        self.receive_from(9, text)
    }

    fn receive_from(&mut self, host: u8, text: &str) -> Vec<Output> {
        let flow = Flow { remote: ([10, 0, 0, host], 40000).into(), ..flow() };
        self.endpoint.receive(Bytes::from(text.to_owned()), flow, self.now);
        self.drain()
    }

    fn answer(&mut self, id: ServerId, status: Status) -> Vec<Output> {
        self.endpoint.answer(id, &Reply::new(status), self.now);
        self.drain()
    }

    fn send(&mut self, method: Method, transport: Transport) -> String {
        let request = Opening {
            method,
            uri: b"sip:bob@10.0.0.9",
            from: b"<sip:warden@10.0.0.1>",
            tag: Tag::from_bits(9),
            to: b"<sip:bob@10.0.0.9>",
            call_id: b"ours",
            sequence: 1,
            max_forwards: 70,
        };
        self.endpoint.send(ClientId(1), &request.request(), Flow { transport, ..flow() }, self.now);
        sent(&self.drain())[0].1.clone()
    }

    /// Lets time pass, one wake after another.
    fn run_for(&mut self, span: Duration) -> Vec<Output> {
        let end = self.now + span;
        let mut outputs = Vec::new();
        while let Some(at) = self.endpoint.next_timeout().filter(|at| *at <= end) {
            self.now = at;
            self.endpoint.handle_timeout(at);
            outputs.extend(self.drain());
        }
        self.now = end;
        outputs
    }

    fn drain(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.endpoint.poll()).collect()
    }
}

fn flow() -> Flow {
    Flow {
        transport: Transport::Udp,
        local: ([10, 0, 0, 1], 5060).into(),
        remote: ([10, 0, 0, 9], 40000).into(),
        connection: None,
    }
}

/// A request with this branch; `extra` is more header lines.
fn request(method: &str, branch: &str, extra: &str) -> String {
    format!(
        "{method} sip:100@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP phone.example:5070;rport;branch=z9hG4bK{branch}\r\n\
         From: <sip:200@10.0.0.1>;tag=ft\r\nTo: <sip:100@10.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 {method}\r\n{extra}\r\n"
    )
}

fn sent(outputs: &[Output]) -> Vec<(Flow, String)> {
    let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).expect("text");
    let transmits = outputs.iter().filter_map(|output| match output {
        Output::Transmit { flow, bytes } => Some((*flow, text(bytes))),
        Output::Event(_) => None,
    });
    transmits.collect()
}

fn statuses(outputs: &[Output]) -> Vec<u16> {
    let status = |text: String| text.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok();
    sent(outputs).into_iter().filter_map(|(_, text)| status(text)).collect()
}

fn event(outputs: Vec<Output>) -> Option<Event> {
    outputs.into_iter().find_map(|output| match output {
        Output::Event(event) => Some(event),
        Output::Transmit { .. } => None,
    })
}

fn new_request(outputs: Vec<Output>) -> (ServerId, Arc<Message>) {
    match event(outputs) {
        Some(Event::Request { id, request, .. }) => (id, request),
        other => panic!("{other:?} is no request"),
    }
}

/// An ACK for a 2xx from the phone with the tag `bt`.
fn ack() -> Request {
    let opening = Opening {
        method: Method::Ack,
        uri: b"sip:bob@10.0.0.9",
        from: b"<sip:warden@10.0.0.1>",
        tag: Tag::from_bits(9),
        to: b"<sip:bob@10.0.0.9>;tag=bt",
        call_id: b"ours",
        sequence: 1,
        max_forwards: 70,
    };
    opening.request()
}

/// The response that the other end gives to `request` of ours.
fn respond(request: &str, status: &str, tag: &str) -> String {
    let mut lines: Vec<_> = request.lines().take_while(|line| !line.is_empty()).collect();
    lines[0] = status;
    let lines = lines.into_iter().filter(|line| !line.starts_with("Max-Forwards"));
    let text: Vec<_> =
        lines.map(|line| if line.starts_with("To:") { format!("{line};tag={tag}") } else { line.into() }).collect();
    format!("{}\r\n\r\n", text.join("\r\n"))
}

#[test]
fn a_repeated_request_is_reported_once_and_answered_twice() {
    let mut bench = Bench::new();
    let (id, _) = new_request(bench.receive(&request("REGISTER", "1", "")));
    assert!(bench.receive(&request("REGISTER", "1", "")).is_empty(), "there is no answer yet");
    let first = sent(&bench.answer(id, Status::OK));
    assert_eq!(sent(&bench.receive(&request("REGISTER", "1", ""))), first);
    assert!(bench.answer(id, Status::OK).is_empty(), "a second final answer is not sent");
    bench.run_for(Duration::from_secs(33));
    assert_eq!(bench.endpoint.transactions(), (0, 0));
}

#[test]
fn an_answer_goes_where_rport_asks_and_says_what_was_seen() {
    let mut bench = Bench::new();
    let (id, _) = new_request(bench.receive(&request("OPTIONS", "1", "")));
    let (to, text) = sent(&bench.answer(id, Status::OK)).remove(0);
    assert_eq!(to, flow());
    let via = "Via: SIP/2.0/UDP phone.example:5070;branch=z9hG4bK1;received=10.0.0.9;rport=40000\r\n";
    assert!(text.contains(via), "{text}");
    assert!(text.contains("\r\nTo: <sip:100@10.0.0.1>;tag="), "{text}");
}

#[test]
fn without_rport_the_answer_goes_to_the_port_of_the_via() {
    let mut bench = Bench::new();
    let (id, _) = new_request(bench.receive(&request("OPTIONS", "1", "").replace(";rport", "")));
    let (to, text) = sent(&bench.answer(id, Status::OK)).remove(0);
    assert_eq!(to.remote, ([10, 0, 0, 9], 5070).into());
    assert!(text.contains(";received=10.0.0.9\r\n"), "{text}");
}

#[test]
fn a_slow_user_is_covered_by_100_trying() {
    let mut bench = Bench::new();
    bench.receive(&request("INVITE", "1", "Contact: <sip:200@10.0.0.9>\r\n"));
    assert!(bench.run_for(Duration::from_millis(199)).is_empty());
    let outputs = bench.run_for(Duration::from_millis(1));
    assert_eq!(statuses(&outputs), [100]);
    assert!(!sent(&outputs)[0].1.contains(";tag=0"), "100 names no dialog");
}

#[test]
fn a_2xx_is_resent_until_the_ack_with_its_own_branch_comes() {
    let mut bench = Bench::new();
    let (id, _) = new_request(bench.receive(&request("INVITE", "1", "")));
    bench.answer(id, Status::OK);
    assert_eq!(statuses(&bench.run_for(Duration::from_secs(4))), [200, 200, 200]);
    let outputs = bench.receive(&request("ACK", "2", ""));
    assert!(matches!(event(outputs), Some(Event::Acknowledged { id: acknowledged, .. }) if acknowledged == id));
    assert!(bench.receive(&request("ACK", "2", "")).is_empty(), "the user is told once");
    assert!(bench.run_for(Duration::from_secs(40)).is_empty());
    assert_eq!(bench.endpoint.transactions(), (0, 0));
}

#[test]
fn a_2xx_without_ack_is_reported_after_32_s() {
    let mut bench = Bench::new();
    let (id, _) = new_request(bench.receive(&request("INVITE", "1", "")));
    bench.answer(id, Status::OK);
    let outputs = bench.run_for(Duration::from_secs(32));
    assert!(matches!(event(outputs), Some(Event::Unacknowledged { id: lost }) if lost == id));
}

#[test]
fn cancel_is_answered_and_the_user_told_once() {
    let mut bench = Bench::new();
    let (id, _) = new_request(bench.receive(&request("INVITE", "1", "")));
    let outputs = bench.receive(&request("CANCEL", "1", ""));
    assert_eq!(statuses(&outputs), [200]);
    assert!(matches!(event(outputs), Some(Event::Cancelled { id: cancelled, .. }) if cancelled == id));
    let again = bench.receive(&request("CANCEL", "1", ""));
    assert_eq!(statuses(&again), [200]);
    assert!(event(again).is_none());
    assert_eq!(statuses(&bench.answer(id, Status::REQUEST_TERMINATED)), [487]);
    assert_eq!(statuses(&bench.receive(&request("CANCEL", "9", ""))), [481]);
}

#[test]
fn the_answer_to_cancel_has_the_to_tag_of_the_invites_answers() {
    let to_tag = |outputs: &[Output]| {
        let (_, text) = sent(outputs).into_iter().next().expect("an answer");
        text.lines().find_map(|line| line.strip_prefix("To: ")?.split_once(";tag=")).map(|(_, tag)| tag.to_owned())
    };
    let mut bench = Bench::new();
    let (id, _) = new_request(bench.receive(&request("INVITE", "1", "")));
    let ringing = Reply { tag: Some(Tag::from_bits(7)), ..Reply::new(Status::RINGING) };
    bench.endpoint.answer(id, &ringing, bench.now);
    let told = to_tag(&bench.drain());
    assert_eq!(to_tag(&bench.receive(&request("CANCEL", "1", ""))), told);

    let mut bench = Bench::new();
    let (id, _) = new_request(bench.receive(&request("INVITE", "1", "")));
    let cancelled = to_tag(&bench.receive(&request("CANCEL", "1", "")));
    assert_eq!(to_tag(&bench.answer(id, Status::REQUEST_TERMINATED)), cancelled);
}

#[test]
fn a_request_that_came_by_two_ways_is_refused_the_second_time() {
    let mut bench = Bench::new();
    bench.receive(&request("INVITE", "1", ""));
    let outputs = bench.receive(&request("INVITE", "2", ""));
    assert_eq!(statuses(&outputs), [482]);
    assert!(event(outputs).is_none());
}

#[test]
fn a_request_of_ours_that_comes_back_is_a_loop_and_for_another_target_is_not() {
    let mut bench = Bench::new();
    let ours = bench.send(Method::Invite, Transport::Udp);
    let looped = ours.replacen("Via:", "Via: SIP/2.0/UDP proxy;branch=z9hG4bKp\r\nVia:", 1);
    let spiral = looped.replacen("sip:bob@", "sip:carol@", 1);
    assert!(matches!(event(bench.receive(&spiral)), Some(Event::Request { .. })));
    assert_eq!(statuses(&bench.receive(&looped.replace("z9hG4bKp", "z9hG4bKq"))), [482]);
}

#[test]
fn a_malformed_request_gets_400_and_a_malformed_ack_or_response_nothing() {
    let mut bench = Bench::new();
    let outputs = bench.receive(&request("INVITE", "1", "").replace("CSeq: 1", "CSeq: x"));
    let text = sent(&outputs)[0].1.clone();
    assert!(text.starts_with("SIP/2.0 400 Malformed CSeq\r\nVia: SIP/2.0/UDP phone.example:5070;"), "{text}");
    assert!(matches!(event(outputs), Some(Event::Malformed { .. })));
    assert!(sent(&bench.receive(&request("ACK", "1", "").replace("CSeq: 1", "CSeq: x"))).is_empty());
    assert!(sent(&bench.receive("SIP/2.0 200 OK\r\nCSeq: x\r\n\r\n")).is_empty());
    assert!(sent(&bench.receive("GET / HTTP/1.1\r\n\r\n")).is_empty());
    assert_eq!(bench.endpoint.transactions(), (0, 0));
}

#[test]
fn what_is_not_understood_is_refused_before_the_user_sees_it() {
    let mut bench = Bench::new();
    assert_eq!(statuses(&bench.receive(&request("PUBLISH", "1", ""))), [405]);
    assert_eq!(statuses(&bench.receive(&request("OPTIONS", "2", "Require: rocket\r\n"))), [420]);
    let refused = request("INVITE", "3", "Require: rocket\r\n");
    let first = sent(&bench.receive(&refused));
    assert_eq!(sent(&bench.receive(&refused)), first, "the same request gets the same answer, tag included");
    assert!(bench.receive(&request("ACK", "3", "")).is_empty());
    assert_eq!(bench.endpoint.transactions(), (0, 0));
}

#[test]
fn a_challenge_leaves_nothing_behind() {
    for method in ["INVITE", "REGISTER"] {
        let mut bench = Bench::new();
        let (id, _) = new_request(bench.receive(&request(method, "1", "")));
        bench.endpoint.answer(id, &Reply { is_repeatable: true, ..Reply::new(Status::UNAUTHORIZED) }, bench.now);
        assert_eq!(statuses(&bench.drain()), [401]);
        assert_eq!((bench.endpoint.transactions(), bench.endpoint.next_timeout()), ((0, 0), None));
        assert!(bench.receive(&request("ACK", "1", "")).is_empty());
        let (again, _) = new_request(bench.receive(&request(method, "1", "")));
        assert_ne!(again, id);
    }
}

#[test]
fn a_wrong_password_that_the_network_repeats_is_seen_once() {
    let mut bench = Bench::new();
    let register = request("REGISTER", "1", "Authorization: Digest realm=\"x\"\r\n");
    let (id, _) = new_request(bench.receive(&register));
    bench.answer(id, Status::UNAUTHORIZED);
    let outputs = bench.receive(&register);
    assert_eq!(statuses(&outputs), [401]);
    assert!(event(outputs).is_none());
}

/// A request that no other repeats.
fn another(method: &str, call: u8) -> String {
    request(method, &format!("b{call}"), "").replace("Call-ID: c", &format!("Call-ID: c{call}"))
}

#[test]
fn beyond_the_limit_new_requests_get_503_until_others_are_forgotten() {
    let mut bench = Bench::new();
    for call in 0..100 {
        bench.receive_from(call, &another("REGISTER", call));
    }
    assert_eq!(bench.endpoint.transactions(), (88, 0), "the others are for calls");
    let outputs = bench.receive(&request("OPTIONS", "one-more", ""));
    assert_eq!(statuses(&outputs), [503]);
    assert!(sent(&outputs)[0].1.contains("Retry-After: 5"));
    assert_eq!(bench.endpoint.transactions(), (88, 0));
}

#[test]
fn one_source_gets_half_of_the_room_again_and_again() {
    let mut bench = Bench::new();
    for round in 0..3 {
        let branch = |call: u8| format!("b{round}-{call}");
        let register = |call| request("REGISTER", &branch(call), "").replace("Call-ID: c", &format!("Call-ID: {call}"));
        let mut requests: Vec<_> = (0..100).filter_map(|call| event(bench.receive(&register(call)))).collect();
        assert_eq!(requests.len(), 44);
        requests.extend(event(bench.receive_from(10, &another("REGISTER", 200))));
        for request in requests {
            let Event::Request { id, .. } = request else { panic!("{request:?}") };
            bench.answer(id, Status::OK);
        }
        bench.run_for(Duration::from_secs(33));
        assert_eq!(bench.endpoint.transactions(), (0, 0));
    }
}

#[test]
fn what_is_answered_takes_no_room_and_only_the_youngest_of_it_is_remembered() {
    let mut bench = Bench::new();
    for call in 0..=250 {
        let (id, _) = new_request(bench.receive(&another("REGISTER", call)));
        bench.answer(id, Status::OK);
    }
    assert_eq!(bench.endpoint.transactions(), (50, 0));
    assert_eq!(statuses(&bench.receive(&another("REGISTER", 250))), [200], "it is repeated");
    assert!(matches!(event(bench.receive(&another("REGISTER", 200))), Some(Event::Request { .. })), "it is new");
    bench.run_for(Duration::from_secs(33));
    assert_eq!(bench.endpoint.transactions(), (1, 0));
}

#[test]
fn when_there_is_no_room_calls_can_be_ended_and_help_called() {
    let mut bench = Bench::new();
    bench.endpoint.reserve_for(["100".into()].into());
    for call in 0..100 {
        bench.receive_from(call, &another("REGISTER", call));
    }
    let bye = another("BYE", 1).replace("To: <sip:100@10.0.0.1>", "To: <sip:100@10.0.0.1>;tag=t");
    assert!(matches!(event(bench.receive(&bye)), Some(Event::Request { .. })));
    assert_eq!(
        statuses(&bench.receive(&another("INVITE", 2).replace("sip:100@10.0.0.1 ", "sip:101@10.0.0.1 "))),
        [503]
    );
    assert!(matches!(event(bench.receive(&another("INVITE", 3))), Some(Event::Request { .. })));
}

#[test]
fn what_calls_for_help_require_and_is_not_understood_is_left_alone() {
    let (mut bench, invite) = (Bench::new(), another("INVITE", 1).replace("CSeq", "Require: x-new\r\nCSeq"));
    assert_eq!(statuses(&bench.receive(&invite)), [420]);
    bench.endpoint.reserve_for(["100".into()].into());
    assert!(matches!(event(bench.receive(&invite)), Some(Event::Request { .. })));
}

#[test]
fn a_failure_is_acknowledged_on_the_same_branch_and_reported_once() {
    let mut bench = Bench::new();
    let ours = bench.send(Method::Invite, Transport::Udp);
    let busy = respond(&ours, "SIP/2.0 486 Busy Here", "bt");
    let outputs = bench.receive(&busy);
    let ack = sent(&outputs)[0].1.clone();
    assert!(ack.starts_with("ACK sip:bob@10.0.0.9 SIP/2.0\r\n"), "{ack}");
    let via = |text: &str| text.lines().find(|line| line.starts_with("Via:")).map(str::to_owned);
    assert_eq!(via(&ack), via(&ours));
    assert!(ack.contains("To: <sip:bob@10.0.0.9>;tag=bt\r\n") && ack.contains("CSeq: 1 ACK\r\n"), "{ack}");
    assert!(matches!(event(outputs), Some(Event::Response { id: ClientId(1), .. })));
    let again = bench.receive(&busy);
    assert_eq!(sent(&again)[0].1, ack);
    assert!(event(again).is_none());
}

#[test]
fn a_repeated_2xx_gets_its_ack_again_and_one_from_another_phone_is_news() {
    let mut bench = Bench::new();
    let ours = bench.send(Method::Invite, Transport::Udp);
    let ok = respond(&ours, "SIP/2.0 200 OK", "bt");
    assert!(matches!(event(bench.receive(&ok)), Some(Event::Response { .. })));
    bench.endpoint.acknowledge(ClientId(1), b"bt", &ack(), flow());
    let first = sent(&bench.drain());
    let again = bench.receive(&ok);
    assert_eq!(sent(&again), first);
    assert!(event(again).is_none());
    let other = respond(&ours, "SIP/2.0 200 OK", "another");
    assert!(matches!(event(bench.receive(&other)), Some(Event::Response { .. })));
}

#[test]
fn a_peer_that_makes_up_answers_is_not_heard_for_ever() {
    let mut bench = Bench::new();
    let ours = bench.send(Method::Invite, Transport::Udp);
    let mut heard = 0;
    for tag in 0..100 {
        let tag = format!("t{tag}");
        if event(bench.receive(&respond(&ours, "SIP/2.0 200 OK", &tag))).is_some() {
            heard += 1;
            bench.endpoint.acknowledge(ClientId(1), tag.as_bytes(), &ack(), flow());
            bench.drain();
        }
    }
    assert_eq!(heard, 16);
}

#[test]
fn a_response_that_nobody_asked_for_is_ignored() {
    let mut bench = Bench::new();
    let ours = bench.send(Method::Options, Transport::Udp);
    let ok = respond(&ours, "SIP/2.0 200 OK", "bt");
    assert!(bench.receive(&ok.replace("branch=z9hG4bK", "branch=z9hG4bKf")).is_empty());
    assert!(bench.receive(&ok.replace("1 OPTIONS", "1 INVITE")).is_empty());
    assert!(matches!(event(bench.receive(&ok)), Some(Event::Response { .. })));
}

#[test]
fn a_broken_connection_fails_what_awaits_a_response_on_it() {
    let mut bench = Bench::new();
    bench.send(Method::Options, Transport::Tcp);
    bench.endpoint.flow_failed(&flow());
    assert!(bench.drain().is_empty(), "another flow is not concerned");
    bench.endpoint.flow_failed(&Flow { transport: Transport::Tcp, ..flow() });
    let outputs = bench.drain();
    assert!(matches!(event(outputs), Some(Event::Failed { failure: Failure::Transport, .. })));
    assert_eq!(bench.endpoint.transactions(), (0, 0));
}

#[test]
fn a_cancel_carries_its_reason_also_when_it_has_to_wait_and_is_sent_once() {
    let mut bench = Bench::new();
    let invite = bench.send(Method::Invite, Transport::Udp);
    let reason = || {
        let mut headers = Headers::new();
        headers.add(HeaderName::Reason, b"SIP;cause=200");
        headers
    };
    bench.endpoint.cancel(ClientId(1), reason(), bench.now);
    assert!(sent(&bench.drain()).is_empty(), "nothing has come back yet");
    let via = invite.lines().find(|line| line.starts_with("Via: ")).expect("a Via");
    let ringing = format!(
        "SIP/2.0 180 Ringing\r\n{via}\r\nFrom: <sip:warden@10.0.0.1>;tag=9\r\nTo: <sip:bob@10.0.0.9>;tag=bt\r\n\
         Call-ID: ours\r\nCSeq: 1 INVITE\r\n\r\n"
    );
    let cancels = sent(&bench.receive(&ringing));
    assert!(matches!(&cancels[..], [(_, text)] if text.starts_with("CANCEL ")), "{cancels:?}");
    assert!(cancels[0].1.contains("\r\nReason: SIP;cause=200\r\nContent-Length: 0\r\n"), "{cancels:?}");
    bench.endpoint.cancel(ClientId(1), reason(), bench.now);
    assert!(sent(&bench.drain()).is_empty() && sent(&bench.receive(&ringing)).is_empty());
}

#[test]
fn what_anybody_may_ask_leaves_no_transaction_behind() {
    let mut bench = Bench::new();
    for (method, status) in [("OPTIONS", Status::OK), ("BYE", Status::CALL_DOES_NOT_EXIST)] {
        for _ in 0..3 {
            let (id, _) = new_request(bench.receive(&request(method, method, "")));
            assert_eq!(statuses(&bench.answer(id, status)), [status.code()], "{method} is answered each time");
            assert_eq!(bench.endpoint.transactions(), (0, 0));
        }
    }
    let (id, _) = new_request(bench.receive(&request("INVITE", "i", "")));
    assert_eq!(statuses(&bench.answer(id, Status::CALL_DOES_NOT_EXIST)), [481]);
    assert!(bench.receive(&request("ACK", "i", "")).is_empty(), "its ACK is for nobody");
    assert_eq!(bench.endpoint.transactions(), (0, 0));
}
