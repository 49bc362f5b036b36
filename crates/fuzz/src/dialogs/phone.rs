//! A phone without manners: it says what it is told to, in dialogs that it has seen the beginning of.

use std::fmt::Write as _;

use warden_sip::endpoint::Flow;
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::method::Method;

use super::tables::Body;

/// Dialogs, and requests to be answered, that a phone remembers.
const MEMORY: usize = 8;

/// A number so far from the last one cannot be followed.
pub(super) const FAR_AHEAD: u32 = u32::MAX;

/// A dialog, or the beginning of one.
#[derive(Clone)]
pub(super) struct Line {
    call_id: String,
    /// Our end, with tag.
    local: String,
    /// The other end; with tag once it is known.
    remote: String,
    /// Where requests go.
    target: String,
    sequence: u32,
    /// Of the last INVITE that this phone has sent.
    invite: (u32, u32),
    /// Of the last reliable response to it.
    rseq: u32,
    /// The number of a 2xx that awaits its ACK.
    accepted: Option<u32>,
}

impl Line {
    /// As Replaces names it, from the far end's point of view or from this end's.
    pub(super) fn replaces(&self, is_far: bool) -> String {
        let (local, remote) = (tag(&self.local), tag(&self.remote));
        let (to, from) = if is_far { (remote, local) } else { (local, remote) };
        format!("{};to-tag={to};from-tag={from}", self.call_id)
    }
}

/// A request that awaits its answer.
struct Asked {
    method: Method,
    /// The headers that an answer repeats.
    headers: String,
    has_offer: bool,
}

pub(super) struct Phone {
    pub(super) flow: Flow,
    /// The last byte of its address.
    host: usize,
    number: &'static str,
    pub(super) lines: Vec<Line>,
    asked: Vec<Asked>,
    /// Numbers branches, tags and descriptions.
    count: u32,
}

impl Phone {
    pub(super) fn new(number: &'static str, host: usize, flow: Flow) -> Self {
        Self { flow, host, number, lines: Vec::new(), asked: Vec::new(), count: 0 }
    }

    pub(super) fn register(&mut self, expires_s: u32) -> Vec<u8> {
        let Self { host, number, .. } = *self;
        let extra = format!("Expires: {expires_s}\r\n");
        let line = Line {
            call_id: format!("r{host}"),
            local: format!("<sip:{number}@203.0.113.1>;tag=r"),
            remote: format!("<sip:{number}@203.0.113.1>"),
            target: "sip:203.0.113.1".into(),
            sequence: self.next(),
            invite: (0, 0),
            rseq: 0,
            accepted: None,
        };
        let branch = self.next();
        self.print("REGISTER", &line, (branch, line.sequence), &extra, Body::None)
    }

    /// An INVITE outside of dialogs.
    pub(super) fn invite(&mut self, dialled: &str, extra: &str, body: Body) -> Vec<u8> {
        let line = self.open(dialled);
        self.reinvite(line, extra, body)
    }

    /// A request outside of dialogs.
    pub(super) fn outside(&mut self, method: &str, dialled: &str, extra: &str, body: Body) -> Vec<u8> {
        let line = self.open(dialled);
        self.within(line, method, extra, body, 1)
    }

    /// INVITE in a dialog, or before there is one.
    pub(super) fn reinvite(&mut self, line: usize, extra: &str, body: Body) -> Vec<u8> {
        let branch = self.next();
        let Some(line) = self.lines.get_mut(line) else { return Vec::new() };
        line.sequence += 1;
        line.invite = (branch, line.sequence);
        let line = line.clone();
        self.print("INVITE", &line, line.invite, extra, body)
    }

    /// Another request in a dialog; its number is `ahead` of the last one.
    pub(super) fn within(&mut self, line: usize, method: &str, extra: &str, body: Body, ahead: u32) -> Vec<u8> {
        let branch = self.next();
        let Some(line) = self.lines.get_mut(line) else { return Vec::new() };
        let sequence = line.sequence.saturating_add(ahead);
        // What is far ahead is a slip: the phone counts on from before.
        if ahead < FAR_AHEAD {
            line.sequence = sequence;
        }
        let line = line.clone();
        self.print(method, &line, (branch, sequence), extra, body)
    }

    /// CANCEL, or ACK with the branch of the INVITE.
    pub(super) fn companion(&mut self, line: usize, method: &str) -> Vec<u8> {
        let Some(line) = self.lines.get(line).cloned() else { return Vec::new() };
        self.print(method, &line, line.invite, "", Body::None)
    }

    /// ACK for a 2xx.
    pub(super) fn acknowledge(&mut self, line: usize, body: Body) -> Vec<u8> {
        let branch = self.next();
        let Some(line) = self.lines.get_mut(line) else { return Vec::new() };
        let sequence = line.accepted.take().unwrap_or(line.invite.1);
        let line = line.clone();
        self.print("ACK", &line, (branch, sequence), "", body)
    }

    /// PRACK for the last reliable response, or one that is `ahead` of it.
    pub(super) fn confirm(&mut self, line: usize, ahead: u32, body: Body) -> Vec<u8> {
        let Some(known) = self.lines.get(line) else { return Vec::new() };
        let extra = format!("RAck: {} {} INVITE\r\n", known.rseq.wrapping_add(ahead), known.invite.1);
        self.within(line, "PRACK", &extra, body, 1)
    }

    /// Which 2xx wants an ACK.
    pub(super) fn accepted(&self) -> Option<usize> {
        self.lines.iter().position(|line| line.accepted.is_some())
    }

    pub(super) fn has_been_asked(&self) -> usize {
        self.asked.len()
    }

