//! Changing a call: re-INVITE and UPDATE of our own, and what becomes of them when both sides want something at once.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use warden_sdp::codec::Format;
use warden_sdp::{Direction, LocalMedia, State};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::status::Status;

use super::dialling::take_description;
use super::line::{Call, Deed, Later, Line, OwnRequest};
use super::timer::seconds;
use super::{Phone, PhoneState, sdp};

/// While something else is open, a wish waits this long and looks again.
const A_MOMENT: Duration = Duration::from_millis(100);

impl Phone {
    /// Holds the other side, or takes it back.
    pub(crate) fn hold(&mut self, method: Method, direction: Direction, now: Instant) {
        let address = self.media.endpoint.address;
        let wish = |local: &mut LocalMedia| (local.direction, local.endpoint.address) = (direction, address);
        self.change(Deed { method, offers: true }, wish, now);
    }

    /// Holds the other side by an address of zeros.
    pub(crate) fn hold_by_zeros(&mut self, now: Instant) {
        let zeros = |local: &mut LocalMedia| local.endpoint.address = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        self.change(Deed { method: Method::Invite, offers: true }, zeros, now);
    }

    /// Asks the other side for an offer.
    pub(crate) fn ask_for_offer(&mut self, now: Instant) {
        self.change(Deed { method: Method::Invite, offers: false }, |_| {}, now);
    }

    /// Moves to another RTP port.
    pub(crate) fn change_address(&mut self, now: Instant) {
        let next = |local: &mut LocalMedia| local.endpoint = sdp::next_endpoint(&local.endpoint);
        next(&mut self.media);
        self.change(Deed { method: Method::Invite, offers: true }, next, now);
    }

    /// Offers other codecs from now on.
    pub(crate) fn change_codecs(&mut self, codecs: Vec<Format>, now: Instant) {
        self.media.codecs.clone_from(&codecs);
        self.change(Deed { method: Method::Invite, offers: true }, |local| local.codecs = codecs, now);
    }

    pub(super) fn change(&mut self, deed: Deed, wish: impl FnOnce(&mut LocalMedia), now: Instant) {
        let Line::Up(call) = &mut self.line else { return };
        let before = call.local.clone();
        wish(&mut call.local);
        self.start(deed, before, now);
    }

    /// Sends the request now, or as soon as nothing else is open.
    pub(super) fn start(&mut self, deed: Deed, before: LocalMedia, now: Instant) {
        let Line::Up(call) = &mut self.line else { return };
        let is_open = call.own.is_some() || call.unacknowledged.is_some() || call.session.state() != State::Stable;
        if is_open {
            call.later.get_or_insert(Later { at: now + A_MOMENT, deed, before });
            return;
        }
        let offer = if deed.offers { call.session.offer(&call.local).ok() } else { None };
        if deed.offers && offer.is_none() {
            return;
        }
        let mut request = call.dialog.request(deed.method);
        request.body = offer.as_deref().map(sdp::body);
        self.timers.ask(&mut request.headers, call.min_s, call.timer);
        if let Some(sign_in) = &mut call.sign_in
            && std::mem::take(&mut call.must_sign)
        {
            sign_in.sign(&mut request, &mut self.random);
        }
        self.add_own_headers(&mut request.headers);
        let Some(flow) = self.line.call().map(|call| self.flow_to_dialog(&call.dialog)) else { return };
        let id = self.send(&request, flow, now);
        if let Line::Up(call) = &mut self.line {
            call.own = Some(OwnRequest { id, deed, before });
        }
    }

    /// Sends what had to wait, when its time has come.
    pub(super) fn start_later(&mut self, now: Instant) {
        let Line::Up(call) = &mut self.line else { return };
        if let Some(later) = call.later.take_if(|later| later.at <= now) {
            self.start(later.deed, later.before, now);
        }
    }

    /// The final answer to our own re-INVITE or UPDATE.
    pub(super) fn handle_own(&mut self, status: Status, response: &Message, now: Instant) {
        let Line::Up(call) = &mut self.line else { return };
        if status.is_provisional() {
            return;
        }
        if status.is_success() {
            return self.take_agreement(response, now);
        }
        let Some(own) = call.own.take() else { return };
        if call.session.state() == State::WeOffered {
            call.session.reject();
        }
        if status == Status::CALL_DOES_NOT_EXIST || status == Status::REQUEST_TIMEOUT {
            self.fail(status, response.reason());
            return self.end_call(now);
        }
        if let Some(wait) = wait_after(call, status, response, &mut self.random) {
            call.later = Some(Later { at: now + wait, deed: own.deed, before: own.before });
            return;
        }
        call.local = own.before;
        self.fail(status, response.reason());
    }

    fn take_agreement(&mut self, response: &Message, now: Instant) {
        let Line::Up(call) = &mut self.line else { return };
        call.dialog.refresh_target(response);
        let answer = take_description(call, response);
        if call.session.state() == State::WeOffered {
            // No answer, or one that does not fit.
            call.session.reject();
        }
        // One side may know nothing of timers; the other refreshes all the same.
        let kept = call.timer.filter(|timer| timer.we_refresh);
        call.timer = self.timers.settled(response, now).or(kept);
        if let Some(sign_in) = &mut call.sign_in {
            sign_in.settle();
        }
        let Some(own) = call.own.take() else { return };
        if own.deed.method == Method::Invite {
            let dialog = call.dialog.clone();
            self.acknowledge(own.id, &dialog, response, answer);
        }
    }

    /// The call is over because the other side cannot be reached.
    pub(super) fn end_call(&mut self, now: Instant) {
        if let Line::Up(mut call) = std::mem::replace(&mut self.line, Line::Free) {
            self.abandoned.extend(call.own.map(|own| own.id));
            self.send_bye(&mut call.dialog, now);
        }
        self.free(PhoneState::Idle);
    }
}

/// How long to wait before the same is tried again; `None` when it was refused for good.
fn wait_after(call: &mut Call, status: Status, response: &Message, random: &mut Random) -> Option<Duration> {
    let tens = |from: u32, below: u32, random: &mut Random| {
        Duration::from_millis(u64::from(10 * (from + random.below(below - from))))
    };
    if status == Status::REQUEST_PENDING {
        // RFC 3261 §14.1: in steps of 10 ms.
        return Some(if call.owns_call_id { tens(210, 401, random) } else { tens(0, 201, random) });
    }
    if status == Status::SESSION_INTERVAL_TOO_SMALL {
        let min_s = response.header(HeaderName::MinSe).and_then(seconds).filter(|min_s| *min_s > call.min_s)?;
        call.min_s = min_s;
        return Some(Duration::ZERO);
    }
    if status == Status::UNAUTHORIZED {
        call.must_sign = call.sign_in.as_mut().is_some_and(|sign_in| sign_in.take_challenge(response));
        return call.must_sign.then_some(Duration::ZERO);
    }
    let retry_s = response.header(HeaderName::RetryAfter).and_then(seconds);
    retry_s.filter(|_| status == Status::SERVER_INTERNAL_ERROR).map(|s| Duration::from_secs(s.into()))
}
