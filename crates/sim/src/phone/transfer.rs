//! Transfer: REFER of this phone, and what it is told of the outcome.

use std::time::Instant;

use warden_sip::endpoint::{ClientId, Reply, ServerId};
use warden_sip::header::{HeaderName, Replaces};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::print::Print;
use warden_sip::status::Status;

use super::line::Line;
use super::{Phone, PhoneState};

/// When a phone hangs up that has transferred the other party.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaving {
    /// As soon as it hears that the transfer is made.
    #[default]
    WhenMade,
    /// As soon as the REFER is accepted.
    AtOnce,
    /// Never.
    Never,
}

/// The last transfer that a phone has asked for.
#[derive(Default)]
pub(super) struct Referral {
    asked: Option<ClientId>,
    answered: Option<(Status, String)>,
    /// What each NOTIFY said: the state of the subscription and the status line.
    told: Vec<String>,
}

impl Phone {
    /// Asks for a transfer to the address in `refer_to`.
    pub(crate) fn refer(&mut self, refer_to: &str, more: &[(&str, &str)], now: Instant) {
        let Line::Up(call) = &mut self.line else { return };
        let mut request = call.dialog.request(Method::Refer);
        let dialog = call.dialog.clone();
        if !refer_to.is_empty() {
            request.headers.add(HeaderName::ReferTo, refer_to.as_bytes());
        }
        for (name, value) in more {
            request.headers.add_other(name, |out| out.extend_from_slice(value.as_bytes()));
        }
        self.add_own_headers(&mut request.headers);
        let asked = self.send(&request, self.flow_to_dialog(&dialog), now);
        self.referral = Referral { asked: Some(asked), ..Referral::default() };
    }

    /// Asks for a transfer to who is on the other line.
    pub(crate) fn refer_to_other_line(&mut self, now: Instant) {
        let Some(replaces) = replaces(&self.other.0) else { return };
        let escaped = replaces.replace(';', "%3B").replace('=', "%3D").replace('@', "%40");
        self.refer(&format!("<sip:{}?Replaces={escaped}>", self.server), &[], now);
    }

    /// The answer to a REFER. True when it was one.
    pub(super) fn take_refer_answer(&mut self, id: ClientId, status: Status, reason: &[u8], now: Instant) -> bool {
        if self.referral.asked != Some(id) {
            return false;
        }
        if !status.is_provisional() {
            self.referral.asked = None;
            self.referral.answered = Some((status, String::from_utf8_lossy(reason).into_owned()));
            if status.is_success() && self.leaving == Leaving::AtOnce {
                self.hang_up(now);
            }
        }
        true
    }

    pub(super) fn take_transfer_news(&mut self, id: ServerId, request: &Message, now: Instant) {
        let text = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
        let state = text(request.header(HeaderName::SubscriptionState));
        let line = String::from_utf8_lossy(request.body()).trim_end().to_owned();
        let order =
            self.line.call_mut().filter(|call| call.dialog.is_of(request)).map(|call| call.dialog.accept(request));
        if matches!(order, Some(Err(_))) {
            return self.endpoint.answer(id, &Reply::new(Status::SERVER_INTERNAL_ERROR), now);
        }
        self.endpoint.answer(id, &Reply::new(Status::OK), now);
        let is_made = line.starts_with("SIP/2.0 2") && order.is_some();
        self.referral.told.push(format!("{state} {line}"));
        if is_made && self.leaving == Leaving::WhenMade {
            self.hang_up(now);
        }
    }

    pub(crate) fn leave(&mut self, leaving: Leaving) {
        self.leaving = leaving;
    }

    /// What names the call on its line to whoever is to replace it.
    #[must_use]
    pub fn replaces(&self) -> Option<String> {
        replaces(&self.line)
    }

    /// What the last REFER was answered.
    #[must_use]
    pub fn refer_answer(&self) -> Option<(u16, &str)> {
        self.referral.answered.as_ref().map(|(status, reason)| (status.code(), &**reason))
    }

    /// What NOTIFYs have told of the last transfer: the state of the subscription and a status line each.
    #[must_use]
    pub fn told(&self) -> &[String] {
        &self.referral.told
    }

    /// Takes up the other line; a call on this one stays as it is, and its sound stops.
    pub(crate) fn switch_lines(&mut self) {
        self.swap_lines();
        if matches!(self.line, Line::Free) {
            self.media.endpoint = super::sdp::next_endpoint(&self.media.endpoint);
        }
    }

    pub(super) fn swap_lines(&mut self) {
        std::mem::swap(&mut self.line, &mut self.other.0);
        std::mem::swap(&mut self.state, &mut self.other.1);
    }

    /// What the display shows of the other line.
    #[must_use]
    pub fn other_state(&self) -> PhoneState {
        self.other.1
    }
}

fn replaces(line: &Line) -> Option<String> {
    let (call_id, to_tag, from_tag) = line.named()?;
    let replaces = Replaces { call_id: &call_id, to_tag: &to_tag, from_tag: &from_tag, early_only: false };
    Some(replaces.printed().escape_ascii().to_string())
}
