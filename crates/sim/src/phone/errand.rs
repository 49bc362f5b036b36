//! What a phone asks for besides calls: SUBSCRIBE, PUBLISH, MESSAGE. It signs in when challenged, and collects what
//! comes back: the answer, and the NOTIFYs of a subscription.

use std::sync::Arc;
use std::time::Instant;

use warden_sip::dialog::{Dialog, Opening};
use warden_sip::endpoint::{ClientId, Reply, Request, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::tag::Tag;
use warden_sip::write::Body;

use super::Phone;
use super::sign_in::SignIn;

/// One request, and in the case of SUBSCRIBE those that follow it.
pub struct Errand {
    method: Method,
    uri: String,
    call_id: [u8; 16],
    tag: Tag,
    sequence: u32,
    headers: Vec<(HeaderName, String)>,
    body: Option<Body>,
    under_way: ClientId,
    sign_in: SignIn,
    dialog: Option<Dialog>,
    answer: Option<Message>,
    failure: Option<Status>,
    notified: Vec<Arc<Message>>,
}

impl Errand {
    /// The final answer's status; `None` while there is none.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.failure.or(self.answer.as_ref().and_then(Message::status))
    }

    /// A header of the final answer.
    #[must_use]
    pub fn header(&self, name: HeaderName) -> Option<String> {
        let value = self.answer.as_ref()?.header(name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// The NOTIFYs that have come within its dialog, each once.
    #[must_use]
    pub fn notified(&self) -> &[Arc<Message>] {
        &self.notified
    }

    /// The body of the last NOTIFY.
    #[must_use]
    pub fn body(&self) -> String {
        let body = self.notified.last().map(|notify| notify.body()).unwrap_or_default();
        String::from_utf8_lossy(body).into_owned()
    }

    /// The Subscription-State of the last NOTIFY, without what is left of it.
    #[must_use]
    pub fn state(&self) -> String {
        let value = self.notified.last().and_then(|notify| notify.header(HeaderName::SubscriptionState));
        let value = String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
        value.split(";expires=").next().unwrap_or_default().to_owned()
    }

    fn request(&mut self, number: &str, server: &str, contact: &str, random: &mut Random) -> Request {
        self.sequence += 1;
        let stated = self.headers.iter().find(|(name, _)| *name == HeaderName::From).map(|(_, value)| value.clone());
        let identity = stated.unwrap_or_else(|| format!("<sip:{number}@{server}>"));
        let to = format!("<{}>", self.uri);
        let mut request = match &mut self.dialog {
            Some(dialog) => dialog.request(self.method),
            None => Opening {
                method: self.method,
                uri: self.uri.as_bytes(),
                from: identity.as_bytes(),
                tag: self.tag,
                to: to.as_bytes(),
                call_id: &self.call_id,
                sequence: self.sequence,
                max_forwards: 70,
            }
            .request(),
        };
        request.headers.add(HeaderName::Contact, contact.as_bytes());
        for (name, value) in self.headers.iter().filter(|(name, _)| *name != HeaderName::From) {
            request.headers.add(*name, value.as_bytes());
        }
        request.body.clone_from(&self.body);
        self.sign_in.sign(&mut request, random);
        request
    }

    /// Takes the final answer; whether to send again at once.
    fn take(&mut self, response: &Message) -> bool {
        let status = response.status().unwrap_or(Status::SERVER_INTERNAL_ERROR);
        if status == Status::UNAUTHORIZED && self.sign_in.take_challenge(response) {
            return true;
        }
        self.sign_in.settle();
        if self.method == Method::Subscribe && status.is_success() && self.dialog.is_none() {
            self.dialog = Dialog::from_response(response).ok();
        }
        self.answer = Some(response.clone());
        false
    }
}

impl Phone {
    /// Sends a request about `number`, with these headers.
    pub(crate) fn ask(
        &mut self,
        method: Method,
        number: &str,
        headers: &[(HeaderName, &str)],
        body: Option<Body>,
        now: Instant,
    ) {
        let errand = Errand {
            method,
            uri: format!("sip:{number}@{}", self.server),
            call_id: self.random.hex(),
            tag: Tag::random(&mut self.random),
            sequence: 0,
            headers: headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
            body,
            under_way: ClientId(0),
            sign_in: SignIn::new(&self.number, &self.password),
            dialog: None,
            answer: None,
            failure: None,
            notified: Vec::new(),
        };
        self.errands.push(errand);
        self.send_errand(self.errands.len() - 1, now);
    }

    /// Goes on with what was asked before, with other headers.
    pub(crate) fn ask_again(&mut self, index: usize, headers: &[(HeaderName, &str)], now: Instant) {
        if let Some(errand) = self.errands.get_mut(index) {
            errand.headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            (errand.answer, errand.failure) = (None, None);
            self.send_errand(index, now);
        }
    }

    /// What NOTIFYs are answered from now on, those that wait for an answer too: a status, maybe with Retry-After. Without
    /// one they wait.
    pub(crate) fn answer_notify(&mut self, status: Option<Status>, retry_after: Option<&str>, now: Instant) {
        self.notify_answer = status.map(|status| (status, retry_after.map(str::to_owned)));
        for (id, request) in std::mem::take(&mut self.unanswered) {
            self.take_notify(id, &request, now);
        }
    }

    fn send_errand(&mut self, index: usize, now: Instant) {
        let contact = self.contact();
        let (number, server) = (self.number.clone(), self.server.to_string());
        let Some(errand) = self.errands.get_mut(index) else { return };
        let request = errand.request(&number, &server, &contact, &mut self.random);
        let id = self.send(&request, self.server_flow(), now);
        if let Some(errand) = self.errands.get_mut(index) {
            errand.under_way = id;
        }
    }

    /// Whether the response was for one of the errands.
    pub(super) fn take_errand_response(&mut self, id: ClientId, response: &Message, now: Instant) -> bool {
        let Some(index) = self.errands.iter().position(|errand| errand.under_way == id) else { return false };
        let is_final = response.status().is_some_and(|status| !status.is_provisional());
        if is_final && self.errands.get_mut(index).is_some_and(|errand| errand.take(response)) {
            self.send_errand(index, now);
        }
        true
    }

    pub(super) fn fail_errand(&mut self, id: ClientId, status: Status) {
        if let Some(errand) = self.errands.iter_mut().find(|errand| errand.under_way == id) {
            errand.failure = Some(status);
        }
    }

    /// A NOTIFY: one of a subscription, or one that nobody has asked for.
    pub(super) fn take_notify(&mut self, id: ServerId, request: &Arc<Message>, now: Instant) {
        let is_of =
            |errand: &&mut Errand| request.call_id() == errand.call_id && request.to_tag() == Some(errand.tag.text());
        let Some((status, retry_after)) = self.notify_answer.clone() else {
            return self.unanswered.push((id, request.clone()));
        };
        let mut reply = Reply::new(status);
        if let Some(after) = retry_after {
            reply.headers.add(HeaderName::RetryAfter, after.as_bytes());
        }
        let is_of_call = self.is_of_call(request);
        match self.errands.iter_mut().find(is_of) {
            Some(errand) => {
                let is_old = errand.dialog.as_mut().is_some_and(|dialog| dialog.accept(request).is_err());
                if is_old {
                    reply = Reply::new(Status::SERVER_INTERNAL_ERROR);
                } else if status.is_success() {
                    errand.notified.push(request.clone());
                }
            }
            None if request.to_tag().is_some() && !is_of_call => {
                reply = Reply::new(Status::CALL_DOES_NOT_EXIST);
            }
            None => self.unasked.push(request.clone()),
        }
        self.endpoint.answer(id, &reply, now);
    }

    /// Whether a request is the next one of the call on the line.
    fn is_of_call(&mut self, request: &Message) -> bool {
        let call = self.line.call_mut().filter(|call| call.dialog.is_of(request));
        call.is_some_and(|call| call.dialog.accept(request).is_ok())
    }

    /// What this phone has asked for, in the order in which it did.
    #[must_use]
    pub fn errands(&self) -> &[Errand] {
        &self.errands
    }

    /// The NOTIFYs that came outside of any dialog, and all MESSAGEs.
    #[must_use]
    pub fn unasked(&self) -> &[Arc<Message>] {
        &self.unasked
    }

    /// It was switched off and on: it remembers no subscription.
    pub(crate) fn forget_errands(&mut self) {
        self.errands.clear();
    }
}
