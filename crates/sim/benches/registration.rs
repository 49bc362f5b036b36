//! What one registration costs the engines: REGISTER, 401, REGISTER with credentials, 200; no socket, no disk.
//!
//! The phone's own work (computing its credentials) is measured apart, to be subtracted.

mod node;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use node::{Node, challenge, credentials, flow};

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

fn registration(criterion: &mut Criterion) {
    let mut node = Node::new(&["1001"]);
    let ha1 = node.ha1.clone();
    let mut branch = 0;
    criterion.bench_function("registration/core_and_phone", |bencher| {
        bencher.iter(|| {
            branch += 2;
            node.receive(register(branch, ""), flow(5070));
            let challenge = challenge(&node.sole());
            node.receive(register(branch + 1, &credentials(&challenge, "1001", &ha1, "REGISTER")), flow(5070));
            assert!(node.sent.iter().any(|sent| sent.starts_with(b"SIP/2.0 200")));
        });
    });
    node.receive(register(1, ""), flow(5070));
    let challenge = challenge(&node.sole());
    criterion.bench_function("registration/phone_alone", |bencher| {
        bencher.iter(|| {
            black_box(register(1, ""));
            black_box(register(2, &credentials(black_box(&challenge), "1001", &ha1, "REGISTER")))
        });
    });
}

criterion_group!(benches, registration);
criterion_main!(benches);
