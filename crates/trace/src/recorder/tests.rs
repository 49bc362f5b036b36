//! What is kept of calls, and what is not.

use std::net::SocketAddr;

use warden_call::call_event::{Cause, Ender, Ending, Started};
use warden_call::directory::Extension;
use warden_sip::header::Transport;

use super::*;

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

fn flow(transport: Transport) -> Flow {
    let address = |host| SocketAddr::from(([192, 0, 2, host], 5060));
    Flow { transport, local: address(9), remote: address(1), connection: None }
}

fn text(first: &str, sip_call_id: &str, length: usize) -> Bytes {
    let body = "x".repeat(length);
    format!("{first}\r\nCall-ID: {sip_call_id}\r\n\r\n{body}").into()
}

fn started() -> CallEvent {
    CallEvent::Started(Box::new(Started {
        caller: Extension::parse(b"1001").unwrap(),
        caller_name: String::new(),
        dialled: "1002".into(),
        sip_call_id: String::new(),
        source: ([192, 0, 2, 1], 5060).into(),
        user_agent: String::new(),
        revision: 1,
    }))
}

fn ended(cause: Cause) -> CallEvent {
    CallEvent::Ended(Ending { by: Ender::Caller, cause, status: None })
}

struct Bench {
    recorder: Recorder,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        Self { recorder: Recorder::new(), now: start() }
    }

    fn message(&mut self, first: &str, sip_call_id: &str) -> Option<Key> {
        self.sized(first, sip_call_id, 0)
    }

    fn sized(&mut self, first: &str, sip_call_id: &str, length: usize) -> Option<Key> {
        let bytes = text(first, sip_call_id, length);
        self.recorder.message(Way::Received, flow(Transport::Udp), sip_call_id.as_bytes(), &bytes, self.now)
    }

    fn begin(&mut self, call: u64, sip_call_id: &str) {
        self.recorder.leg(CallId(call), sip_call_id.as_bytes());
        self.event(call, started());
    }

    fn event(&mut self, call: u64, event: CallEvent) {
        self.recorder.event(CallId(call), event, self.now);
    }

    /// A call whose INVITE has this Call-ID, from its beginning to its end.
    fn call(&mut self, call: u64, sip_call_id: &str, cause: Cause) {
        self.message("INVITE x", sip_call_id);
        self.begin(call, sip_call_id);
        self.event(call, ended(cause));
    }

    /// The first line of each message that is kept of a call; `-` for a decision.
    fn kept(&self, call: u64) -> Vec<String> {
        let items = self.recorder.recording(CallId(call)).map(|recording| recording.items).unwrap_or_default();
        let line = |item: &Item| match item {
            Item::Message(tapped) => String::from_utf8_lossy(&tapped.bytes).lines().next().unwrap().to_owned(),
            Item::Decision { .. } => "-".to_owned(),
        };
        items.iter().map(line).collect()
    }
}

#[test]
fn a_call_has_the_messages_of_all_its_legs_and_those_before_it_began() {
    let mut bench = Bench::new();
    let first = bench.message("INVITE 1", "a").unwrap();
    bench.message("SIP/2.0 401", "a");
    assert_eq!(bench.recorder.call_of(first), None);
    bench.message("INVITE 2", "a");
    bench.begin(1, "a");
    assert_eq!(bench.recorder.call_of(first), Some(CallId(1)));
    bench.recorder.leg(CallId(1), b"b");
    bench.message("INVITE 3", "b");
    bench.message("SIP/2.0 200", "c");
    bench.message("BYE", "b");
    assert_eq!(bench.kept(1), ["INVITE 1", "SIP/2.0 401", "INVITE 2", "-", "INVITE 3", "BYE"]);
}

#[test]
fn what_is_sent_follows_from_what_is_decided_at_the_same_time() {
    let mut bench = Bench::new();
    bench.message("INVITE 1", "a");
    bench.recorder.leg(CallId(1), b"b");
    let sent = |bench: &mut Bench, first| {
        bench.recorder.message(Way::Sent, flow(Transport::Udp), b"b", &text(first, "b", 0), bench.now);
    };
    sent(&mut bench, "INVITE 2");
    bench.begin(1, "a");
    assert_eq!(bench.kept(1), ["INVITE 1", "-", "INVITE 2"]);
    sent(&mut bench, "CANCEL");
    bench.now += Duration::from_secs(1);
    bench.event(1, ended(Cause::GaveUp));
    assert_eq!(bench.kept(1), ["INVITE 1", "-", "INVITE 2", "CANCEL", "-"]);
}

#[test]
fn a_call_that_never_begins_is_forgotten() {
    let mut bench = Bench::new();
    for call in 0..2000 {
        bench.recorder.leg(CallId(call), b"the same");
    }
    assert_eq!((bench.recorder.entries.len(), bench.recorder.by_call.len()), (MAX_STRANGERS, MAX_STRANGERS));
    assert_eq!(bench.recorder.by_key.len(), 1);
}

#[test]
fn nothing_is_kept_of_what_is_no_call() {
    let mut bench = Bench::new();
    for first in ["REGISTER x", "OPTIONS x", "SIP/2.0 200 OK", "MESSAGE x"] {
        assert_eq!(bench.message(first, "a"), None);
    }
    assert_eq!((bench.recorder.entries.len(), bench.recorder.total), (0, 0));
}

#[test]
fn a_call_id_that_is_another_calls_begins_a_call_of_its_own() {
    let mut bench = Bench::new();
    bench.call(1, "a", Cause::HungUp);
    bench.call(2, "a", Cause::HungUp);
    bench.message("BYE", "a");
    assert_eq!(bench.kept(1), ["INVITE x", "-", "-", "INVITE x"]);
    assert_eq!(bench.kept(2), ["-", "-", "BYE"]);
}

