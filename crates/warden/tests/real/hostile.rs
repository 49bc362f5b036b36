//! Peers that want to do harm: messages that lie about themselves, connections without number, peers that do not listen.
//!
//! Nothing waits for silence: a ping follows each message by the same way, and its answer comes after any other.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

use crate::support::{Ask, RawPhone, Warden, get, poll};

const OK: &[u16] = &[200];
const BAD: &[u16] = &[400];
/// A header that takes no part in routing, so that a message with it is as good as without.
const MEGABYTE: usize = 1 << 20;

/// An OPTIONS with further header lines, a Content-Length line as it stands, and a body.
fn options(via: &str, headers: &[u8], length: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "OPTIONS sip:warden SIP/2.0\r\nVia: SIP/2.0/{via} 127.0.0.1;branch=z9hG4bKhostile;rport\r\nMax-Forwards: 70\r\n\
         From: <sip:1001@warden>;tag=h\r\nTo: <sip:warden>\r\nCall-ID: hostile\r\nCSeq: 1 OPTIONS\r\n"
    );
    [head.as_bytes(), headers, length.as_bytes(), b"\r\n", body].concat()
}

fn ping(via: &str) -> Vec<u8> {
    let ping = String::from_utf8(options(via, b"", "Content-Length: 0\r\n", b"")).unwrap();
    ping.replace("Call-ID: hostile", "Call-ID: ping").replace("z9hG4bKhostile", "z9hG4bKping").into_bytes()
}

/// A body of parts within parts.
fn nested(depth: usize) -> Vec<u8> {
    let opened =
        (0..depth).map(|level| format!("--b{level}\r\nContent-Type: multipart/mixed;boundary=b{}\r\n\r\n", level + 1));
    opened.collect::<String>().into_bytes()
}

/// What is sent, and the statuses that it gets.
struct Case {
    name: &'static str,
    headers: Vec<u8>,
    length: String,
    body: Vec<u8>,
    answers: &'static [u16],
    /// It ends a stream, since nobody knows where the next message begins.
    ends: bool,
}

fn case(name: &'static str, headers: impl Into<Vec<u8>>, answers: &'static [u16]) -> Case {
    let (length, body) = ("Content-Length: 0\r\n".to_owned(), Vec::new());
    Case { name, headers: headers.into(), length, body, answers, ends: false }
}

fn length(name: &'static str, length: &str, answers: &'static [u16], ends: bool) -> Case {
    Case { length: format!("{length}\r\n"), ends, ..case(name, "", answers) }
}

fn cases() -> Vec<Case> {
    let deep = nested(2000);
    let many_vias = |count| "v: SIP/2.0/UDP a;branch=z9hG4bKx\r\n".repeat(count);
    vec![
        length("the largest number there is", "Content-Length: 18446744073709551615", BAD, true),
        length("a number larger than any", "Content-Length: 99999999999999999999999999", BAD, true),
        length("less than nothing", "Content-Length: -1", BAD, true),
        length("twice, and not the same", "Content-Length: 0\r\nl: 5", BAD, true),
        length("a space in front of the colon", "Content-Length : 0", OK, false),
        length("with a sign", "Content-Length: +0", BAD, true),
        length("no number", "Content-Length: none", BAD, true),
        case("a folded header", "Subject: one\r\n two\r\n\tthree\r\n", OK),
        case("Latin-1", b"Subject: caf\xe9\r\nOrganization: \xff\xfe\r\n", OK),
        case("NUL", b"Subject: a\0b\r\n", OK),
        case("a hundred times the same header", "Subject: again\r\n".repeat(100), OK),
        Case { ends: true, ..case("a thousand Vias", many_vias(1000), BAD) },
        Case {
            length: format!(
                "Content-Type: multipart/mixed;boundary=b0\r\nContent-Length: {}\r\n",
                deep.len().min(48_000)
            ),
            body: deep[..deep.len().min(48_000)].to_vec(),
            ..case("parts within parts", "", OK)
        },
    ]
}

fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}

fn server() -> Warden {
    Warden::start(&[("1001", "blue-kettle"), ("1002", "blue-kettle")])
}

fn address(server: &Warden) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, server.sip_port()).into()
}

fn memory_mb(server: &Warden) -> u64 {
    let status = get(server, "/api/status");
    let memory = status["memory_usage"].as_str().and_then(|text| text.strip_suffix(" MB"));
    memory.expect("the system tells").parse().unwrap()
}

/// A phone registers, so everything still works.
fn still_serves(server: &Warden) {
    RawPhone::new(server, Ipv4Addr::new(127, 0, 0, 9).into(), "1001", "blue-kettle").register();
}

fn stops_unharmed(mut server: Warden) {
    still_serves(&server);
    assert_eq!(server.stop().code(), Some(0));
    assert!(!server.output().contains("panicked"), "{}", server.output());
}

