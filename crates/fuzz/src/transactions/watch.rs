//! What has been told of each transaction, and what may not be told after it.

use bytes::Bytes;
use warden_sip::endpoint::{ClientId, Event, Reply, ServerId};
use warden_sip::header::{HeaderName, Via};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::tag::Tag;

use crate::choices::Choices;

/// A request that the engine told of.
struct Received {
    id: ServerId,
    method: Method,
    bytes: Bytes,
    /// The last answer.
    response: Bytes,
    answer: Option<Status>,
    is_reliable: bool,
    is_cancelled: bool,
    /// Its 2xx was acknowledged, or given up, or needs nothing.
    is_settled: bool,
}

/// A request that the engine was given.
struct Sent {
    id: ClientId,
    method: Method,
    answer: Option<Status>,
    has_failed: bool,
    to_tags: Vec<Box<[u8]>>,
}

impl Sent {
    fn is_over(&self) -> bool {
        self.answer.is_some() || self.has_failed
    }
}

#[derive(Default)]
pub(super) struct Watch {
    received: Vec<Received>,
    sent: Vec<Sent>,
}

impl Watch {
    /// One that the user knows, answered or not.
    pub(super) fn server(&self, choices: &mut Choices<'_>) -> Option<ServerId> {
        choices.choose(&self.received).map(|received| received.id)
    }

    pub(super) fn client(&self, choices: &mut Choices<'_>) -> Option<ClientId> {
        choices.choose(&self.sent).map(|sent| sent.id)
    }

    /// A 2xx that wants an ACK.
    pub(super) fn accepted(&self, choices: &mut Choices<'_>) -> Option<(ClientId, Box<[u8]>)> {
        let sent = choices.choose(&self.sent)?;
        Some((sent.id, choices.choose(&sent.to_tags)?.clone()))
    }

    /// All that the user was told of and has not answered.
    pub(super) fn unanswered(&self) -> Vec<ServerId> {
        self.received.iter().filter(|received| received.answer.is_none()).map(|received| received.id).collect()
    }

    /// All that have not come to their end.
    pub(super) fn pending(&self) -> Vec<ClientId> {
        self.sent.iter().filter(|sent| !sent.is_over()).map(|sent| sent.id).collect()
    }

    pub(super) fn note_sent(&mut self, id: ClientId, method: Method) {
        self.sent.push(Sent { id, method, answer: None, has_failed: false, to_tags: Vec::new() });
    }

    /// The user has answered, and this was sent.
    pub(super) fn note_answer(&mut self, id: ServerId, reply: &Reply, transmits: &[Bytes]) {
        let received = self.find(id);
        assert!(transmits.len() <= 1, "an answer is sent once");
        if received.answer.is_some() {
            assert!(transmits.is_empty(), "a final answer is followed by another");
            return;
        }
        if let Some(bytes) = transmits.first() {
            received.response = bytes.clone();
        }
        if reply.status.is_provisional() {
            received.is_reliable |= reply.rseq.is_some();
            return;
        }
        assert_eq!(transmits.len(), 1, "the final answer is not sent");
        received.answer = Some(reply.status);
        // No ACK is awaited for a failure, nor for what leaves nothing behind.
        received.is_settled = received.method != Method::Invite || !reply.status.is_success() || reply.is_repeatable;
    }

    /// What is to be sent when these bytes come again: of an INVITE that is not answered, the last word.
    pub(super) fn last_word(&self, bytes: &Bytes) -> Option<&Bytes> {
        let is_repeated = |received: &&Received| {
            received.method == Method::Invite && received.answer.is_none() && received.bytes == *bytes
        };
        self.received.iter().find(is_repeated).map(|received| &received.response)
    }

    /// The engine has said this by itself to who waits.
    pub(super) fn note_trying(&mut self, trying: &Bytes) {
        let via = value(trying, "Via").and_then(|via| Via::parse(via).ok()).expect("a Via");
        let is_for = |received: &&mut Received| {
            let request = Message::parse(received.bytes.clone()).expect("was told of");
            received.answer.is_none()
                && received.response.is_empty()
                && received.method == Method::Invite
                && request.via().is_ok_and(|asked| asked.sent_by == via.sent_by && asked.branch() == via.branch())
                && value(trying, "CSeq") == request.header(HeaderName::CSeq)
                && value(trying, "Call-ID") == Some(request.call_id())
        };
        if let Some(received) = self.received.iter_mut().find(is_for) {
            received.response = trying.clone();
        }
    }

