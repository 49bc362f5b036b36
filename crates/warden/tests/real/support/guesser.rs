//! Somebody who signs in as a program would, with whatever name and password.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use warden_sip::digest::{Challenge, Exchange, Ha1};

/// How its messages travel.
enum Line {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

/// A sender of REGISTER requests.
pub(crate) struct Guesser {
    line: Line,
    requests: u32,
}

impl Guesser {
    /// Sends from `from` over UDP.
    pub(crate) fn udp(server: SocketAddr, from: IpAddr) -> Self {
        let socket = UdpSocket::bind((from, 0)).unwrap();
        socket.connect(server).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { line: Line::Udp(socket), requests: 0 }
    }

    pub(crate) fn tcp(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { line: Line::Tcp(stream), requests: 0 }
    }

    /// Asks for a challenge.
    pub(crate) fn challenge(&mut self) -> Challenge {
        let answer = self.register("1001", "");
        let value = answer.lines().find_map(|line| line.strip_prefix("WWW-Authenticate: "));
        Challenge::parse(value.expect(&answer).as_bytes()).unwrap()
    }

    /// Signs in and registers the extension of the same name; the status of the answer.
    pub(crate) fn sign_in(&mut self, username: &str, password: &str) -> u16 {
        let challenge = self.challenge();
        self.answer(&challenge, username, password, username)
    }

    /// Answers `challenge` and registers `extension`; the status of the answer.
    pub(crate) fn answer(&mut self, challenge: &Challenge, username: &str, password: &str, extension: &str) -> u16 {
        let ha1 = Ha1::derive(username.as_bytes(), challenge.realm(), password.as_bytes());
        let exchange = Exchange { method: b"REGISTER", uri: b"sip:warden", nc: 1, cnonce: b"0a4f113b" };
        let credentials = String::from_utf8(challenge.answer(username.as_bytes(), &ha1, &exchange)).unwrap();
        let answer = self.register(extension, &format!("Authorization: {credentials}\r\n"));
        answer.split(' ').nth(1).expect(&answer).parse().unwrap()
    }

    /// The answer to a REGISTER with another header line.
    fn register(&mut self, extension: &str, header: &str) -> String {
        self.requests += 1;
        let (number, transport) = (self.requests, if matches!(self.line, Line::Udp(_)) { "UDP" } else { "TCP" });
        // A name that is no extension could not stand in a URI either.
        let extension = if extension.bytes().all(|byte| byte.is_ascii_digit()) { extension } else { "1001" };
        let from = match &self.line {
            Line::Udp(socket) => socket.local_addr().unwrap(),
            Line::Tcp(stream) => stream.local_addr().unwrap(),
        };
        self.exchange(&format!(
            "REGISTER sip:warden SIP/2.0\r\nVia: SIP/2.0/{transport} {from};branch=z9hG4bK{number};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{extension}@warden>;tag=t\r\nTo: <sip:{extension}@warden>\r\n\
             Call-ID: {from}\r\nCSeq: {number} REGISTER\r\nContact: <sip:{extension}@{from}>\r\n{header}\
             Content-Length: 0\r\n\r\n"
        ))
    }

    fn exchange(&mut self, request: &str) -> String {
        let mut answer = vec![0; 4096];
        let length = match &mut self.line {
            Line::Udp(socket) => {
                socket.send(request.as_bytes()).unwrap();
                socket.recv(&mut answer).unwrap()
            }
            Line::Tcp(stream) => {
                stream.write_all(request.as_bytes()).unwrap();
                stream.read(&mut answer).unwrap()
            }
        };
        answer.truncate(length);
        String::from_utf8(answer).unwrap()
    }
}

/// Another address of this machine, so that nobody shares its bans.
pub(crate) fn loopback(last: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, last).into()
}
