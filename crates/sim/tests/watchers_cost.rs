//! What two hundred watchers of one busy extension cost: counted, so that it does not creep.

#![expect(clippy::expect_used, reason = "the messages are known to be valid")]

#[path = "../benches/node/mod.rs"]
mod node;

use node::{Node, challenge, credentials, flow, ha1};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;

const WATCHER: u16 = 5090;

/// A request from 127.0.0.1 at `port`, with a Call-ID and branch of its own.
fn request(method: &str, from: &str, to: &str, port: u16, number: u32, more: &str) -> Vec<u8> {
    format!(
        "{method} sip:{to}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{method}{from}{number}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{from}@127.0.0.1>;tag=t{number}\r\nTo: <sip:{to}@127.0.0.1>\r\n\
         Call-ID: {method}-{from}-{number}\r\nCSeq: {number} {method}\r\nContact: <sip:{from}@127.0.0.1:{port}>\r\n{more}"
    )
    .into_bytes()
}

/// The same, after a challenge.
fn signed(node: &mut Node, method: &str, from: &str, to: &str, port: u16, number: u32, more: &str) {
    node.receive(request(method, from, to, port, 2 * number, more), flow(port));
    let credentials = credentials(&challenge(&node.sent("SIP/2.0 401")), from, &ha1(from), method);
    node.receive(request(method, from, to, port, 2 * number + 1, &format!("{credentials}{more}")), flow(port));
}

fn accept(node: &mut Node, notify: &Message) {
    let value = |name| String::from_utf8_lossy(notify.header(name).expect("a header")).into_owned();
    let answer = format!(
        "SIP/2.0 200 OK\r\nVia: {}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {}\r\nContent-Length: 0\r\n\r\n",
        value(HeaderName::Via),
        value(HeaderName::From),
        value(HeaderName::To),
        value(HeaderName::CallId),
        value(HeaderName::CSeq)
    );
    node.receive(answer.into_bytes(), flow(WATCHER));
}

/// NOTIFYs of each turn from the INVITE on, and what was allocated for all of them.
fn call_with(watchers: u32) -> (Vec<usize>, u64) {
    let mut node = Node::new(&["1001", "1002", "1003"]);
    signed(&mut node, "REGISTER", "1002", "1002", 5080, 1, "Content-Length: 0\r\n\r\n");
    for number in 0..watchers {
        let more = "Event: dialog\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n";
        signed(&mut node, "SUBSCRIBE", "1003", "1002", WATCHER, number + 1, more);
        let notify = node.sent("NOTIFY");
        accept(&mut node, &notify);
    }
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
    let more = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}", sdp.len());
    let mut notified = Vec::new();
    let counted = allocation_counter::measure(|| {
        signed(&mut node, "INVITE", "1001", "1002", 5070, 1, &more);
        for tick in 0..100 {
            notified.push(node.sent.iter().filter(|bytes| bytes.starts_with(b"NOTIFY")).count());
            node.receive(
                request("OPTIONS", "1001", "1002", 5070, 1000 + tick, "Content-Length: 0\r\n\r\n"),
                flow(5070),
            );
        }
    });
    (notified, counted.count_total)
}

#[test]
fn two_hundred_watchers_are_told_in_lots_of_forty_at_a_bounded_cost_each() {
    let (none, base) = call_with(0);
    assert_eq!(none.iter().sum::<usize>(), 0);
    let (notified, all) = call_with(200);
    assert_eq!((notified.iter().sum::<usize>(), notified.iter().max()), (200, Some(&40)));
    let each = (all - base) / 200;
    assert!(each <= 30, "{each} allocations for each NOTIFY");
}
