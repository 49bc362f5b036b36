//! A phone whose every header the test chooses: SIP over UDP with digest, and calls without sound.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use warden_sip::digest::{Challenge, Exchange, Ha1};

use super::Warden;

/// Audio at a place that never sends any.
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";

/// What is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    /// Whom the Request-URI and To name.
    pub(crate) to: &'a str,
    /// Whom From names.
    pub(crate) from: &'a str,
    pub(crate) max_forwards: u8,
    /// Further header lines, each with its end.
    pub(crate) headers: &'a str,
    /// The body; empty for none.
    pub(crate) body: &'a str,
    /// Its media type.
    pub(crate) body_type: &'a str,
}

impl<'a> Ask<'a> {
    /// A call that can be made.
    pub(crate) fn call(from: &'a str, to: &'a str) -> Self {
        Self { method: "INVITE", to, from, max_forwards: 70, headers: "", body: SDP, body_type: "application/sdp" }
    }

    /// Another request, with nothing special.
    pub(crate) fn other(method: &'a str, from: &'a str, to: &'a str) -> Self {
        Self { method, body: "", ..Self::call(from, to) }
    }

    fn uri(&self) -> String {
        if self.method == "REGISTER" { "sip:127.0.0.1".to_owned() } else { format!("sip:{}@127.0.0.1", self.to) }
    }
}

/// A message that came.
pub(crate) struct Heard(pub(crate) String);

impl Heard {
    pub(crate) fn status(&self) -> u16 {
        self.status_line().get(..3).expect(&self.0).parse().expect(&self.0)
    }

    /// Such as `404 Not Found`.
    pub(crate) fn status_line(&self) -> &str {
        self.0.lines().next().and_then(|line| line.strip_prefix("SIP/2.0 ")).expect(&self.0)
    }

    /// The value of the first header of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn must(&self, name: &str) -> &str {
        self.header(name).expect(&self.0)
    }

    fn uri_of_contact(&self) -> &str {
        self.must("Contact").split(['<', '>']).nth(1).expect(&self.0)
    }

    /// All of it, without what is another in every answer.
    pub(crate) fn masked(&self) -> String {
        let starts = ["branch=", ";tag=", "nonce=\"", "Call-ID: ", "CSeq: "];
        starts.iter().fold(self.0.clone(), |text, start| mask(&text, start))
    }
}

/// Puts a star for each word that follows `start`.
fn mask(text: &str, start: &str) -> String {
    let mut parts = text.split(start);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |masked, part| {
        let end = part.find([';', '"', ',', ' ', '\r']).unwrap_or(part.len());
        format!("{masked}{start}*{}", part.get(end..).unwrap_or_default())
    })
}

/// The phone.
pub(crate) struct RawPhone {
    socket: UdpSocket,
    pub(crate) username: String,
    pub(crate) password: String,
    /// How many requests it has sent; they make branches and Call-IDs.
    requests: u32,
    /// What it has sent last.
    last: String,
}

impl RawPhone {
    /// A phone at an address that signs in so, when it does.
    pub(crate) fn new(server: &Warden, at: IpAddr, username: &str, password: &str) -> Self {
        let socket = UdpSocket::bind((at, 0)).unwrap();
        socket.connect((Ipv4Addr::LOCALHOST, server.sip_port())).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { socket, username: username.into(), password: password.into(), requests: 0, last: String::new() }
    }

    /// The final answer to a request without credentials.
    pub(crate) fn ask(&mut self, ask: &Ask<'_>) -> Heard {
        self.send(ask, "");
        self.answer()
    }

    /// The final answer to a request that is asked again with credentials.
    pub(crate) fn ask_signed(&mut self, ask: &Ask<'_>) -> Heard {
        self.send_signed(ask);
        self.answer()
    }

    /// Asks without credentials, and leaves the answer for later.
    pub(crate) fn send_unsigned(&mut self, ask: &Ask<'_>) {
        self.send(ask, "");
    }

    /// Asks with credentials, and leaves the answer for later.
    pub(crate) fn send_signed(&mut self, ask: &Ask<'_>) {
        let challenged = self.ask(ask);
        let challenge = Challenge::parse(challenged.must("WWW-Authenticate").as_bytes()).unwrap();
        let name = self.username.as_bytes();
        let ha1 = Ha1::derive(name, challenge.realm(), self.password.as_bytes());
        let uri = ask.uri();
        let exchange = Exchange { method: ask.method.as_bytes(), uri: uri.as_bytes(), nc: 1, cnonce: b"0a4f113b" };
        let credentials = String::from_utf8(challenge.answer(name, &ha1, &exchange)).unwrap();
        self.send(ask, &format!("Authorization: {credentials}\r\n"));
    }

    /// Sends the last message once more, as the network may.
    pub(crate) fn repeat(&self) {
        self.transmit(&self.last);
    }

    /// Signs in and can be called then.
    pub(crate) fn register(&mut self) {
        let number = self.username.clone();
        assert_eq!(self.ask_signed(&Ask::other("REGISTER", &number, &number)).status(), 200);
    }

