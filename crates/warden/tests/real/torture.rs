//! Every message of RFC 4475 and RFC 5118, sent to the built `warden`: each gets the answer that it should and does no
//! harm.
//!
//! Nothing waits for silence: a ping follows each message by the same way, and its answer comes after any other.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::process;
use std::time::Duration;

use warden_sip::framer::{Frame, StreamFramer};
use warden_sip::message::Message;

use crate::support::{Warden, get, poll};

#[path = "../../../sip/testdata/torture/verdicts.rs"]
mod verdicts;

use verdicts::{RFC_4475, RFC_5118, Verdict};

/// The status of each answer that a message gets, by its name.
type Answers = BTreeMap<&'static str, Vec<u16>>;

/// What becomes of these on a stream is not what becomes of a datagram.
const ON_A_STREAM: [(&str, &[u16], Stream); 5] = [
    ("dblreq", &[401, 401], Stream::Ends), // two messages, and a few bytes that are none
    ("clerr", &[], Stream::Waits),         // its length is more than there is
    ("ncl", &[400], Stream::Ends),         // less than none
    ("mcl01", &[400], Stream::Ends),       // twice
    ("inv2543", &[400], Stream::Ends),     // not given
];

/// What a message does to the stream that brings it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    /// Another message may follow.
    Goes,
    /// The server closes it, since nobody knows where the next message begins.
    Ends,
    /// The server waits for the rest.
    Waits,
}

/// A server, and what it weighed at first.
struct Bench {
    server: Warden,
    memory_mb: u64,
}

impl Bench {
    fn start(host: &str) -> Self {
        let listen = |text: String| text.replace("host: 127.0.0.1", &format!("host: '{host}'"));
        let server = Warden::start_with(&[("1001", "blue-kettle")], listen);
        let memory_mb = memory_mb(&server);
        Self { server, memory_mb }
    }

    /// Stops it. Nothing has happened that anybody should act on.
    fn stops_unharmed(mut self) {
        let grown_mb = memory_mb(&self.server).saturating_sub(self.memory_mb);
        assert!(grown_mb < 20, "{grown_mb} MB more");
        assert_eq!(self.server.stop().code(), Some(0));
        let output = self.server.output();
        assert!(!output.contains("ERROR") && !output.contains("panicked"), "{output}");
    }
}

fn memory_mb(server: &Warden) -> u64 {
    let status = get(server, "/api/status");
    let memory = status["memory_usage"].as_str().and_then(|text| text.strip_suffix(" MB"));
    memory.expect("the system tells").parse().unwrap()
}

fn message(rfc: &str, name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sip/testdata/torture").join(rfc);
    let ending = if rfc == "rfc4475" { ".dat" } else { "" };
    fs::read(folder.join(format!("{name}{ending}"))).unwrap()
}

/// What this server, without knowing who asks, answers to a message.
fn expected(message: &[u8], verdict: Verdict) -> Vec<u16> {
    match verdict {
        Verdict::Refused(status) => vec![status],
        Verdict::Silent => Vec::new(),
        Verdict::Valid => {
            let message = Message::parse(message.to_vec().into()).unwrap();
            if !message.is_request() {
                return Vec::new();
            }
            let status = match message.method_name() {
                b"OPTIONS" => 200,
                b"BYE" => 481,
                b"INVITE" if message.to_tag().is_some() => 481, // of a call that is not there
                b"INVITE" | b"REGISTER" | b"MESSAGE" => 401,
                other => panic!("{}", other.escape_ascii()),
            };
            vec![status]
        }
    }
}

