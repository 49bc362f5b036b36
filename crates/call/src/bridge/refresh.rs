//! Session timers (RFC 4028): a leg whose phone has died without a word is found and ended.
//!
//! With a phone that knows nothing of them we refresh alone: a phone that is gone does not answer.

use std::time::{Duration, Instant};

use warden_media::relay::Side;
use warden_sip::endpoint::{ClientId, Reply, ServerId};
use warden_sip::header::{HeaderName, Refresher, SessionExpires};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::wheel::TimerId;
use warden_sip::write::Headers;

use super::call::{Call, Stage};
use super::leg::{Leg, Sdp, body};
use super::reoffer::{Exchange, is_fatal};
use super::turn::{Timer, Turn};
use crate::call_event::Cause;
use crate::directory::Directory;

/// The shortest interval that RFC 4028 §5 allows to demand.
const MIN_SE_S: u32 = 90;

/// How long a phone without a connection gets to come back before it is looked at again.
const RECONNECT: Duration = Duration::from_secs(5);

/// How a leg's session is kept alive.
#[derive(Default)]
pub(super) struct Refresh {
    terms: Option<Terms>,
    timer: Option<TimerId>,
    /// When the session ends if it is not refreshed; `None` until it is counted.
    expires_at: Option<Instant>,
}

/// What is agreed on it.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    interval_s: u32,
    /// Our turn, not the phone's.
    by_us: bool,
    /// The phone knows session timers.
    is_agreed: bool,
}

/// The longest time without a refresh that we ask for, in **seconds**.
pub(super) fn usual_interval_s(directory: &Directory) -> u32 {
    seconds(directory.calls.session_expires)
}

/// The longer interval that a phone demands by 422 instead of `asked_s`; nobody needs more than a day.
pub(super) fn demanded_s(response: &Message, asked_s: u32) -> Option<u32> {
    let is_demand = response.status() == Some(Status::SESSION_INTERVAL_TOO_SMALL);
    let least = response.header(HeaderName::MinSe).filter(|_| is_demand).and_then(min_se);
    least.filter(|least| (asked_s + 1..=86_400).contains(least))
}

/// Adds to an INVITE of ours what we want. More than usual is what the phone has demanded, and its least from then on
/// (RFC 4028 §5).
pub(super) fn ask(headers: &mut Headers, interval_s: u32, directory: &Directory) {
    let least_s = if interval_s > usual_interval_s(directory) { interval_s } else { MIN_SE_S };
    headers.add_value(HeaderName::SessionExpires, &SessionExpires { interval_s, refresher: None });
    headers.add_value(HeaderName::MinSe, &least_s);
}

impl Terms {
    /// What a phone's INVITE or UPDATE wants. It holds when that is answered 2xx, and not before (RFC 4028 §9).
    ///
    /// # Errors
    /// 422, when it wants to refresh more often than is allowed.
    pub(super) fn asked(request: &Message, directory: &Directory) -> Result<Self, Box<Reply>> {
        let wanted = request.header(HeaderName::SessionExpires).and_then(|value| SessionExpires::parse(value).ok());
        let is_agreed = request.supports("timer");
        if is_agreed && wanted.is_some_and(|wanted| wanted.interval_s < MIN_SE_S) {
            let mut reply = Reply::new(Status::SESSION_INTERVAL_TOO_SMALL);
            reply.headers.add_value(HeaderName::MinSe, &MIN_SE_S);
            return Err(reply.into());
        }
        let least = request.header(HeaderName::MinSe).and_then(min_se).unwrap_or(MIN_SE_S);
        let usual = seconds(directory.calls.session_expires).max(least);
        let interval_s = wanted.map_or(usual, |wanted| wanted.interval_s.min(usual));
        let by_phone = is_agreed && wanted.and_then(|wanted| wanted.refresher) != Some(Refresher::Uas);
        Ok(Self { interval_s, by_us: !by_phone, is_agreed })
    }
}

impl Refresh {
    pub(super) fn on(terms: Terms) -> Self {
        Self { terms: Some(terms), ..Self::default() }
    }

