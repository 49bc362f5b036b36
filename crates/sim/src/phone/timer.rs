//! Session timers (RFC 4028): what a phone asks for, what it grants, and when it refreshes or gives up.

use std::time::{Duration, Instant};

use warden_sip::endpoint::Reply;
use warden_sip::header::{HeaderName, Refresher, SessionExpires};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::write::Headers;

/// How the phone is set up.
pub(super) struct TimerSettings {
    /// In **seconds**; `None` is a phone that knows nothing of session timers.
    pub(super) interval_s: Option<u32>,
    /// In **seconds**: a shorter session is refused with 422.
    pub(super) min_s: u32,
    /// UPDATE or INVITE.
    pub(super) refresh_by: Method,
    /// Promises to refresh, and never does.
    pub(super) forgets: bool,
}

/// What holds in a call.
#[derive(Clone, Copy)]
pub(super) struct SessionTimer {
    interval_s: u32,
    pub(super) we_refresh: bool,
    /// When to refresh, or to end a call that was not refreshed.
    pub(super) at: Instant,
}

impl SessionTimer {
    fn new(interval_s: u32, we_refresh: bool, now: Instant) -> Self {
        let interval = Duration::from_secs(interval_s.into());
        // RFC 4028 §10: 32 s before the end, or a third of the whole.
        let wait = if we_refresh {
            interval / 2
        } else {
            interval.saturating_sub((interval / 3).min(Duration::from_secs(32)))
        };
        Self { interval_s, we_refresh, at: now + wait }
    }

    /// A refresh is on its way; the next one is due if that brings nothing.
    pub(super) fn asked_again(self, now: Instant) -> Self {
        Self::new(self.interval_s, self.we_refresh, now)
    }
}

impl TimerSettings {
    pub(super) fn new() -> Self {
        Self { interval_s: None, min_s: 90, refresh_by: Method::Update, forgets: false }
    }

    /// Adds `Supported`, and in a request `Session-Expires` and `Min-SE` too. `min_s` is the least the other side takes.
    pub(super) fn ask(&self, headers: &mut Headers, min_s: u32, current: Option<SessionTimer>) {
        let Some(interval_s) = self.interval_s else { return };
        let refresher = current.map(|timer| if timer.we_refresh { Refresher::Uac } else { Refresher::Uas });
        let interval_s = current.map_or(interval_s, |timer| timer.interval_s).max(min_s);
        headers.add(HeaderName::Supported, b"timer");
        headers.add_value(HeaderName::SessionExpires, &SessionExpires { interval_s, refresher });
        headers.add_value(HeaderName::MinSe, &min_s.max(self.min_s));
    }

    /// What a 2xx to a request of ours has settled.
    pub(super) fn settled(&self, response: &Message, now: Instant) -> Option<SessionTimer> {
        self.interval_s?;
        let granted = SessionExpires::parse(response.header(HeaderName::SessionExpires)?).ok()?;
        Some(SessionTimer::new(granted.interval_s, granted.refresher != Some(Refresher::Uas), now))
    }

    /// Whether a request asks for too short a session: the 422.
    pub(super) fn refusal(&self, request: &Message) -> Option<Reply> {
        self.interval_s?;
        let asked = SessionExpires::parse(request.header(HeaderName::SessionExpires)?).ok()?;
        (asked.interval_s < self.min_s).then(|| {
            let mut reply = Reply::new(Status::SESSION_INTERVAL_TOO_SMALL);
            reply.headers.add_value(HeaderName::MinSe, &self.min_s);
            reply
        })
    }

    /// Grants a session in the 2xx to `request` (RFC 4028 §9).
    pub(super) fn grant(&self, request: &Message, headers: &mut Headers, now: Instant) -> Option<SessionTimer> {
        let own_s = self.interval_s?;
        let asked = request.header(HeaderName::SessionExpires).and_then(|value| SessionExpires::parse(value).ok());
        let least_s = request.header(HeaderName::MinSe).and_then(seconds).unwrap_or(90).max(self.min_s);
        let interval_s = asked.map_or(own_s, |asked| asked.interval_s.min(own_s)).max(least_s);
        let usual = if request.supports("timer") { Refresher::Uac } else { Refresher::Uas };
        let refresher = asked.and_then(|asked| asked.refresher).unwrap_or(usual);
        headers.add(HeaderName::Supported, b"timer");
        headers.add_value(HeaderName::SessionExpires, &SessionExpires { interval_s, refresher: Some(refresher) });
        if refresher == Refresher::Uac {
            headers.add(HeaderName::Require, b"timer");
        }
        Some(SessionTimer::new(interval_s, refresher == Refresher::Uas, now))
    }
}

/// The number that a header such as `Min-SE` or `Retry-After` begins with.
pub(super) fn seconds(value: &[u8]) -> Option<u32> {
    let digits: Vec<u8> = value.iter().copied().take_while(u8::is_ascii_digit).collect();
    std::str::from_utf8(&digits).ok()?.parse().ok()
}