    /// Answers a request; a final answer is the last.
    pub(super) fn answer(&mut self, place: usize, status: u16, extra: &str, body: Body) -> Vec<u8> {
        if place >= self.asked.len() {
            return Vec::new();
        }
        let asked = if status < 200 { None } else { Some(self.asked.remove(place)) };
        let version = self.next();
        let Some(asked) = asked.as_ref().or(self.asked.get(place)) else { return Vec::new() };
        let Self { host, number, .. } = *self;
        // Somewhere else, for a redirection.
        let contact =
            if status / 100 == 3 { "1003@203.0.113.1".into() } else { format!("{number}@192.0.2.{host}:5060") };
        let (content_type, body) = body.print(host, version);
        let length = body.len();
        let headers = &asked.headers;
        format!(
            "SIP/2.0 {status} Yes\r\n{headers}Contact: <sip:{contact}>\r\n{extra}{content_type}\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// Answers as a phone does that wants everything.
    pub(super) fn agree(&mut self, place: usize) -> Vec<u8> {
        let Some(asked) = self.asked.get(place) else { return Vec::new() };
        let may_carry_offer = matches!(asked.method, Method::Update | Method::Prack) && asked.has_offer;
        let describes = asked.method == Method::Invite || may_carry_offer;
        self.answer(place, 200, "", if describes { Body::Sdp(0) } else { Body::None })
    }

    /// Takes what Warden has sent.
    pub(super) fn hear(&mut self, message: &Message) {
        if message.is_request() { self.hear_request(message) } else { self.hear_response(message) }
    }

    fn hear_request(&mut self, request: &Message) {
        let known = self.find(request);
        let place = known.unwrap_or_else(|| {
            let tag = self.next();
            let remote = text(request.header(HeaderName::From));
            let local = format!("{};tag=p{tag}", text(request.header(HeaderName::To)));
            let (call_id, target) = (text(Some(request.call_id())), String::new());
            let line = Line { call_id, local, remote, target, sequence: 0, invite: (0, 0), rseq: 0, accepted: None };
            self.remember(line)
        });
        let Some(line) = self.lines.get_mut(place) else { return };
        if let Some(target) = contact(request) {
            line.target = target;
        }
        if matches!(request.method(), Method::Ack | Method::Cancel) {
            return;
        }
        let mut headers = String::new();
        for via in request.headers(HeaderName::Via) {
            let _ = write!(headers, "Via: {}\r\n", text(Some(via)));
        }
        let [from, call_id, cseq] =
            [HeaderName::From, HeaderName::CallId, HeaderName::CSeq].map(|name| text(request.header(name)));
        let to = &line.local;
        let _ = write!(headers, "From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n");
        if self.asked.len() == MEMORY {
            self.asked.remove(0);
        }
        self.asked.push(Asked { method: request.method(), headers, has_offer: !request.body().is_empty() });
    }

    fn hear_response(&mut self, response: &Message) {
        let Some(place) = self.find(response) else { return };
        let Some(line) = self.lines.get_mut(place) else { return };
        let is_invite = response.method() == Method::Invite;
        if response.to_tag().is_some() && response.status().is_some_and(|status| status.code() < 300) {
            line.remote = text(response.header(HeaderName::To));
            if let Some(target) = contact(response) {
                line.target = target;
            }
            if let Some(rseq) = response.header(HeaderName::RSeq) {
                line.rseq = text(Some(rseq)).parse().unwrap_or_default();
            }
            if is_invite && response.status().is_some_and(|status| status.code() >= 200) {
                line.accepted = Some(response.sequence());
            }
        }
    }

    fn find(&self, message: &Message) -> Option<usize> {
        self.lines.iter().position(|line| line.call_id.as_bytes() == message.call_id())
    }

    /// A new dialog with a number, before anything is said.
    fn open(&mut self, dialled: &str) -> usize {
        let count = self.next();
        let Self { host, number, .. } = *self;
        self.remember(Line {
            call_id: format!("c{host}.{count}"),
            local: format!("<sip:{number}@203.0.113.1>;tag=t{count}"),
            remote: format!("<sip:{dialled}@203.0.113.1>"),
            target: format!("sip:{dialled}@203.0.113.1"),
            sequence: 0,
            invite: (0, 0),
            rseq: 0,
            accepted: None,
        })
    }

    /// The newest takes the oldest one's place.
    fn remember(&mut self, line: Line) -> usize {
        if self.lines.len() == MEMORY {
            self.lines.remove(0);
        }
        self.lines.push(line);
        self.lines.len() - 1
    }

    fn next(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    fn print(&mut self, method: &str, line: &Line, (branch, sequence): (u32, u32), extra: &str, body: Body) -> Vec<u8> {
        let version = self.next();
        let Self { host, number, ref flow, .. } = *self;
        let Line { call_id, local, remote, target, .. } = line;
        let transport = flow.transport.name();
        let (content_type, body) = body.print(host, version);
        let length = body.len();
        format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/{transport} 192.0.2.{host}:5060;rport;branch=z9hG4bK{host}.{branch}\r\n\
             Max-Forwards: 70\r\nFrom: {local}\r\nTo: {remote}\r\nCall-ID: {call_id}\r\nCSeq: {sequence} {method}\r\n\
             Contact: <sip:{number}@192.0.2.{host}:5060>\r\n{extra}{content_type}Content-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

fn text(value: Option<&[u8]>) -> String {
    String::from_utf8_lossy(value.unwrap_or_default()).into_owned()
}

fn tag(end: &str) -> &str {
    end.rsplit_once("tag=").map_or("", |(_, tag)| tag)
}

/// The URI of a Contact of Warden's.
fn contact(message: &Message) -> Option<String> {
    let value = text(message.header(HeaderName::Contact));
    Some(value.split_once('<')?.1.split_once('>')?.0.to_owned())
}
