//! Non-INVITE client transaction (RFC 3261 §17.1.2).

use std::time::{Duration, Instant};

use super::{OnResponse, OnTimeout, Resend, Timers};
use crate::status::Status;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing came back (timers E and F).
    Trying(Resend),
    /// A provisional response came; resends come every T2.
    Proceeding(Resend),
    /// Absorbs repeated final responses (timer K).
    Completed {
        until: Instant,
    },
    Terminated,
}

/// One request other than INVITE and ACK sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonInviteClient {
    state: State,
    timers: Timers,
    reliable: bool,
}

impl NonInviteClient {
    /// The request has just been sent.
    #[must_use]
    pub fn new(timers: Timers, reliable: bool, now: Instant) -> Self {
        Self { state: State::Trying(Resend::start(&timers, reliable, now)), timers, reliable }
    }

    /// A response with this transaction's branch came.
    pub fn handle_response(&mut self, status: Status, now: Instant) -> OnResponse {
        let (state, deed) = match self.state {
            State::Trying(resend) | State::Proceeding(resend) if status.is_provisional() => {
                (State::Proceeding(resend.slowed_down(self.timers.t2)), OnResponse::Report)
            }
            State::Trying(_) | State::Proceeding(_) => {
                let linger = if self.reliable { Duration::ZERO } else { self.timers.t4 };
                (State::Completed { until: now + linger }, OnResponse::Report)
            }
            repeated @ (State::Completed { .. } | State::Terminated) => (repeated, OnResponse::Ignore),
        };
        self.state = state;
        deed
    }

    /// Whether a final response is still awaited.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self.state, State::Trying(_) | State::Proceeding(_))
    }

    /// Time has come to [`NonInviteClient::next_timeout`].
    pub fn handle_timeout(&mut self, now: Instant) -> OnTimeout {
        let (state, deed) = match self.state {
            State::Trying(resend) | State::Proceeding(resend) if resend.is_over(now) => {
                (State::Terminated, OnTimeout::GiveUp)
            }
            State::Trying(resend) if resend.is_due(now) => {
                (State::Trying(resend.again(self.timers.t2, now)), OnTimeout::Resend)
            }
            State::Proceeding(resend) if resend.is_due(now) => {
                (State::Proceeding(resend.again(self.timers.t2, now)), OnTimeout::Resend)
            }
            State::Completed { until } if now >= until => (State::Terminated, OnTimeout::Nothing),
            early @ (State::Trying(_) | State::Proceeding(_) | State::Completed { .. } | State::Terminated) => {
                (early, OnTimeout::Nothing)
            }
        };
        self.state = state;
        deed
    }

    /// When to call [`NonInviteClient::handle_timeout`]; `None` once terminated.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Trying(resend) | State::Proceeding(resend) => Some(resend.next()),
            State::Completed { until } => Some(until),
            State::Terminated => None,
        }
    }

    /// Whether it can be forgotten.
    #[must_use]
    pub fn is_terminated(&self) -> bool {
        self.state == State::Terminated
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::timers_test::{run, start};

    fn resends(log: &[(u128, OnTimeout)]) -> Vec<u128> {
        log.iter().filter(|(_, deed)| *deed == OnTimeout::Resend).map(|(ms, _)| *ms).collect()
    }

    #[test]
    fn an_unanswered_request_is_resent_up_to_every_4_s_and_given_up_after_32_s() {
        let now = start();
        let mut request = NonInviteClient::new(Timers::RFC3261, false, now);
        let log = run(now, &mut request, NonInviteClient::next_timeout, NonInviteClient::handle_timeout);
        assert_eq!(resends(&log), [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
        assert_eq!(log.last(), Some(&(32_000, OnTimeout::GiveUp)));
    }

    #[test]
    fn after_a_provisional_response_resends_come_every_4_s() {
        let now = start();
        let mut request = NonInviteClient::new(Timers::RFC3261, false, now);
        assert_eq!(request.handle_response(Status::TRYING, now), OnResponse::Report);
        let log = run(now, &mut request, NonInviteClient::next_timeout, NonInviteClient::handle_timeout);
        assert_eq!(resends(&log)[..3], [500, 4500, 8500]);
    }

    #[test]
    fn a_repeated_final_response_is_absorbed_for_5_s() {
        let now = start();
        let mut request = NonInviteClient::new(Timers::RFC3261, false, now);
        assert_eq!(request.handle_response(Status::OK, now), OnResponse::Report);
        assert_eq!(request.handle_response(Status::OK, now), OnResponse::Ignore);
        request.handle_timeout(now + Duration::from_millis(4999));
        assert!(!request.is_terminated());
        request.handle_timeout(now + Duration::from_secs(5));
        assert!(request.is_terminated());
    }
}