#[test]
fn a_call_that_fails_is_handed_out_once_with_its_last_words() {
    let mut bench = Bench::new();
    bench.call(1, "a", Cause::HungUp);
    bench.call(2, "b", Cause::Refused(500));
    bench.message("ACK", "b");
    assert!(bench.recorder.take_failed(bench.now).is_none());
    let at = bench.recorder.next_timeout().unwrap();
    let failed = bench.recorder.take_failed(at).unwrap();
    assert_eq!((failed.call, failed.items.len(), at - bench.now), (CallId(2), 4, LAST_WORDS));
    assert!(bench.recorder.take_failed(at).is_none() && bench.recorder.next_timeout().is_none());
    let listed = |recorder: &Recorder, at| recorder.just_failed(at).iter().map(|it| it.call).collect::<Vec<_>>();
    assert_eq!(listed(&bench.recorder, at), [CallId(2)], "until it is written");
    assert_eq!(listed(&bench.recorder, at + WRITING), []);
    assert!(bench.recorder.take_failed(at + WRITING).is_none());
    assert_eq!(listed(&bench.recorder, at), [], "forgotten");
    assert_eq!(bench.kept(2).len(), 4);
}

#[test]
fn of_a_long_call_the_beginning_and_the_end_are_kept() {
    let mut bench = Bench::new();
    bench.message("INVITE x", "a");
    bench.begin(1, "a");
    for number in 0..1000 {
        bench.message(&format!("INFO {number}"), "a");
    }
    let kept = bench.kept(1);
    assert_eq!((kept.len(), &*kept[99], &*kept[100], &*kept[299]), (300, "INFO 97", "INFO 800", "INFO 999"));
    assert_eq!(bench.recorder.recording(CallId(1)).unwrap().left_out, 702);
    bench.sized("INFO large", "a", 60_000);
    assert!(bench.recorder.total <= MAX_BYTES, "{}", bench.recorder.total);
    assert_eq!(bench.kept(1).last().unwrap(), "INFO large");
    bench.sized("INFO too large", "a", 65_500);
    assert_eq!(bench.kept(1).last().unwrap(), "INFO large");
}

#[test]
fn invites_without_a_call_and_calls_that_have_ended_are_forgotten_the_oldest_first() {
    let mut bench = Bench::new();
    bench.call(0, "first", Cause::Refused(500));
    for number in 1..=2000 {
        bench.call(number, &number.to_string(), Cause::HungUp);
    }
    assert_eq!((bench.recorder.entries.len(), bench.recorder.by_call.len()), (MAX_ENDED, MAX_ENDED));
    assert!(bench.kept(1000).is_empty() && !bench.kept(1001).is_empty());
    let at = bench.recorder.next_timeout().unwrap();
    assert!(bench.recorder.take_failed(at).is_none(), "forgotten before its last words");
    for number in 0..3000 {
        bench.message("INVITE x", &format!("stranger {number}"));
    }
    assert_eq!(bench.recorder.entries.len(), MAX_ENDED + MAX_STRANGERS);
    assert_eq!(bench.recorder.by_key.len(), MAX_ENDED + MAX_STRANGERS);
}

#[test]
fn invites_without_a_call_displace_no_call_that_has_failed() {
    let mut bench = Bench::new();
    for call in 1..=5 {
        let sip_call_id = call.to_string();
        bench.begin(call, &sip_call_id);
        bench.sized("INVITE x", &sip_call_id, 60_000);
        bench.event(call, ended(Cause::Refused(500)));
    }
    for number in 0..1200 {
        bench.sized("INVITE x", &format!("stranger {number}"), 65_300);
        bench.sized("INVITE x", &format!("stranger {number}"), 15_000);
    }
    let at = bench.now + LAST_WORDS;
    let failed: Vec<_> = std::iter::from_fn(|| bench.recorder.take_failed(at)).map(|it| it.call.0).collect();
    assert_eq!(failed, [1, 2, 3, 4, 5]);
}

#[test]
fn all_calls_together_have_a_bound_and_those_that_have_ended_make_room() {
    let mut bench = Bench::new();
    let large = |bench: &mut Bench, call: u64| {
        let sip_call_id = call.to_string();
        bench.begin(call, &sip_call_id);
        bench.sized("INVITE x", &sip_call_id, 60_000);
    };
    large(&mut bench, 1);
    bench.event(1, ended(Cause::HungUp));
    for call in 2..1500 {
        large(&mut bench, call);
        assert!(bench.recorder.total <= MAX_TOTAL);
    }
    assert!(bench.kept(1).is_empty() && bench.kept(2).len() == 2);
    assert!(!bench.kept(1499).contains(&"INVITE x".to_owned()), "no room");
    assert!(bench.recorder.recording(CallId(1499)).unwrap().left_out > 0);
}

#[test]
fn a_message_from_a_stream_holds_no_larger_buffer() {
    let mut bench = Bench::new();
    let buffer = text("INVITE x", "a", 0);
    for (transport, is_shared) in [(Transport::Udp, true), (Transport::Tcp, false)] {
        bench.recorder.message(Way::Received, flow(transport), b"a", &buffer, bench.now);
        bench.begin(1, "a");
        let recording = bench.recorder.recording(CallId(1)).unwrap();
        let kept = recording.items.iter().rev().find_map(|item| match item {
            Item::Message(tapped) => Some(tapped.bytes.as_ptr()),
            Item::Decision { .. } => None,
        });
        assert_eq!(kept == Some(buffer.as_ptr()), is_shared);
    }
}