    /// We answer a phone's INVITE or UPDATE with 2xx: from now on these terms hold.
    pub(super) fn agree(&mut self, terms: Terms, headers: &mut Headers, side: Side, turn: &mut Turn<'_>) {
        self.terms = Some(terms);
        self.add_agreed(headers);
        self.start(side, turn);
    }

    /// Adds the terms to our 2xx to INVITE or UPDATE (RFC 4028 §9).
    pub(super) fn add_agreed(&self, headers: &mut Headers) {
        let Some(Terms { interval_s, by_us, is_agreed }) = self.terms else { return };
        if is_agreed {
            if !by_us {
                headers.add(HeaderName::Require, b"timer");
            }
            let refresher = Some(if by_us { Refresher::Uas } else { Refresher::Uac });
            headers.add_value(HeaderName::SessionExpires, &SessionExpires { interval_s, refresher });
        }
    }

    /// Reads a phone's 2xx to our INVITE or refresh, and begins to count.
    pub(super) fn answered(&mut self, side: Side, response: &Message, turn: &mut Turn<'_>) {
        self.take_terms(response, turn.directory);
        self.start(side, turn);
    }

    /// Reads a phone's 2xx to our INVITE or refresh.
    pub(super) fn take_terms(&mut self, response: &Message, directory: &Directory) {
        let agreed = response.header(HeaderName::SessionExpires).and_then(|value| SessionExpires::parse(value).ok());
        let usual = seconds(directory.calls.session_expires);
        self.terms = Some(match agreed {
            Some(SessionExpires { interval_s, refresher }) => {
                let by_us = refresher != Some(Refresher::Uas);
                Terms { interval_s: interval_s.max(MIN_SE_S), by_us, is_agreed: true }
            }
            None => Terms { interval_s: usual, by_us: true, is_agreed: false },
        });
    }

    /// Counts anew: half the time when it is our turn, else until it is too late (RFC 4028 §10).
    pub(super) fn start(&mut self, side: Side, turn: &mut Turn<'_>) {
        turn.stop_waiting(&mut self.timer);
        let Some(Terms { interval_s, by_us, .. }) = self.terms else { return };
        let interval = Duration::from_secs(interval_s.into());
        let limit = interval.saturating_sub((interval / 3).min(Duration::from_secs(32)));
        self.expires_at = Some(turn.now + limit);
        self.timer = Some(if by_us {
            turn.wait(interval / 2, Timer::Refresh(side))
        } else {
            turn.wait(limit, Timer::Expiry(side))
        });
    }

    pub(super) fn stop(&mut self, turn: &mut Turn<'_>) {
        turn.stop_waiting(&mut self.timer);
    }

    /// Asks again soon, after a phone had an offer of its own under way (RFC 3261 §14.1).
    fn retry(&mut self, side: Side, turn: &mut Turn<'_>) {
        turn.stop_waiting(&mut self.timer);
        let wait_ms = 2_100 + 10 * turn.below(190);
        self.timer = Some(turn.wait(Duration::from_millis(wait_ms.into()), Timer::Refresh(side)));
    }

    /// Asks again when the phone may be back; `false` when there is no time left for that.
    fn retry_later(&mut self, side: Side, turn: &mut Turn<'_>) -> bool {
        turn.stop_waiting(&mut self.timer);
        let left = self.expires_at.map(|at| at.saturating_duration_since(turn.now)).filter(|left| !left.is_zero());
        self.timer = left.map(|left| turn.wait(left.min(RECONNECT), Timer::Refresh(side)));
        left.is_some()
    }

    /// The terms in an INVITE or UPDATE of ours, which refreshes whatever it is for: who refreshed goes on with it
    /// (RFC 4028 §7.4).
    pub(super) fn add_wanted(&self, headers: &mut Headers) {
        if let Some(Terms { interval_s, by_us, is_agreed: true }) = self.terms {
            headers.add(HeaderName::Supported, b"timer");
            let refresher = Some(if by_us { Refresher::Uac } else { Refresher::Uas });
            headers.add_value(HeaderName::SessionExpires, &SessionExpires { interval_s, refresher });
        }
    }
}

