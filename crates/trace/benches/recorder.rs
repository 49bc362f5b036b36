//! What keeping messages costs the signalling thread: a whole call of 14 messages and 6 events, and a registration.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark measures time, and has nobody to tell"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use warden_call::call_event::{CallEvent, CallId, Cause, Ender, Ending, Started};
use warden_call::directory::Extension;
use warden_sip::endpoint::Flow;
use warden_sip::header::Transport;
use warden_sip::message::call_id;
use warden_trace::{Recorder, Way};

fn message(first: &str, call_id: &str) -> Bytes {
    let body = "a=sendrecv\r\n".repeat(20);
    format!(
        "{first}\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;rport;branch=z9hG4bK-1\r\nMax-Forwards: 70\r\n\
         From: \"Alice\" <sip:1001@127.0.0.1>;tag=1c2d3e\r\nTo: <sip:1002@127.0.0.1>\r\nCall-ID: {call_id}\r\n\
         CSeq: 1 INVITE\r\nContact: <sip:1001@127.0.0.1:5070>\r\nUser-Agent: bench\r\nContent-Length: 240\r\n\r\n{body}"
    )
    .into()
}

fn started() -> CallEvent {
    CallEvent::Started(Box::new(Started {
        caller: Extension::parse(b"1001").expect("an extension"),
        caller_name: "Alice".into(),
        dialled: "1002".into(),
        sip_call_id: "0123456789abcdef@127.0.0.1".into(),
        source: ([127, 0, 0, 1], 5070).into(),
        user_agent: "bench".into(),
        revision: 1,
    }))
}

fn call(recorder: &mut Recorder, number: u64, messages: &[(Way, Bytes)], flow: Flow, at: Instant) {
    let ringing = || CallEvent::Ringing { extension: Extension::parse(b"1002").expect("an extension") };
    for (index, (way, bytes)) in messages.iter().enumerate() {
        recorder.message(*way, flow, call_id(bytes).unwrap_or_default(), bytes, at);
        if index == 3 {
            recorder.leg(CallId(number), b"the second");
            recorder.leg(CallId(number), number.to_string().as_bytes());
            recorder.event(CallId(number), started(), at);
            recorder.event(CallId(number), ringing(), at);
            recorder.event(CallId(number), ringing(), at);
        }
    }
    let ending = Ending { by: Ender::Caller, cause: Cause::HungUp, status: None };
    recorder.event(CallId(number), CallEvent::Ended(ending), at);
}

fn keeping(criterion: &mut Criterion) {
    let flow = Flow {
        transport: Transport::Udp,
        local: ([127, 0, 0, 1], 5060).into(),
        remote: ([127, 0, 0, 1], 5070).into(),
        connection: None,
    };
    let now = Instant::now();
    let ways = [Way::Received, Way::Sent].into_iter().cycle();
    let make = |number: u64| -> Vec<_> {
        let first = number.to_string();
        let texts = (0..14).map(|index| {
            let line = if index < 4 { "INVITE sip:1002@127.0.0.1 SIP/2.0" } else { "SIP/2.0 200 OK" };
            message(line, if index < 8 { &first } else { "the second" })
        });
        ways.clone().zip(texts).collect()
    };
    let (mut recorder, mut number) = (Recorder::new(), 0);
    criterion.bench_function("recorder/call", |bencher| {
        bencher.iter_custom(|count| {
            let calls: Vec<_> = (0..count).map(|index| make(number + index)).collect();
            let begun = Instant::now();
            for messages in &calls {
                call(&mut recorder, number, messages, flow, now + Duration::from_millis(number));
                number += 1;
            }
            begun.elapsed()
        });
    });
    let register = message("REGISTER sip:127.0.0.1 SIP/2.0", "0123456789abcdef@127.0.0.1");
    let answer = message("SIP/2.0 200 OK", "0123456789abcdef@127.0.0.1");
    criterion.bench_function("recorder/registration", |bencher| {
        bencher.iter(|| {
            for bytes in [&register, &answer] {
                let id = call_id(black_box(bytes)).unwrap_or_default();
                black_box(recorder.message(Way::Received, flow, id, bytes, now));
            }
        });
    });
}

criterion_group!(benches, keeping);
criterion_main!(benches);
