//! Who is at the other end: messages from small tables, so that they often belong to what came before.

use bytes::Bytes;
use warden_sip::header::HeaderName;
use warden_sip::message::Message;

use crate::choices::Choices;

/// The last messages of each kind that can be referred to.
const MEMORY: usize = 16;

const METHODS: [&str; 10] =
    ["INVITE", "INVITE", "INVITE", "BYE", "OPTIONS", "REGISTER", "PRACK", "UPDATE", "ACK", "PUBLISH"];
const EXTRAS: [&str; 6] = [
    "",
    "",
    "Require: 100rel\r\n",
    "Require: nothing\r\n",
    "Via: SIP/2.0/UDP 10.0.0.200:5060;branch=z9hG4bK0000000000000001\r\n",
    "Max-Forwards: 0\r\n",
];
const STATUSES: [u16; 12] = [100, 180, 180, 183, 199, 200, 200, 202, 302, 404, 487, 603];

/// What a request is made of.
#[derive(Clone, Copy)]
struct Form {
    method: &'static str,
    branch: usize,
    host: usize,
    to_tag: usize,
    call: usize,
    sequence: usize,
}

impl Form {
    fn print(self, extra: &str) -> Vec<u8> {
        let Self { method, branch, host, to_tag, call, sequence } = self;
        // RFC 2543 has no branch that says anything.
        let branch = if branch == 7 { String::new() } else { format!(";branch=z9hG4bK{branch}") };
        let rport = if host == 0 { ";rport" } else { "" };
        let to_tag = if to_tag == 0 { String::new() } else { format!(";tag=t{to_tag}") };
        let text = format!(
            "{method} sip:100@10.0.0.200 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.{host}:5070{rport}{branch}\r\n{extra}\
             From: <sip:200@10.0.0.1>;tag=f\r\nTo: <sip:100@10.0.0.1>{to_tag}\r\nCall-ID: c{call}\r\n\
             CSeq: {sequence} {method}\r\nContent-Length: 0\r\n\r\n"
        );
        text.into_bytes()
    }
}

/// An INVITE like no other.
pub(super) fn fresh(number: u8) -> Bytes {
    let (host, call) = (9, 1000 + usize::from(number));
    Form { method: "INVITE", branch: call, host, to_tag: 0, call, sequence: 1 }.print("").into()
}

/// What the peer remembers, newest last.
#[derive(Default)]
pub(super) struct Peer {
    forms: Vec<Form>,
    delivered: Vec<Bytes>,
    /// Requests of the engine's, as the headers that their answers repeat.
    heard: Vec<Vec<u8>>,
}

impl Peer {
    /// A request: new, or by chance one that is known.
    pub(super) fn request(&mut self, choices: &mut Choices<'_>) -> Vec<u8> {
        let form = Form {
            method: choices.pick(&METHODS),
            branch: choices.below(8),
            host: choices.below(2),
            to_tag: choices.below(3),
            call: choices.below(4),
            sequence: choices.below(4),
        };
        keep(&mut self.forms, form);
        form.print(choices.pick(&EXTRAS))
    }

    /// ACK or CANCEL for a request.
    pub(super) fn companion(&mut self, choices: &mut Choices<'_>) -> Vec<u8> {
        let Some(&form) = choices.choose(&self.forms) else { return Vec::new() };
        let method = choices.pick(&["ACK", "CANCEL"]);
        let branch = if choices.one_in(2) { choices.below(8) } else { form.branch };
        let to_tag = if choices.one_in(2) { choices.below(3) } else { form.to_tag };
        Form { method, branch, to_tag, ..form }.print("")
    }

    /// A response to a request of the engine's.
    pub(super) fn response(&mut self, choices: &mut Choices<'_>) -> Vec<u8> {
        let Some(headers) = choices.choose(&self.heard) else { return Vec::new() };
        let (status, to_tag) = (choices.pick(&STATUSES), choices.below(20));
        let mut text = format!("SIP/2.0 {status} Yes\r\n").into_bytes();
        text.extend_from_slice(headers);
        text.extend_from_slice(format!("To: <sip:bob@10.0.0.9>;tag={to_tag}\r\nContent-Length: 0\r\n\r\n").as_bytes());
        text
    }

    /// Something that was delivered before.
    pub(super) fn repeat(&self, choices: &mut Choices<'_>) -> Vec<u8> {
        choices.choose(&self.delivered).map(|bytes| bytes.to_vec()).unwrap_or_default()
    }

    pub(super) fn remember(&mut self, bytes: &Bytes) {
        keep(&mut self.delivered, bytes.clone());
    }

    /// The engine has sent this.
    pub(super) fn hear(&mut self, message: &Message) {
        if !message.is_request() || message.is_ack() {
            return;
        }
        let mut headers = Vec::with_capacity(200);
        let names = [
            (HeaderName::Via, "Via"),
            (HeaderName::From, "From"),
            (HeaderName::CallId, "Call-ID"),
            (HeaderName::CSeq, "CSeq"),
        ];
        for (name, text) in names {
            headers.extend_from_slice(text.as_bytes());
            headers.extend_from_slice(b": ");
            headers.extend_from_slice(message.header(name).unwrap_or_default());
            headers.extend_from_slice(b"\r\n");
        }
        keep(&mut self.heard, headers);
    }
}

fn keep<T>(memory: &mut Vec<T>, new: T) {
    if memory.len() == MEMORY {
        memory.remove(0);
    }
    memory.push(new);
}
