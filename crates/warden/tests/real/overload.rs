//! A server that cannot keep up.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::support::{Warden, poll};

/// More than a message may wait.
const TOO_LONG: Duration = Duration::from_millis(110);

/// Somebody without credentials dials this number; the status of the answer.
fn dial(socket: &UdpSocket, server: &Warden, number: &str, call: u32) {
    let local = socket.local_addr().unwrap();
    let invite = format!(
        "INVITE sip:{number}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {local};rport;branch=z9hG4bKo{call}\r\n\
         From: <sip:1001@127.0.0.1>;tag=o{call}\r\nTo: <sip:{number}@127.0.0.1>\r\nCall-ID: o{call}\r\n\
         CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:1001@{local}>\r\nContent-Length: 0\r\n\r\n"
    );
    socket.send_to(invite.as_bytes(), ("127.0.0.1", server.sip_port())).unwrap();
}

fn answer(socket: &UdpSocket) -> String {
    let mut buffer = [0; 2048];
    let length = socket.recv(&mut buffer).expect("an answer within 5 s");
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

/// Whether the process stands still, as `/proc` has it behind its name.
fn is_stopped(server: &Warden) -> bool {
    let line = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    line.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
}

/// The answer to a call that has waited too long. A stopped process is the surest way to be late.
fn late_answer(socket: &UdpSocket, server: &Warden, call: u32) -> String {
    server.signal(Signal::SIGSTOP);
    poll(5, || is_stopped(server).then_some(())).expect("it stands still");
    dial(socket, server, "1002", call);
    let sent = Instant::now();
    poll(5, || (sent.elapsed() > TOO_LONG).then_some(())).expect("time passes");
    server.signal(Signal::SIGCONT);
    answer(socket)
}

#[test]
fn new_calls_are_refused_while_they_wait_too_long_but_never_emergency_calls() {
    let server = Warden::start(&[("1001", "blue-kettle")]);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    dial(&socket, &server, "1002", 1);
    assert!(answer(&socket).starts_with("SIP/2.0 401"));

    let mut call = 1;
    let refused = poll(10, || {
        call += 1;
        Some(late_answer(&socket, &server, call)).filter(|answer| answer.starts_with("SIP/2.0 503"))
    });
    assert!(refused.expect("calls are refused").contains("Retry-After: "));
    call += 1;
    dial(&socket, &server, "911", call);
    let emergency = answer(&socket);
    assert!(emergency.starts_with("SIP/2.0 401"), "{emergency}");

    poll(10, || {
        call += 1;
        dial(&socket, &server, "1002", call);
        answer(&socket).starts_with("SIP/2.0 401").then_some(())
    })
    .expect("calls are taken again");
}
