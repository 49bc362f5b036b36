//! Which request of the phone a response, or the lack of one, belongs to.

use std::time::Instant;

use warden_sip::endpoint::{ClientId, Failure};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;

use super::{Phone, PhoneState};

impl Phone {
    pub(super) fn handle_response(&mut self, id: ClientId, response: &Message, now: Instant) {
        let Some(status) = response.status() else { return };
        if self.take_errand_response(id, response, now) {
            return;
        }
        if self.query == Some(id) {
            self.answered = Some(status);
        }
        let own = self.host();
        if let Some(registration) = self.registration.as_mut().filter(|registration| registration.under_way == Some(id))
            && !status.is_provisional()
        {
            if registration.handle_response(status, response, &own, now) {
                self.send_register(now);
            }
            return;
        }
        if self.take_refer_answer(id, status, response.reason(), now) || self.handle_prack_answer(id, status, response)
        {
            return;
        }
        if self.is_dialling(id) {
            self.handle_call_progress(status, response, now);
        } else if self.is_own(id) {
            self.handle_own(status, response, now);
        } else if status.is_success() && response.method() == Method::Invite {
            self.refuse_second(id, response, now);
        }
    }

    pub(super) fn handle_failure(&mut self, id: ClientId, failure: Failure, now: Instant) {
        let status = match failure {
            Failure::TimedOut => Status::REQUEST_TIMEOUT,
            Failure::Transport => Status::SERVICE_UNAVAILABLE,
        };
        self.fail_errand(id, status);
        if self.query == Some(id) {
            self.answered = Some(status);
        }
        if let Some(registration) = self.registration.as_mut().filter(|registration| registration.under_way == Some(id))
        {
            registration.outcome = Some(status);
            registration.granted = None;
        }
        self.take_refer_answer(id, status, b"", now);
        if self.is_dialling(id) {
            self.fail(status, status.reason().as_bytes());
            self.free(PhoneState::Failed(status));
        } else if self.is_own(id) {
            // The other side is gone (RFC 3261 §12.2.1.2).
            self.fail(status, status.reason().as_bytes());
            self.end_call(now);
        }
    }

    fn is_dialling(&self, id: ClientId) -> bool {
        self.line.is_dialling(id)
    }

    fn is_own(&self, id: ClientId) -> bool {
        self.line.is_own(id)
    }
}
