//! What a phone is told of the transfer that it has asked for (RFC 3515 §2.4.4).
//!
//! One NOTIFY at a time, so that they come in order; what happens meanwhile is told by the next one, the newest word only.

use warden_sip::endpoint::{ClientId, Request};
use warden_sip::header::HeaderName;
use warden_sip::method::Method;
use warden_sip::print::Print;
use warden_sip::status::Status;
use warden_sip::write::Body;

use super::super::identity::add_contact;
use super::super::leg::Leg;
use super::super::turn::Turn;
use crate::directory::Directory;

/// How long the phone is told at most to wait for the next word, in **seconds**; a transfer is over before.
const EXPIRES_S: u32 = 300;

/// How often a word is said again that a phone has found out of order.
const MAX_AGAIN: u32 = 4;

/// How far a transfer has come, as the status line of a call would say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Word {
    pub(in super::super) status: Status,
    /// Instead of the usual phrase.
    pub(in super::super) reason: Option<&'static str>,
}

impl From<Status> for Word {
    fn from(status: Status) -> Self {
        Self { status, reason: None }
    }
}

/// The subscription that a REFER makes.
pub(in super::super) struct Notifier {
    /// The number of the REFER, from the second one of a dialog on (RFC 3515 §2.4.6).
    id: Option<u32>,
    /// The NOTIFY that is not answered.
    under_way: Option<ClientId>,
    /// How often something was said again.
    again: u32,
    /// What comes after it.
    next: Option<Word>,
    /// The last that was said, sent or not.
    said: Option<Word>,
}

impl Notifier {
    pub(super) fn new(id: Option<u32>) -> Self {
        Self { id, under_way: None, again: 0, next: None, said: None }
    }

    /// The NOTIFY that is not answered.
    pub(super) fn under_way(&self) -> Option<ClientId> {
        self.under_way
    }

    /// Whether a word is news: progress only goes forward, and nothing comes after the end.
    fn is_news(&self, status: Status) -> bool {
        self.said.is_none_or(|said| said.status.is_provisional() && status > said.status)
    }
}

impl Leg {
    /// Tells its phone how far its transfer has come; a final status is the last word.
    pub(in super::super) fn notify(&mut self, word: impl Into<Word>, turn: &mut Turn<'_>) {
        let word = word.into();
        let Some(notifier) = self.notifier.as_mut().filter(|notifier| notifier.is_news(word.status)) else { return };
        notifier.said = Some(word);
        notifier.next = Some(word);
        self.send_next_word(turn);
    }

    /// The NOTIFY is answered. The subscription ends with the last word, and when the phone wants to hear no more.
    pub(super) fn handle_notified(&mut self, status: Status, turn: &mut Turn<'_>) {
        let Some(notifier) = &mut self.notifier else { return };
        notifier.under_way = None;
        if status == Status::SERVER_INTERNAL_ERROR && notifier.again < MAX_AGAIN {
            // It was lost at first, and another request of ours has overtaken it.
            notifier.again += 1;
            notifier.next = notifier.said;
            return self.send_next_word(turn);
        }
        let has_ended = notifier.next.is_none() && notifier.said.is_some_and(|said| !said.status.is_provisional());
        if has_ended || !status.is_success() {
            self.notifier = None;
            return;
        }
        self.send_next_word(turn);
    }

    /// The call ends: the last word is said at once, and no answer is waited for.
    pub(in super::super) fn stop_notifying(&mut self, turn: &mut Turn<'_>) {
        self.notify(Status::REQUEST_TERMINATED, turn);
        let Some(mut notifier) = self.notifier.take() else { return };
        notifier.under_way.take().map(|client| turn.desk.by_client.remove(&client));
        if let Some(word) = notifier.next {
            let request = self.notification(notifier.id, word, turn.directory);
            turn.post(request, self.flow);
        }
    }

    /// Whether this is its NOTIFY.
    pub(super) fn has_notified(&self, client: ClientId) -> bool {
        self.notifier.as_ref().is_some_and(|notifier| notifier.under_way == Some(client))
    }

    fn send_next_word(&mut self, turn: &mut Turn<'_>) {
        let Some(notifier) = self.notifier.as_mut().filter(|notifier| notifier.under_way.is_none()) else { return };
        let Some(word) = notifier.next.take() else { return };
        let id = notifier.id;
        let request = self.notification(id, word, turn.directory);
        let client = turn.send(request, self.flow);
        if let Some(notifier) = &mut self.notifier {
            notifier.under_way = Some(client);
        }
    }

    fn notification(&mut self, id: Option<u32>, word: Word, directory: &Directory) -> Request {
        let mut request = self.dialog.request(Method::Notify);
        add_contact(&mut request.headers, &self.flow, directory);
        request.headers.add_with(HeaderName::Event, |out| {
            out.extend_from_slice(b"refer");
            if let Some(id) = id {
                out.extend_from_slice(b";id=");
                id.print(out);
            }
        });
        request.headers.add_with(HeaderName::SubscriptionState, |out| {
            if word.status.is_provisional() {
                out.extend_from_slice(b"active;expires=");
                EXPIRES_S.print(out);
            } else {
                out.extend_from_slice(b"terminated;reason=noresource");
            }
        });
        let reason = word.reason.unwrap_or_else(|| word.status.reason());
        let content = format!("SIP/2.0 {} {reason}\r\n", word.status.code());
        request.body = Some(Body { content_type: "message/sipfrag;version=2.0", content: content.into() });
        request
    }
}