#[test]
fn a_datagram_that_lies_about_itself_is_refused_and_does_no_harm() {
    let server = server();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(address(&server)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    for case in cases() {
        socket.send(&options("UDP", &case.headers, &case.length, &case.body)).unwrap();
        socket.send(&ping("UDP")).unwrap();
        let (mut answers, mut space) = (Vec::new(), vec![0; 65_536]);
        loop {
            let got = socket.recv(&mut space).unwrap_or_else(|error| panic!("after {}: {error}", case.name));
            let text = String::from_utf8_lossy(&space[..got]).into_owned();
            if text.contains("Call-ID: ping") {
                break;
            }
            answers.extend(status(&text));
        }
        assert_eq!(answers, case.answers, "{}", case.name);
    }
    stops_unharmed(server);
}

#[test]
fn a_message_on_a_stream_that_lies_about_itself_is_refused_and_does_no_harm() {
    let server = server();
    for case in cases() {
        let mut stream = TcpStream::connect(address(&server)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(&options("TCP", &case.headers, &case.length, &case.body)).unwrap();
        // The server may have closed the connection already.
        let _pinged = stream.write_all(&ping("TCP"));
        let (mut heard, mut space) = (String::new(), [0; 4096]);
        let ended = loop {
            match stream.read(&mut space) {
                Ok(0) => break true,
                Ok(length) => heard.push_str(&String::from_utf8_lossy(&space[..length])),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break true,
                Err(error) => panic!("after {}: {error}", case.name),
            }
            if heard.contains("Call-ID: ping") {
                break false;
            }
        };
        assert_eq!((ended, status(&heard)), (case.ends, case.answers.first().copied()), "{}: {heard}", case.name);
    }
    stops_unharmed(server);
}

#[test]
fn a_head_without_end_is_not_kept() {
    let server = server();
    let before = memory_mb(&server);
    for _ in 0..50 {
        let mut stream = TcpStream::connect(address(&server)).unwrap();
        let sent = stream.write_all(&options("TCP", &[b"Subject: ".to_vec(), vec![b'x'; MEGABYTE]].concat(), "", b""));
        let vias = "v: SIP/2.0/TCP a;branch=z9hG4bKx\r\n".repeat(10_000);
        // The server has closed the connection when it had heard enough.
        let closed = sent.is_err() || stream.write_all(vias.as_bytes()).is_err() || is_closed(&mut stream);
        assert!(closed);
    }
    let after = memory_mb(&server);
    assert!(after < before + 20, "{before} MB became {after}");
    stops_unharmed(server);
}

fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[test]
fn who_asks_without_end_and_never_reads_holds_up_nobody() {
    let server = server();
    let before = memory_mb(&server);
    let mut stream = TcpStream::connect(address(&server)).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let burst = options("TCP", b"", "Content-Length: 0\r\n", b"").repeat(100);
    let mut sent = 0;
    // Until the server does not read any more, or has closed the connection.
    while sent < 200 * MEGABYTE && stream.write_all(&burst).is_ok() {
        sent += burst.len();
    }
    assert!(sent < 200 * MEGABYTE, "the server reads without end from who does not read");
    still_serves(&server);
    let after = memory_mb(&server);
    assert!(after < before + 20, "{before} MB became {after}");
    stops_unharmed(server);
}

/// A connection from an address of the loopback network.
fn connect_from(from: Ipv4Addr, to: SocketAddr) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect_timeout(&to.into(), Duration::from_secs(10)).unwrap();
    socket
}

#[test]
fn two_thousand_connections_that_say_nothing_keep_nobody_out() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let server = server();
    let before = memory_mb(&server);
    let sources = (1..=10).map(|host| Ipv4Addr::new(127, 0, 7, host));
    let silent: Vec<_> = sources
        .flat_map(|source| (0..200).map(move |_| source))
        .map(|from| connect_from(from, address(&server)))
        .collect();
    assert_eq!(silent.len(), 2000);
    let mut stream = TcpStream::from(connect_from(Ipv4Addr::new(127, 0, 8, 1), address(&server)));
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(&ping("TCP")).unwrap();
    let mut space = [0; 4096];
    let length = stream.read(&mut space).unwrap();
    assert_eq!(status(&String::from_utf8_lossy(&space[..length])), Some(200));
    let after = memory_mb(&server);
    assert!(after < before + 60, "{before} MB became {after}");
    drop(silent);
    stops_unharmed(server);
}

#[test]
fn an_invite_that_the_network_repeats_makes_one_call() {
    let server = server();
    let mut bob = RawPhone::new(&server, Ipv4Addr::LOCALHOST.into(), "1002", "blue-kettle");
    bob.register();
    let mut alice = RawPhone::new(&server, Ipv4Addr::LOCALHOST.into(), "1001", "blue-kettle");
    alice.send_signed(&Ask::call("1001", "1002"));
    for _ in 0..5 {
        alice.repeat();
    }
    bob.take_call();
    let answer = alice.answer();
    assert_eq!(answer.status(), 200);
    assert_eq!(server.calls().len(), 1);
    alice.hang_up(&answer);
    bob.call_ended();
    poll(10, || (server.records().len() == 1).then_some(())).expect("one record");
    stops_unharmed(server);
}
