//! What Warden says, held against the rules of dialogs: numbers go up (RFC 3261 §12.2.1.1), one INVITE at a time (§14.1),
//! descriptions are counted (RFC 3264 §8), and no phone that was in a call is left without BYE.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;

/// After 64 × T1 nobody waits for an answer.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(32);

/// Warden's end of a dialog: Call-ID and tag.
type End = (Vec<u8>, Vec<u8>);
/// Both ends: the other's tag besides.
type Dialog = (End, Vec<u8>);

/// An INVITE that has no final answer.
struct Invite {
    dialog: Dialog,
    branch: Vec<u8>,
    is_ours: bool,
    at: Instant,
}

/// What was said.
#[derive(Default)]
pub(super) struct Wire {
    said: BTreeSet<Bytes>,
    /// The last number that Warden used.
    numbers: BTreeMap<Dialog, u32>,
    /// Of INVITEs that came, and of all requests that went.
    branches: BTreeSet<Vec<u8>>,
    invites: Vec<Invite>,
    /// The last description of Warden's.
    descriptions: BTreeMap<End, (u64, Vec<u8>)>,
    /// Those that stand, and those that have ended.
    established: BTreeSet<Dialog>,
    ended: BTreeSet<Dialog>,
}

impl Wire {
    /// A phone says something.
    pub(super) fn receive(&mut self, message: &Message, now: Instant) {
        let branch = message.branch().unwrap_or_default();
        if !message.is_request() {
            if message.status().is_some_and(|status| !status.is_provisional()) {
                self.invites.retain(|invite| invite.branch != branch);
            }
            return;
        }
        if message.method() == Method::Invite && message.to_tag().is_some() && self.branches.insert(branch.to_vec()) {
            let dialog = dialog(message.call_id(), message.to_tag(), Some(message.from_tag()));
            self.invites.push(Invite { dialog, branch: branch.to_vec(), is_ours: false, at: now });
        }
    }

    /// Warden says something.
    pub(super) fn send(&mut self, message: &Message, now: Instant) {
        if !message.is_request() {
            self.settle(message);
        }
        if !self.said.insert(message.bytes().clone()) {
            // Said again.
            return;
        }
        self.check_description(message);
        if message.is_request() { self.send_request(message, now) } else { self.send_response(message) }
    }

    fn send_request(&mut self, request: &Message, now: Instant) {
        let (from_tag, to_tag) = (Some(request.from_tag()), request.to_tag());
        let dialog = dialog(request.call_id(), from_tag, to_tag);
        if request.is_ack() {
            // The ACK for a failure has the branch of its INVITE.
            if !self.branches.contains(request.branch().unwrap_or_default()) {
                self.established.insert(dialog);
            }
            return;
        }
        self.branches.insert(request.branch().unwrap_or_default().to_vec());
        if request.method() == Method::Cancel {
            return;
        }
        self.check_number(&dialog, request);
        if request.method() == Method::Invite {
            self.check_alone(&dialog, request, now);
            self.invites.push(Invite {
                dialog: dialog.clone(),
                branch: request.branch().unwrap_or_default().to_vec(),
                is_ours: true,
                at: now,
            });
        }
        if matches!(request.method(), Method::Invite | Method::Update | Method::Info | Method::Prack) {
            assert!(!self.ended.contains(&dialog), "after the end: {}", request.bytes().escape_ascii());
        }
        if request.method() == Method::Bye {
            assert!(self.ended.insert(dialog), "a second end: {}", request.bytes().escape_ascii());
        }
    }

    fn check_number(&mut self, dialog: &Dialog, request: &Message) {
        // What opens the dialog has no tag of the other end yet.
        let opening = (dialog.0.clone(), Vec::new());
        let last = self.numbers.get(dialog).or(self.numbers.get(&opening));
        let number = request.sequence();
        assert!(last.is_none_or(|last| *last < number), "{last:?} came before: {}", request.bytes().escape_ascii());
        self.numbers.insert(dialog.clone(), number);
    }

    fn check_alone(&self, dialog: &Dialog, request: &Message, now: Instant) {
        let in_progress = |invite: &&Invite| invite.dialog == *dialog && now - invite.at < GIVEN_UP_AFTER;
        if let Some(invite) = self.invites.iter().find(in_progress) {
            let whose = if invite.is_ours { "ours" } else { "theirs" };
            panic!("while {whose} is in progress: {}", request.bytes().escape_ascii());
        }
    }

    /// A final answer of Warden's.
    fn settle(&mut self, response: &Message) {
        if response.status().is_some_and(|status| !status.is_provisional()) {
            let branch = response.branch().unwrap_or_default();
            self.invites.retain(|invite| invite.is_ours || invite.branch != branch);
        }
    }

    fn send_response(&mut self, response: &Message) {
        if response.status() != Some(Status::OK) {
            return;
        }
        let dialog = dialog(response.call_id(), response.to_tag(), Some(response.from_tag()));
        if response.method() == Method::Invite {
            self.established.insert(dialog);
        } else if response.method() == Method::Bye {
            self.ended.insert(dialog);
        }
    }

    /// The same description has the same number, another one a higher one.
    fn check_description(&mut self, message: &Message) {
        let is_description = message.has_content_type("application/sdp") && !message.body().is_empty();
        let Some(version) = version(message.body()).filter(|_| is_description) else { return };
        let tag = if message.is_request() { Some(message.from_tag()) } else { message.to_tag() };
        let end = (message.call_id().to_vec(), tag.unwrap_or_default().to_vec());
        if let Some((last, body)) = self.descriptions.get(&end) {
            assert!(
                version > *last || body == message.body(),
                "{} after {}",
                message.bytes().escape_ascii(),
                body.escape_ascii()
            );
        }
        self.descriptions.insert(end, (version, message.body().to_vec()));
    }

    /// All is over: who was in a call has been told that it has ended.
    pub(super) fn check_over(&self) {
        if let Some(((call_id, _), _)) = self.established.difference(&self.ended).next() {
            panic!("a phone is left alone in {}", call_id.escape_ascii());
        }
    }
}

fn dialog(call_id: &[u8], ours: Option<&[u8]>, theirs: Option<&[u8]>) -> Dialog {
    let [ours, theirs] = [ours, theirs].map(|tag| tag.unwrap_or_default().to_vec());
    ((call_id.to_vec(), ours), theirs)
}

/// The number in the `o` line.
fn version(description: &[u8]) -> Option<u64> {
    let origin = description.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(b"o="))?;
    std::str::from_utf8(origin).ok()?.split(' ').nth(2)?.parse().ok()
}
