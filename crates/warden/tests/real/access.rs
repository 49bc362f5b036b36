//! Who is heard: scanners, networks, bans and phones without a password, as they come to the built `warden`.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::support::{Ask, Guesser, PASSWORD, RawPhone, Warden, get, loopback, poll};

const EXTENSIONS: [(&str, &str); 2] = [("1001", PASSWORD), ("1002", PASSWORD)];

/// A server with more in its section `security:`.
fn server_with(security: &str) -> Warden {
    Warden::start_with(&EXTENSIONS, |text| text.replace("logging:\n", &format!("security:\n{security}logging:\n")))
}

fn at(server: &Warden) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, server.sip_port()).into()
}

fn options(transport: &str, agent: &str) -> String {
    format!(
        "OPTIONS sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1:5099;branch=z9hG4bK-{agent};rport\r\n\
         From: <sip:100@1.1.1.1>;tag=6\r\nTo: <sip:100@1.1.1.1>\r\nCall-ID: {agent}\r\nCSeq: 1 OPTIONS\r\n\
         User-Agent: {agent}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Datagrams from another address of this machine.
struct Sender(UdpSocket);

impl Sender {
    fn new(server: &Warden, from: IpAddr) -> Self {
        let socket = UdpSocket::bind((from, 0)).unwrap();
        socket.connect(at(server)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
        Self(socket)
    }

    /// What comes back; `None` when not one byte does.
    fn ask(&self, text: &str) -> Option<String> {
        self.0.send(text.as_bytes()).unwrap();
        let mut space = [0; 4096];
        match self.0.recv(&mut space) {
            Ok(length) => Some(String::from_utf8_lossy(&space[..length]).into_owned()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The numbers of what got no answer.
fn unanswered(server: &Warden) -> Value {
    get(server, "/api/status")["messages"]["unanswered"].clone()
}

/// What `warden bans list --json` says.
fn bans(server: &Warden) -> Vec<Value> {
    let output = server.command(&["bans", "list", "--json"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn not_one_byte_comes_back_to_a_scanner_over_udp_or_tcp() {
    let server = Warden::start(&EXTENSIONS);
    let scanner = Sender::new(&server, loopback(2));
    for agent in ["friendly-scanner", "sipcli/v1.8", "VaxSIPUserAgent/3.1"] {
        assert_eq!(scanner.ask(&options("UDP", agent)), None, "{agent}");
    }
    assert_eq!(scanner.ask(&options("UDP", "Phone")), None, "the address is known by now");
    assert_eq!(scanner.ask("\r\n\r\n"), None, "a ping is not answered either");
    assert!(Sender::new(&server, loopback(3)).ask(&options("UDP", "Phone")).is_some());

    let mut stream = TcpStream::connect(at(&server)).unwrap();
    stream.write_all(options("TCP", "friendly-scanner").as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(stream.read(&mut [0; 100]).unwrap_or(0), 0, "the connection is closed");

    let counted = unanswered(&server);
    assert_eq!((&counted["scanners"], &counted["banned"]), (&4.into(), &2.into()), "{counted}");
    let addresses: Vec<_> = bans(&server).iter().map(|ban| ban["address"].clone()).collect();
    assert_eq!(addresses, ["127.0.0.2", "127.0.0.1"]);
}

#[test]
fn the_stock_filter_finds_scanners_and_who_signs_in_from_elsewhere() {
    let server =
        Warden::start_with(&EXTENSIONS, |text| text.replace("number: '1002'", "number: '1002', networks: [127.0.0.9]"));
    assert_eq!(Sender::new(&server, loopback(2)).ask(&options("UDP", "friendly-scanner")), None);
    assert_eq!(Guesser::udp(at(&server), loopback(9)).sign_in("1002", PASSWORD), 200);
    assert_eq!(Guesser::udp(at(&server), loopback(4)).sign_in("1002", PASSWORD), 403);
    let log = server.config().with_file_name("var/security.log");
    let lines = poll(10, || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        (text.lines().count() == 3).then_some(text)
    });
    let lines = lines.expect("a scanner, its ban, and a phone in the wrong place");
    let acls: Vec<_> = lines.lines().filter_map(|line| line.split("ACLName=").nth(1)).collect();
    assert_eq!(acls, ["\"scanner\"", "\"ban-address\"", "\"networks\""], "{lines}");
    let filter = Path::new("/etc/fail2ban/filter.d/asterisk.conf");
    let found = Command::new("fail2ban-regex").args(["-o", "<ip>"]).arg(&log).arg(filter).output().unwrap();
    let found: Vec<String> = String::from_utf8(found.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(found, ["127.0.0.2", "127.0.0.2", "127.0.0.4"]);
}

/// A connection from another address of this machine.
fn connect_from(address: IpAddr, port: u16) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(address, 0).into()).unwrap();
    socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()).unwrap();
    socket.into()
}

#[test]
fn a_network_that_is_denied_gets_no_answer_and_no_connection_until_a_reload_lets_it() {
    let server = server_with("  networks: { deny: [127.0.0.2] }\n");
    let denied = Sender::new(&server, loopback(2));
    assert_eq!((denied.ask(&options("UDP", "Phone")), denied.ask("\r\n\r\n")), (None, None));
    assert!(Sender::new(&server, loopback(3)).ask(&options("UDP", "Phone")).is_some());
    for port in [server.sip_port(), server.web_port()] {
        let mut stream = connect_from(loopback(2), port);
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        assert_eq!(stream.read(&mut [0; 100]).unwrap_or(0), 0, "the connection is closed");
    }
    assert_eq!(unanswered(&server)["connections_denied"], 2);
    let text = fs::read_to_string(server.config()).unwrap();
    server.write_text(&text.replace("deny: [127.0.0.2]", "deny: [127.0.0.3]"));
    server.reload();
    poll(10, || denied.ask(&options("UDP", "Phone"))).expect("heard after the reload");
}

#[test]
fn bans_survive_a_restart_and_are_lifted_by_command() {
    let mut server = Warden::start(&EXTENSIONS);
    let mut guesser = RawPhone::new(&server, loopback(2), "1001", "red-kettle");
    for _ in 0..5 {
        assert_eq!(guesser.ask_signed(&Ask::call("1001", "1002")).status(), 401);
    }
    let output = server.command(&["bans", "add", "127.0.0.3", "--for", "2h"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "127.0.0.3 banned for 7200 s\n", "{output:?}");
    assert_eq!(server.stop().code(), Some(0));
    assert_eq!(bans(&server).len(), 2, "also while no server runs");
    server.restart();
    let all = bans(&server);
    let seen: Vec<_> = all.iter().map(|ban| [&ban["address"], &ban["reason"], &ban["attempts"]]).collect();
    assert_eq!(seen[0], [&Value::from("127.0.0.2"), &"wrong_passwords".into(), &5.into()]);
    assert_eq!(seen[1], [&Value::from("127.0.0.3"), &"by_hand".into(), &0.into()]);
    let refused = RawPhone::new(&server, loopback(2), "1001", PASSWORD).ask(&Ask::call("1001", "1002"));
    assert_eq!(refused.status_line(), "403 Too Many Wrong Passwords");
    assert_eq!(Sender::new(&server, loopback(3)).ask(&options("UDP", "Phone")), None);

    let table = String::from_utf8(server.command(&["bans", "list"]).stdout).unwrap();
    assert!(table.contains("127.0.0.2  wrong passwords") && table.contains("127.0.0.3  by hand"), "{table}");
    assert!(server.command(&["bans", "remove", "127.0.0.2"]).status.success());
    let output = server.command(&["bans", "remove", "127.0.0.2"]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "warden: 127.0.0.2 is not banned\n");
    let heard = RawPhone::new(&server, loopback(2), "1001", PASSWORD).ask(&Ask::call("1001", "1002"));
    assert_eq!(heard.status(), 401);
    // What was lifted is gone from the database too.
    assert_eq!(server.stop().code(), Some(0));
    assert_eq!(bans(&server).len(), 1);
}

#[test]
fn a_sign_in_counts_for_one_request_and_not_for_its_connection() {
    let server = Warden::start(&EXTENSIONS);
    let mut phone = Guesser::tcp(at(&server));
    assert_eq!(phone.sign_in("1001", PASSWORD), 200);
    let challenge = phone.challenge();
    assert_eq!(phone.answer(&challenge, "1001", PASSWORD, "1002"), 403);
    let challenge = phone.challenge();
    assert_eq!(phone.answer(&challenge, "1002", "", "1002"), 401);
}

#[test]
fn an_adapter_without_a_password_registers_and_calls_from_its_address_only() {
    let server = Warden::start_with(&EXTENSIONS, |text| {
        text.replace("number: '1001'", "number: '1001', authentication: none, address: 127.0.0.5")
    });
    let mut called = RawPhone::new(&server, loopback(1), "1002", PASSWORD);
    called.register();
    let mut adapter = RawPhone::new(&server, loopback(5), "1001", "");
    assert_eq!(adapter.ask(&Ask::other("REGISTER", "1001", "1001")).status(), 200);
    adapter.send_unsigned(&Ask::call("1001", "1002"));
    called.take_call();
    let answer = adapter.answer();
    assert_eq!(answer.status(), 200);
    adapter.hang_up(&answer);
    called.call_ended();
    let mut elsewhere = RawPhone::new(&server, loopback(6), "1001", PASSWORD);
    assert_eq!(elsewhere.ask(&Ask::call("1001", "1002")).status(), 401);
    assert_eq!(elsewhere.ask_signed(&Ask::other("REGISTER", "1001", "1001")).status(), 200, "with its password");
    let other = adapter.ask(&Ask::call("1002", "1002"));
    assert_eq!(other.status(), 401, "it is no other extension");
}
