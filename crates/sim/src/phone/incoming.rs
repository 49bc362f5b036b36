//! What the other side wants during a call: new descriptions, refreshes, digits, and the end.

use std::sync::Arc;
use std::time::Instant;

use warden_sdp::State;
use warden_sip::endpoint::{Reply, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;

use super::line::{Call, Line};
use super::ringing::describe;
use super::{Manner, Phone, PhoneState, sdp};

impl Phone {
    pub(super) fn handle_request(&mut self, id: ServerId, request: &Arc<Message>, now: Instant) {
        let is_within = request.to_tag().is_some();
        match request.method() {
            Method::Invite if !is_within => self.ring(id, request, now),
            Method::Invite | Method::Update => self.take_change(id, request, now),
            Method::Bye => self.take_bye(id, request, now),
            Method::Info => self.take_info(id, request, now),
            Method::Notify if request.header(HeaderName::Event).is_some_and(|event| event.starts_with(b"refer")) => {
                self.take_transfer_news(id, request, now);
            }
            Method::Notify | Method::Message => self.take_notify(id, request, now),
            Method::Prack => self.take_prack(id, request, now),
            Method::Options => self.endpoint.answer(id, &Reply::new(Status::OK), now),
            // The engine lets nothing else through.
            Method::Ack
            | Method::Cancel
            | Method::Register
            | Method::Refer
            | Method::Subscribe
            | Method::Publish
            | Method::Other => self.endpoint.answer(id, &Reply::new(Status::METHOD_NOT_ALLOWED), now),
        }
    }

    /// A re-INVITE or UPDATE, answered at once like a real phone does.
    fn take_change(&mut self, id: ServerId, request: &Message, now: Instant) {
        if self.manner == Manner::Hesitant {
            return;
        }
        let reply = self.change_reply(request, now);
        let is_agreed = reply.status.is_success();
        self.endpoint.answer(id, &reply, now);
        if is_agreed
            && request.method() == Method::Invite
            && let Line::Up(call) = &mut self.line
        {
            call.unacknowledged = Some(id);
        }
    }

    fn change_reply(&mut self, request: &Message, now: Instant) -> Reply {
        let is_up = matches!(self.line, Line::Up(_));
        let Some(call) = self.line.call_mut().filter(|call| call.dialog.is_of(request)) else {
            return Reply::new(Status::CALL_DOES_NOT_EXIST);
        };
        if call.dialog.accept(request).is_err() {
            return Reply::new(Status::SERVER_INTERNAL_ERROR);
        }
        if let Some(refusal) = collision(call, request, is_up).or_else(|| self.timers.refusal(request)) {
            return refusal;
        }
        let mut reply = Reply::new(Status::OK);
        if !request.body().is_empty() || request.method() == Method::Invite {
            let offer = sdp::description(request);
            let is_taken = offer.is_none_or(|offer| call.session.receive_offer(offer).is_ok());
            if is_taken && let Some(own) = Self::fax_reply(&self.fax, call) {
                return own;
            }
            reply.body = is_taken.then(|| describe_anew(call)).flatten();
            if reply.body.is_none() {
                call.session.reject();
                return Reply::new(Status::NOT_ACCEPTABLE_HERE);
            }
        }
        call.dialog.refresh_target(request);
        let timer = self.timers.grant(request, &mut reply.headers, now);
        if is_up {
            call.timer = timer;
        }
        self.add_own_headers(&mut reply.headers);
        reply
    }

    fn take_bye(&mut self, id: ServerId, request: &Message, now: Instant) {
        if !self.line.call().is_some_and(|call| call.dialog.is_of(request)) {
            return self.endpoint.answer(id, &Reply::new(Status::CALL_DOES_NOT_EXIST), now);
        }
        self.endpoint.answer(id, &Reply::new(Status::OK), now);
        self.note_reason(request);
        match std::mem::replace(&mut self.line, Line::Free) {
            Line::Offered(ringing) => {
                self.endpoint.answer(ringing.invite, &Reply::new(Status::REQUEST_TERMINATED), now);
            }
            Line::Up(call) => self.abandoned.extend(call.own.map(|own| own.id)),
            Line::Free | Line::Dialled(_) => {}
        }
        self.free(PhoneState::Idle);
    }

    /// A digit, in one of the two usual forms.
    fn take_info(&mut self, id: ServerId, request: &Message, now: Instant) {
        let ours = self.line.call_mut().filter(|call| call.dialog.is_of(request));
        let Some(call) = ours else {
            return self.endpoint.answer(id, &Reply::new(Status::CALL_DOES_NOT_EXIST), now);
        };
        let Some(wanted) = self.sound.keys.info_status else { return };
        let status = match call.dialog.accept(request) {
            Err(_) => Status::SERVER_INTERNAL_ERROR,
            Ok(()) if wanted != Status::OK => wanted,
            Ok(()) => digit(request).map_or(Status::UNSUPPORTED_MEDIA_TYPE, |digit| {
                self.digits.push(digit);
                self.sound.keys.note_info(digit, duration_ms(request));
                Status::OK
            }),
        };
        self.endpoint.answer(id, &Reply::new(status), now);
    }

    /// The ACK for a 2xx of ours; it may carry the answer to our offer.
    pub(super) fn handle_ack(&mut self, id: ServerId, ack: &Message, now: Instant) {
        let Line::Up(call) = &mut self.line else { return };
        if call.unacknowledged != Some(id) {
            return;
        }
        call.unacknowledged = None;
        if call.session.state() == State::WeOffered {
            let answer = sdp::description(ack);
            let is_agreed = answer.is_some_and(|answer| call.session.accept(answer).is_ok());
            if !is_agreed {
                call.session.reject();
                call.hang_up |= call.session.negotiated().is_none();
            }
        }
        if call.hang_up {
            self.end_call(now);
        }
    }

    /// What a CANCEL or BYE says about why.
    pub(super) fn note_reason(&mut self, message: &Message) {
        let reason = message.header(HeaderName::Reason);
        self.end_reason = reason.map(|reason| String::from_utf8_lossy(reason).into_owned());
    }
}

/// 491 when our own offer is open, 500 when theirs is (RFC 3261 §14.2, RFC 3311 §5.2).
fn collision(call: &Call, request: &Message, is_up: bool) -> Option<Reply> {
    let has_offer = !request.body().is_empty() || request.method() == Method::Invite;
    if !has_offer {
        return None;
    }
    if call.own.is_some() || call.session.state() == State::WeOffered {
        return Some(Reply::new(Status::REQUEST_PENDING));
    }
    let is_unanswered = call.session.state() == State::TheyOffered || (!is_up && request.method() == Method::Invite);
    is_unanswered.then(|| {
        let mut reply = Reply::new(Status::SERVER_INTERNAL_ERROR);
        reply.headers.add(HeaderName::RetryAfter, b"1");
        reply
    })
}

/// The answer to their new offer, or an offer of our own where they ask for one.
fn describe_anew(call: &mut Call) -> Option<warden_sip::write::Body> {
    match call.session.state() {
        State::Stable => call.session.offer(&call.local).ok().map(|offer| sdp::body(&offer)),
        State::TheyOffered => describe(call),
        State::WeOffered => None,
    }
}

/// `Signal=5` of `application/dtmf-relay`, or the bare digit of `application/dtmf`.
fn duration_ms(request: &Message) -> u64 {
    let body = String::from_utf8_lossy(request.body()).into_owned();
    body.lines().find_map(|line| line.trim().strip_prefix("Duration=")?.parse().ok()).unwrap_or(0)
}

fn digit(request: &Message) -> Option<char> {
    let body = String::from_utf8_lossy(request.body()).into_owned();
    if request.has_content_type("application/dtmf") {
        return body.trim().chars().next();
    }
    let is_relay = request.has_content_type("application/dtmf-relay");
    let signal = body.lines().find_map(|line| line.trim().strip_prefix("Signal="));
    signal.filter(|_| is_relay)?.trim().chars().next()
}