    /// The answer to a CANCEL names the dialog that the INVITE's provisional answers have named (RFC 3261 §9.2).
    pub(super) fn check_cancelled(&self, bytes: &Bytes) {
        let (Some(branch), Some(b"200 CANCEL")) = (value(bytes, "Via"), status_and_method(bytes).as_deref()) else {
            return;
        };
        let is_cancelled = |received: &&Received| {
            received.method == Method::Invite
                && received.answer.is_none()
                && !received.response.starts_with(b"SIP/2.0 100")
                && value(&received.response, "Via") == Some(branch)
        };
        for received in self.received.iter().filter(is_cancelled) {
            // Who has named a tag gets it back.
            let tags = (our_tag(bytes), our_tag(&received.response));
            assert!(tags.0.is_none() || tags.1.is_none() || tags.0 == tags.1, "CANCEL is answered for another dialog");
        }
    }

    pub(super) fn check_event(&mut self, event: &Event) {
        match event {
            Event::Request { id, request, .. } => {
                assert!(self.received.iter().all(|received| received.id != *id), "a request is told of again");
                assert!(!matches!(request.method(), Method::Ack | Method::Cancel));
                self.received.push(Received {
                    id: *id,
                    method: request.method(),
                    bytes: request.bytes().clone(),
                    response: Bytes::new(),
                    answer: None,
                    is_reliable: false,
                    is_cancelled: false,
                    is_settled: false,
                });
            }
            Event::Acknowledged { id, .. } | Event::Unacknowledged { id } => {
                let received = self.find(*id);
                assert!(received.answer.is_some_and(Status::is_success), "no 2xx was sent");
                assert!(!std::mem::replace(&mut received.is_settled, true), "a 2xx is settled twice");
            }
            Event::Unconfirmed { id } => {
                let received = self.find(*id);
                assert!(received.is_reliable && received.answer.is_none(), "nothing was to be confirmed");
            }
            Event::Cancelled { id, .. } => {
                let received = self.find(*id);
                assert!(received.method == Method::Invite && received.answer.is_none(), "nothing was to be cancelled");
                assert!(!std::mem::replace(&mut received.is_cancelled, true), "a CANCEL is told of twice");
            }
            Event::Response { id, response, .. } => self.check_response(*id, response),
            Event::Failed { id, .. } => {
                let sent = self.find_sent(*id);
                assert!(!sent.is_over(), "what has ended fails");
                sent.has_failed = true;
            }
            Event::Malformed { .. } => {}
        }
    }

    fn check_response(&mut self, id: ClientId, response: &Message) {
        let status = response.status().expect("a response has a status");
        let sent = self.find_sent(id);
        assert_eq!(sent.method, response.method());
        let is_fork =
            sent.method == Method::Invite && status.is_success() && sent.answer.is_some_and(Status::is_success);
        assert!(is_fork || !sent.is_over(), "{status:?} after {:?}", sent.answer);
        if !status.is_provisional() {
            sent.answer = Some(status);
            if sent.method == Method::Invite && status.is_success() {
                sent.to_tags.push(response.to_tag().unwrap_or_default().into());
            }
        }
    }

    /// Nothing can happen any more: whoever waited has been told.
    pub(super) fn check_all_told(&self) {
        for received in &self.received {
            assert!(received.answer.is_some() && received.is_settled, "nobody was told how a request has ended");
        }
        assert!(self.sent.iter().all(Sent::is_over), "nobody was told that a request has failed");
    }

    fn find(&mut self, id: ServerId) -> &mut Received {
        self.received.iter_mut().find(|received| received.id == id).expect("was told of")
    }

    fn find_sent(&mut self, id: ClientId) -> &mut Sent {
        self.sent.iter_mut().find(|sent| sent.id == id).expect("was sent")
    }
}

/// The first header with this name, in a message of ours.
fn value<'a>(message: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let lines = message.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end);
    lines.skip(1).find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b": "))
}

fn our_tag(message: &[u8]) -> Option<u64> {
    value(message, "To")?.split(|b| *b == b'=').next_back().and_then(Tag::parse)
}

/// Such as `200 CANCEL`.
fn status_and_method(message: &[u8]) -> Option<Vec<u8>> {
    let status = message.strip_prefix(b"SIP/2.0 ")?.get(..4)?;
    let method = value(message, "CSeq")?.split(|b| *b == b' ').next_back()?;
    Some([status, method].concat())
}