fn ping(name: &str, transport: &str, from: SocketAddr) -> String {
    format!(
        "OPTIONS sip:warden SIP/2.0\r\nVia: SIP/2.0/{transport} {from};branch=z9hG4bKping-{name};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:1001@warden>;tag=ping\r\nTo: <sip:warden>\r\nCall-ID: ping-{name}\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

fn status(answer: &[u8]) -> u16 {
    std::str::from_utf8(answer.strip_prefix(b"SIP/2.0 ").unwrap().get(..3).unwrap()).unwrap().parse().unwrap()
}

fn is_pong(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    text.starts_with("SIP/2.0 200 ") && text.contains("Call-ID: ping-")
}

/// Where answers to a message go: to the port that its Via names.
fn via_port(name: &str) -> u16 {
    match name {
        "quotbal" => 5050,
        "ipv4-mapped-ipv6" => 19_823,
        "mult-ip-in-header" => 6050,
        _ => 5060,
    }
}

/// An address for each message, another one than other processes take.
fn own_address(number: usize) -> Ipv4Addr {
    let [.., upper, lower] = process::id().to_be_bytes();
    Ipv4Addr::new(127, 64 | upper, lower, u8::try_from(number + 1).unwrap())
}

/// Sends a message in a datagram from `at`; the answers to it.
fn answers_to_datagram(server: SocketAddr, at: SocketAddr, name: &str, message: &[u8]) -> Vec<u16> {
    let socket = poll(10, || UdpSocket::bind(at).ok()).expect("the port of the Via is free");
    socket.connect(server).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket.send(message).unwrap();
    socket.send(ping(name, "UDP", at).as_bytes()).unwrap();
    let (mut answers, mut space) = (Vec::new(), [0; 16_384]);
    loop {
        let length = socket.recv(&mut space).unwrap_or_else(|error| panic!("after {name}: {error}"));
        if is_pong(&space[..length]) {
            return answers;
        }
        answers.push(status(&space[..length]));
    }
}

#[test]
fn each_message_of_rfc_4475_in_a_datagram_gets_its_answer_and_does_no_harm() {
    let bench = Bench::start("127.0.0.1");
    let server = (Ipv4Addr::LOCALHOST, bench.server.sip_port()).into();
    let (mut answered, mut wanted) = (Answers::new(), Answers::new());
    for (number, (name, verdict)) in RFC_4475.into_iter().enumerate() {
        let message = message("rfc4475", name);
        let at = (own_address(number), via_port(name)).into();
        answered.insert(name, answers_to_datagram(server, at, name, &message));
        wanted.insert(name, expected(&message, verdict));
    }
    assert_eq!(answered, wanted);
    bench.stops_unharmed();
}

#[test]
fn each_message_of_rfc_5118_in_a_datagram_gets_its_answer_and_does_no_harm() {
    if UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return; // not every machine has IPv6
    }
    let bench = Bench::start("::1");
    let server = (Ipv6Addr::LOCALHOST, bench.server.sip_port()).into();
    let (mut answered, mut wanted) = (Answers::new(), Answers::new());
    for (name, verdict) in RFC_5118 {
        let message = message("rfc5118", name);
        let at = (Ipv6Addr::LOCALHOST, via_port(name)).into();
        answered.insert(name, answers_to_datagram(server, at, name, &message));
        wanted.insert(name, expected(&message, verdict));
    }
    assert_eq!(answered, wanted);
    bench.stops_unharmed();
}

/// Sends a message on a connection of its own; the answers to it. Panics when the stream does not do as it should.
fn answers_on_stream(server: SocketAddr, name: &str, message: &[u8], stream: Stream) -> Vec<u16> {
    let mut connection = TcpStream::connect(server).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    connection.write_all(message).unwrap();
    match stream {
        Stream::Goes => {
            let ping = ping(name, "TCP", connection.local_addr().unwrap());
            connection.write_all(ping.as_bytes()).unwrap();
        }
        Stream::Waits => connection.shutdown(Shutdown::Write).unwrap(),
        Stream::Ends => {}
    }
    let (mut framer, mut answers, mut space) = (StreamFramer::new(), Vec::new(), [0; 4096]);
    loop {
        let length = match connection.read(&mut space) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("after {name}: {error}"),
            Ok(length) => length,
            Err(_) => 0,
        };
        if length == 0 {
            assert!(stream != Stream::Goes, "{name} ends the connection after {answers:?}");
            return answers;
        }
        framer.push(&space[..length]);
        while let Ok(Some(Frame::Message(answer))) = framer.next_frame() {
            if is_pong(&answer) {
                assert!(stream == Stream::Goes, "{name} does not end the connection");
                return answers;
            }
            answers.push(status(&answer));
        }
    }
}

#[test]
fn each_message_of_rfc_4475_on_a_connection_gets_its_answer_and_does_no_harm() {
    let bench = Bench::start("127.0.0.1");
    let server = (Ipv4Addr::LOCALHOST, bench.server.sip_port()).into();
    let (mut answered, mut wanted) = (Answers::new(), Answers::new());
    for (name, verdict) in RFC_4475 {
        let message = message("rfc4475", name);
        let special = ON_A_STREAM.iter().find(|(special, ..)| *special == name);
        let stream = special.map_or(Stream::Goes, |(_, _, stream)| *stream);
        answered.insert(name, answers_on_stream(server, name, &message, stream));
        wanted.insert(name, special.map_or_else(|| expected(&message, verdict), |(_, answers, _)| answers.to_vec()));
    }
    assert_eq!(answered, wanted);
    bench.stops_unharmed();
}