impl Call {
    /// A phone refreshes, by UPDATE without an offer (RFC 3311).
    pub(super) fn handle_refresh(&mut self, side: Side, id: ServerId, request: &Message, turn: &mut Turn<'_>) {
        let Some(leg) = self.leg(side) else { return };
        let terms = match Terms::asked(request, turn.directory) {
            Ok(terms) => terms,
            Err(reply) => return turn.answer_failure(id, Err(reply)),
        };
        let mut reply = leg.reply_with_contact(Status::OK, turn.directory);
        leg.refresh.agree(terms, &mut reply.headers, side, turn);
        turn.answer(id, reply);
    }

    /// Time to refresh a leg.
    pub(super) fn refresh(&mut self, side: Side, turn: &mut Turn<'_>) {
        let Stage::Up(up) = &self.stage else { return };
        let is_idle = matches!(up.exchange, Exchange::Idle);
        let Some(leg) = self.leg(side) else { return };
        leg.refresh.timer = None;
        if leg.is_cut_off() {
            return self.refresh_later(side, turn);
        }
        if !is_idle || leg.unacknowledged.is_some() {
            return leg.refresh.retry(side, turn);
        }
        let Some(request) = refresh_request(leg, turn.directory) else { return leg.refresh.retry(side, turn) };
        let (flow, method) = (leg.flow, request.method);
        let asked = turn.send(request, flow);
        if let Stage::Up(up) = &mut self.stage {
            up.begin(Exchange::Refreshing { side, method, asked }, turn);
        }
    }

    /// The phone could not be asked, which does not say that it is alive: it has until the session expires to come back.
    fn refresh_later(&mut self, side: Side, turn: &mut Turn<'_>) {
        if self.leg(side).is_some_and(|leg| !leg.refresh.retry_later(side, turn)) {
            self.lose(side, Cause::Unreachable, turn);
        }
    }

    /// A phone did not refresh in time.
    pub(super) fn expire(&mut self, side: Side, turn: &mut Turn<'_>) {
        self.lose(side, Cause::NotRefreshed, turn);
    }

    pub(super) fn handle_refreshed(
        &mut self,
        side: Side,
        asked: ClientId,
        status: Status,
        response: Option<&Message>,
        turn: &mut Turn<'_>,
    ) {
        let Some(leg) = self.leg(side) else { return };
        if is_fatal(status) {
            leg.session.reject();
            return self.lose(side, Cause::Unreachable, turn);
        }
        let Some(response) = response else {
            leg.session.reject();
            return self.refresh_later(side, turn);
        };
        if !status.is_success() {
            leg.session.reject();
            let knows_it = !matches!(status, Status::METHOD_NOT_ALLOWED | Status::NOT_IMPLEMENTED);
            if status == Status::REQUEST_PENDING || (leg.allows_update && !knows_it) {
                leg.allows_update &= knows_it;
                return leg.refresh.retry(side, turn);
            }
            // It answers, so it is alive.
            return leg.refresh.start(side, turn);
        }
        leg.dialog.refresh_target(response);
        if response.method() == Method::Invite {
            let ack = leg.dialog.ack(response.sequence());
            turn.acknowledge(asked, response.to_tag().unwrap_or_default(), ack, leg.flow);
            if Sdp::of(response).some().is_none_or(|answer| leg.session.accept(answer).is_err()) {
                leg.session.reject();
            }
        }
        leg.refresh.answered(side, response, turn);
        self.connect(turn);
    }
}

/// UPDATE where the phone understands it, else INVITE with the description that holds.
fn refresh_request(leg: &mut Leg, directory: &Directory) -> Option<warden_sip::endpoint::Request> {
    let method = if leg.allows_update { Method::Update } else { Method::Invite };
    let offer = if leg.allows_update { None } else { Some(leg.session.repeat_offer().ok()?) };
    let mut request = leg.request(method, directory);
    request.body = offer.map(|offer| body(&offer));
    Some(request)
}

fn seconds(interval: Duration) -> u32 {
    u32::try_from(interval.as_secs()).unwrap_or(u32::MAX).max(MIN_SE_S)
}

fn min_se(value: &[u8]) -> Option<u32> {
    SessionExpires::parse(value).ok().map(|value| value.interval_s)
}
