//! Lamps of other phones for one extension: all at one socket, which answers whatever they are told.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use warden_sip::digest::{Challenge, Exchange, Ha1};

use crate::PASSWORD;
use crate::support::{Heard, Warden};

/// Longer than the measurement.
const EXPIRES_S: u32 = 3600;
const PATIENCE: Duration = Duration::from_secs(30);

/// Lamps that are on or off; they answer until the program ends.
pub(crate) struct Watchers {
    notified: Arc<AtomicU64>,
}

impl Watchers {
    /// Each of these numbers watches `busy`, and has been told its state once.
    pub(crate) fn subscribe(server: &Warden, numbers: &[String], busy: &str) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.connect((Ipv4Addr::LOCALHOST, server.sip_port())).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let (at, mut told) = (socket.local_addr().unwrap(), HashSet::new());
        for number in numbers {
            subscribe(&socket, at, number, busy, &mut told);
        }
        let deadline = Instant::now() + PATIENCE;
        while told.len() < numbers.len() {
            assert!(Instant::now() < deadline, "only {} are told", told.len());
            answer(&socket, &receive(&socket), &mut told);
        }
        let notified = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&notified);
        socket.set_read_timeout(None).unwrap();
        thread::spawn(move || {
            loop {
                answer(&socket, &receive(&socket), &mut HashSet::new());
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { notified }
    }

    /// How many NOTIFYs they have answered since, once none has come for a second.
    pub(crate) fn notified(&self) -> u64 {
        let mut count = self.notified.load(Ordering::Relaxed);
        loop {
            thread::sleep(Duration::from_secs(1));
            let now = self.notified.load(Ordering::Relaxed);
            if now == count {
                return count;
            }
            count = now;
        }
    }
}

/// Signs in and is granted the subscription. NOTIFYs that come meanwhile are answered.
fn subscribe(socket: &UdpSocket, at: SocketAddr, number: &str, busy: &str, told: &mut HashSet<String>) {
    let uri = format!("sip:{busy}@127.0.0.1");
    let (mut credentials, mut last) = (String::new(), Heard(String::new()));
    for sequence in 1..=2 {
        let request = format!(
            "SUBSCRIBE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bK{number}{sequence};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{number}@127.0.0.1>;tag=w\r\nTo: <{uri}>\r\nCall-ID: watch-{number}\r\n\
             CSeq: {sequence} SUBSCRIBE\r\nContact: <sip:{number}@{at}>\r\nEvent: dialog\r\nExpires: {EXPIRES_S}\r\n\
             {credentials}Content-Length: 0\r\n\r\n"
        );
        socket.send(request.as_bytes()).unwrap();
        last = loop {
            let heard = receive(socket);
            if heard.0.starts_with("SIP/2.0 ") {
                break heard;
            }
            answer(socket, &heard, told);
        };
        if sequence == 1 {
            credentials = sign(number, &uri, last.header("WWW-Authenticate").unwrap_or_default());
        }
    }
    assert_eq!(last.status(), 200, "{}", last.0);
}

fn sign(number: &str, uri: &str, challenge: &str) -> String {
    let challenge = Challenge::parse(challenge.as_bytes()).unwrap();
    let ha1 = Ha1::derive(number.as_bytes(), challenge.realm(), PASSWORD.as_bytes());
    let exchange = Exchange { method: b"SUBSCRIBE", uri: uri.as_bytes(), nc: 1, cnonce: b"0a4f113b" };
    let signed = String::from_utf8(challenge.answer(number.as_bytes(), &ha1, &exchange)).unwrap();
    format!("Authorization: {signed}\r\n")
}

/// 200 to a NOTIFY; whose it is, is noted.
fn answer(socket: &UdpSocket, request: &Heard, told: &mut HashSet<String>) {
    let value = |name| request.header(name).unwrap_or_default();
    let copied = ["Via", "From", "To", "Call-ID", "CSeq"].map(|name| format!("{name}: {}\r\n", value(name)));
    socket.send(format!("SIP/2.0 200 OK\r\n{}Content-Length: 0\r\n\r\n", copied.concat()).as_bytes()).unwrap();
    told.insert(value("Call-ID").to_owned());
}

fn receive(socket: &UdpSocket) -> Heard {
    let mut space = [0; 8192];
    let length = socket.recv(&mut space).unwrap();
    Heard(String::from_utf8_lossy(space.get(..length).unwrap_or_default()).into_owned())
}