    /// The final answer to the last request; one to an INVITE is acknowledged.
    pub(crate) fn answer(&mut self) -> Heard {
        let branch = format!("branch={};", self.branch());
        let answer =
            self.receive(|heard| heard.0.starts_with("SIP/2.0 ") && heard.0.contains(&branch) && heard.status() >= 200);
        if answer.must("CSeq").ends_with("INVITE") {
            self.acknowledge(&answer);
        }
        answer
    }

    /// Ends a call that this phone has begun; `answer` is the 200.
    pub(crate) fn hang_up(&mut self, answer: &Heard) {
        self.requests += 1;
        self.send_within(answer, "BYE", answer.uri_of_contact(), self.requests);
        assert_eq!(self.answer().status(), 200);
    }

    /// The next request with this method, which gets 200.
    pub(crate) fn take(&mut self, method: &str) -> Heard {
        let request = self.receive(|heard| heard.0.starts_with(&format!("{method} ")));
        self.reply(&request, "");
        request
    }

    /// Is called, and answers.
    pub(crate) fn take_call(&mut self) {
        self.take_call_with(SDP);
    }

    /// The same with this description; the INVITE.
    pub(crate) fn take_call_with(&mut self, sdp: &str) -> Heard {
        let invite = self.receive(|heard| heard.0.starts_with("INVITE "));
        self.reply(&invite, sdp);
        self.receive(|heard| heard.0.starts_with("ACK "));
        invite
    }

    /// The final answer to a request in a call that it was called by with `invite`.
    pub(crate) fn ask_within(&mut self, invite: &Heard, method: &str, sdp: &str) -> Heard {
        self.requests += 1;
        let (number, branch, address) = (self.requests, self.branch(), self.address());
        let [from, to, call_id] = ["To", "From", "Call-ID"].map(|name| invite.must(name));
        let (uri, length) = (invite.uri_of_contact(), sdp.len());
        let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        self.transmit(&format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch={branch};rport\r\nMax-Forwards: 70\r\n\
             From: {from};tag=u\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {number} {method}\r\n\
             Contact: <sip:{address}>\r\n{kind}Content-Length: {length}\r\n\r\n{sdp}"
        ));
        self.answer()
    }

    /// The other has hung up.
    pub(crate) fn call_ended(&mut self) {
        let bye = self.receive(|heard| heard.0.starts_with("BYE "));
        self.reply(&bye, "");
    }

    fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    fn branch(&self) -> String {
        format!("z9hG4bK{:06}", self.requests)
    }

    fn send(&mut self, ask: &Ask<'_>, credentials: &str) {
        self.requests += 1;
        let (number, branch, address, uri) = (self.requests, self.branch(), self.address(), ask.uri());
        let Ask { method, to, from, max_forwards, headers, body, body_type } = *ask;
        let kind = if body.is_empty() { String::new() } else { format!("Content-Type: {body_type}\r\n") };
        self.last = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch={branch};rport\r\n\
             Max-Forwards: {max_forwards}\r\nFrom: <sip:{from}@127.0.0.1>;tag=t\r\nTo: <sip:{to}@127.0.0.1>\r\n\
             Call-ID: {number}@{address}\r\nCSeq: {number} {method}\r\nContact: <sip:{from}@{address}>\r\n\
             {headers}{credentials}{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.transmit(&self.last);
    }

    /// ACK: to a refused INVITE with its branch, to a 200 with one of its own.
    fn acknowledge(&mut self, answer: &Heard) {
        let number = answer.must("CSeq").split(' ').next().unwrap().parse().unwrap();
        if answer.status() < 300 {
            self.requests += 1;
            self.send_within(answer, "ACK", answer.uri_of_contact(), number);
        } else {
            self.send_within(answer, "ACK", "sip:127.0.0.1", number);
        }
    }

    fn send_within(&self, answer: &Heard, method: &str, uri: &str, number: u32) {
        let (branch, address) = (self.branch(), self.address());
        let [from, to, call_id] = ["From", "To", "Call-ID"].map(|name| answer.must(name));
        self.transmit(&format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch={branch};rport\r\nMax-Forwards: 70\r\n\
             From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n"
        ));
    }

    fn reply(&self, request: &Heard, sdp: &str) {
        let [via, from, to, call_id, number] = ["Via", "From", "To", "Call-ID", "CSeq"].map(|name| request.must(name));
        let (address, length) = (self.address(), sdp.len());
        let tag = if to.contains(";tag=") { "" } else { ";tag=u" };
        let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        self.transmit(&format!(
            "SIP/2.0 200 OK\r\nVia: {via}\r\nFrom: {from}\r\nTo: {to}{tag}\r\nCall-ID: {call_id}\r\nCSeq: {number}\r\n\
             Contact: <sip:{address}>\r\n{kind}Content-Length: {length}\r\n\r\n{sdp}"
        ));
    }

    fn transmit(&self, text: &str) {
        self.socket.send(text.as_bytes()).unwrap();
    }

    /// The next message that is wanted; others are not listened to.
    fn receive(&self, is_wanted: impl Fn(&Heard) -> bool) -> Heard {
        let mut space = [0; 8192];
        loop {
            let length = self.socket.recv(&mut space).expect("an answer in time");
            let heard = Heard(String::from_utf8(space[..length].to_vec()).unwrap());
            if is_wanted(&heard) {
                return heard;
            }
        }
    }
}
