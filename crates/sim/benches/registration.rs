//! What one registration costs the engines: REGISTER, 401, REGISTER with credentials, 200; no socket, no disk.
//!
//! The phone's own work (computing its credentials) is measured apart, to be subtracted.

#![expect(clippy::expect_used, reason = "the messages are known to be valid")]

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use warden_call::directory::{Device, Directory, Extension, Person};
use warden_call::{CAPABILITIES, Input, Output, Pbx};
use warden_sip::digest::{Challenge, Exchange, Ha1};
use warden_sip::endpoint::{self, Endpoint, Flow, Settings};
use warden_sip::header::{HeaderName, Transport};
use warden_sip::message::Message;
use warden_sip::random::Random;
use warden_sip::transaction::Timers;

struct Node {
    endpoint: Endpoint,
    pbx: Pbx,
    now: Instant,
}

impl Node {
    fn new(directory: Directory) -> Self {
        let settings =
            Settings { timers: Timers::RFC3261, capabilities: CAPABILITIES, max_server_transactions: 100_000 };
        let now = Instant::now();
        let [engine, core] = [[1; 32], [2; 32]].map(Random::from_seed);
        Self { endpoint: Endpoint::new(settings, engine, now), pbx: Pbx::new(Arc::new(directory), core, now), now }
    }

    /// One turn; the last message sent.
    fn receive(&mut self, text: Vec<u8>) -> Bytes {
        self.now += Duration::from_millis(1);
        self.endpoint.handle_timeout(self.now);
        self.endpoint.receive(Bytes::from(text), flow(), self.now);
        let mut sent = Bytes::new();
        loop {
            if let Some(output) = self.pbx.poll() {
                match output {
                    Output::Answer { id, reply } => self.endpoint.answer(id, &reply, self.now),
                    Output::Send { .. } | Output::Save(_) | Output::Event(_) => {}
                }
            } else if let Some(output) = self.endpoint.poll() {
                match output {
                    endpoint::Output::Transmit { bytes, .. } => sent = bytes,
                    endpoint::Output::Event(event) => self.pbx.handle(Input::Sip(event), self.now),
                }
            } else {
                return sent;
            }
        }
    }
}

fn flow() -> Flow {
    let (local, remote) = (([127, 0, 0, 1], 5060).into(), ([127, 0, 0, 1], 5070).into());
    Flow { transport: Transport::Udp, local, remote, connection: None }
}

fn directory() -> (Directory, Ha1) {
    let extension = Extension::parse(b"1001").expect("an extension");
    let ha1 = Ha1::derive(b"1001", b"warden-pbx", b"a password");
    let device = Device { extension: extension.clone(), ha1: ha1.clone() };
    let directory = Directory {
        realm: "warden-pbx".into(),
        people: HashMap::from([(extension, Person { name: "Alice".into() })]),
        devices: HashMap::from([(b"1001"[..].into(), device)]),
        ..Directory::default()
    };
    (directory, ha1)
}

fn register(branch: u32, authorization: &str) -> Vec<u8> {
    format!(
        "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;rport;branch=z9hG4bK-{branch}\r\n\
         Max-Forwards: 70\r\nFrom: \"Alice\" <sip:1001@127.0.0.1>;tag=1c2d3e\r\nTo: <sip:1001@127.0.0.1>\r\n\
         Call-ID: {branch}@127.0.0.1\r\nCSeq: {branch} REGISTER\r\nContact: <sip:1001@127.0.0.1:5070>\r\n\
         Expires: 3600\r\nUser-Agent: bench\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n{authorization}\
         Content-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

fn credentials(challenge: &[u8], ha1: &Ha1) -> String {
    let challenge = Challenge::parse(challenge).expect("a challenge");
    let exchange = Exchange { method: b"REGISTER", uri: b"sip:127.0.0.1", nc: 1, cnonce: b"0a4f113b" };
    let value = challenge.answer(b"1001", ha1, &exchange);
    format!("Authorization: {}\r\n", String::from_utf8_lossy(&value))
}

fn registration(criterion: &mut Criterion) {
    let (directory, ha1) = directory();
    let mut node = Node::new(directory);
    let mut branch = 0;
    criterion.bench_function("registration/core_and_phone", |bencher| {
        bencher.iter(|| {
            branch += 2;
            let refused = Message::parse(node.receive(register(branch, ""))).expect("valid");
            let challenge = refused.header(HeaderName::WwwAuthenticate).expect("a challenge");
            let accepted = node.receive(register(branch + 1, &credentials(challenge, &ha1)));
            assert!(accepted.starts_with(b"SIP/2.0 200"));
        });
    });
    let refused = Message::parse(node.receive(register(1, ""))).expect("valid");
    let challenge = refused.header(HeaderName::WwwAuthenticate).expect("a challenge").to_vec();
    criterion.bench_function("registration/phone_alone", |bencher| {
        bencher.iter(|| {
            black_box(register(1, ""));
            black_box(register(2, &credentials(black_box(&challenge), &ha1)))
        });
    });
}

criterion_group!(benches, registration);
criterion_main!(benches);
