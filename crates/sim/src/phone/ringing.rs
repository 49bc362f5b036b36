//! A call that comes in: ringing, answering it early or for good, and all ways to refuse it.

use std::sync::Arc;
use std::time::Instant;

use warden_sdp::{Order, State};
use warden_sip::dialog::Dialog;
use warden_sip::endpoint::{Reply, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::tag::Tag;
use warden_sip::write::Body;

use super::line::{Call, Line, Ringing};
use super::reliable::Sent;
use super::{Manner, Phone, PhoneState, dialog_reply, sdp};

impl Phone {
    /// An INVITE outside any dialog.
    pub(super) fn ring(&mut self, id: ServerId, request: &Arc<Message>, now: Instant) {
        if self.manner == Manner::Busy || !matches!(self.line, Line::Free) {
            return self.endpoint.answer(id, &Reply::new(Status::BUSY_HERE), now);
        }
        if let Some(refusal) = self.timers.refusal(request) {
            return self.endpoint.answer(id, &refusal, now);
        }
        let Ok(dialog) = Dialog::from_request(request, Tag::random(&mut self.random)) else {
            return self.endpoint.answer(id, &Reply::new(Status::BAD_REQUEST), now);
        };
        let mut session = self.new_session();
        if !request.body().is_empty() {
            let offered = sdp::description(request).is_some_and(|offer| session.receive_offer(offer).is_ok());
            if !offered {
                return self.endpoint.answer(id, &Reply::new(Status::NOT_ACCEPTABLE_HERE), now);
            }
        }
        let mut reply = dialog_reply(Status::RINGING, &dialog);
        self.add_own_headers(&mut reply.headers);
        self.begin();
        let name = request.from().ok().and_then(|from| from.name());
        self.caller = name.map(|name| String::from_utf8_lossy(&name).into_owned());
        self.note_allowed(request);
        let call = Call::new(dialog, session, self.media.clone(), false);
        let request = Arc::clone(request);
        self.line = Line::Offered(Box::new(Ringing { invite: id, request, call, sent: Sent::default() }));
        self.state = PhoneState::Ringing;
        self.tell(reply, now);
    }

    /// Lifts the handset of a ringing phone.
    pub(crate) fn answer(&mut self, now: Instant) {
        let Line::Offered(ringing) = &mut self.line else { return };
        if Self::must_wait(ringing, true) {
            return;
        }
        let Line::Offered(ringing) = std::mem::replace(&mut self.line, Line::Free) else { return };
        let Ringing { invite, request, mut call, sent } = *ringing;
        let mut reply = dialog_reply(Status::OK, &call.dialog);
        reply.body = match Self::fax_reply(&self.fax, &mut call) {
            Some(own) => own.body,
            None => describe(&mut call),
        };
        if reply.body.is_none() {
            self.endpoint.answer(invite, &dialog_reply(Status::NOT_ACCEPTABLE_HERE, &call.dialog), now);
            return self.free(PhoneState::Idle);
        }
        reply.body = reply.body.filter(|_| !sent.is_described);
        self.add_own_headers(&mut reply.headers);
        call.timer = self.timers.grant(&request, &mut reply.headers, now);
        self.endpoint.answer(invite, &reply, now);
        call.unacknowledged = Some(invite);
        self.line = Line::Up(Box::new(call));
        self.state = PhoneState::InCall;
    }

    /// Sends sound before the handset is lifted: 183 with the answer to the offer, if there was one.
    pub(crate) fn answer_early(&mut self, now: Instant) {
        let Line::Offered(ringing) = &mut self.line else { return };
        if Self::must_wait(ringing, false) {
            return;
        }
        let mut reply = dialog_reply(Status::SESSION_PROGRESS, &ringing.call.dialog);
        let session = &ringing.call.session;
        if session.state() == State::TheyOffered || (session.negotiated().is_some() && !ringing.sent.is_described) {
            reply.body = describe(&mut ringing.call);
        }
        self.add_own_headers(&mut reply.headers);
        self.tell(reply, now);
    }

    /// Refuses a ringing call with this status.
    pub(crate) fn refuse(&mut self, status: Status, now: Instant) {
        self.refuse_with(&|_| {}, status, now);
    }

    /// Refuses a ringing call and says when to try again.
    pub(crate) fn refuse_for_now(&mut self, status: Status, retry_after: &str, now: Instant) {
        let add = |reply: &mut Reply| {
            reply.headers.add(HeaderName::RetryAfter, retry_after.as_bytes());
        };
        self.refuse_with(&add, status, now);
    }

    /// Sends the caller of a ringing call elsewhere.
    pub(crate) fn redirect(&mut self, contact: &str, now: Instant) {
        let add = |reply: &mut Reply| {
            reply.headers.add(HeaderName::Contact, format!("<{contact}>").as_bytes());
        };
        self.refuse_with(&add, Status::MOVED_TEMPORARILY, now);
    }

    fn refuse_with(&mut self, add: &dyn Fn(&mut Reply), status: Status, now: Instant) {
        let Line::Offered(ringing) = &self.line else { return };
        let mut reply = dialog_reply(status, &ringing.call.dialog);
        add(&mut reply);
        self.add_additions(&mut reply.headers);
        self.endpoint.answer(ringing.invite, &reply, now);
        self.free(PhoneState::Idle);
    }
}

/// The description for a 2xx or 183: the answer, the answer again, or an offer when none has come.
pub(super) fn describe(call: &mut Call) -> Option<Body> {
    let description = match call.session.state() {
        State::TheyOffered => call.session.answer(&call.local, Order::Theirs).ok()?,
        State::WeOffered => return call.session.open_offer().map(sdp::body),
        State::Stable if call.session.negotiated().is_some() => return call.session.local().map(sdp::body),
        State::Stable => call.session.offer(&call.local).ok()?,
    };
    Some(sdp::body(&description))
}
