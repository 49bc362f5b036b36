//! INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2).

use std::time::{Duration, Instant};

use super::{OnResponse, OnTimeout, Resend, Timers};
use crate::status::Status;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The request is out, nothing came back (timers A and B).
    Calling(Resend),
    /// It rings; how long is the user's decision. After CANCEL the end is watched (RFC 3261 §9.1).
    Proceeding {
        give_up_at: Option<Instant>,
    },
    /// A 2xx came: later ones, also from other branches, still reach the user (timer M).
    Accepted {
        until: Instant,
    },
    /// Another final response came and was acknowledged (timer D).
    Completed {
        until: Instant,
    },
    Terminated,
}

/// One INVITE sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviteClient {
    state: State,
    timers: Timers,
    reliable: bool,
}

impl InviteClient {
    /// The request has just been sent.
    #[must_use]
    pub fn new(timers: Timers, reliable: bool, now: Instant) -> Self {
        Self { state: State::Calling(Resend::start(&timers, reliable, now)), timers, reliable }
    }

    /// A response with this transaction's branch came.
    pub fn handle_response(&mut self, status: Status, now: Instant) -> OnResponse {
        let is_final = !status.is_provisional();
        let (state, deed) = match self.state {
            State::Calling(_) | State::Proceeding { .. } if status.is_success() => {
                (State::Accepted { until: now + self.timers.give_up() }, OnResponse::Report)
            }
            State::Calling(_) | State::Proceeding { .. } if is_final => {
                // At least 32 s, so that a repeated final response finds its ACK (timer D).
                let linger = if self.reliable { Duration::ZERO } else { self.timers.give_up() };
                (State::Completed { until: now + linger }, OnResponse::AcknowledgeAndReport)
            }
            State::Calling(_) => (State::Proceeding { give_up_at: None }, OnResponse::Report),
            state @ State::Proceeding { .. } => (state, OnResponse::Report),
            state @ State::Accepted { .. } if status.is_success() => (state, OnResponse::Report),
            state @ State::Completed { .. } if is_final && !status.is_success() => (state, OnResponse::Acknowledge),
            state @ (State::Accepted { .. } | State::Completed { .. } | State::Terminated) => {
                (state, OnResponse::Ignore)
            }
        };
        self.state = state;
        deed
    }

    /// Whether CANCEL may be sent now: once, after a provisional response and before a final one (RFC 3261 §9.1).
    #[must_use]
    pub fn may_cancel(&self) -> bool {
        matches!(self.state, State::Proceeding { give_up_at: None })
    }

    /// Whether a final response is still awaited.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self.state, State::Calling(_) | State::Proceeding { .. })
    }

    /// CANCEL has been sent: a final response is due within 64 × T1.
    pub fn handle_cancel(&mut self, now: Instant) {
        if let State::Proceeding { give_up_at: None } = self.state {
            self.state = State::Proceeding { give_up_at: Some(now + self.timers.give_up()) };
        }
    }

    /// Time has come to [`InviteClient::next_timeout`].
    pub fn handle_timeout(&mut self, now: Instant) -> OnTimeout {
        let (state, deed) = match self.state {
            State::Calling(resend) if resend.is_over(now) => (State::Terminated, OnTimeout::GiveUp),
            State::Calling(resend) if resend.is_due(now) => {
                (State::Calling(resend.again(self.timers.give_up(), now)), OnTimeout::Resend)
            }
            State::Proceeding { give_up_at: Some(at) } if now >= at => (State::Terminated, OnTimeout::GiveUp),
            State::Accepted { until } | State::Completed { until } if now >= until => {
                (State::Terminated, OnTimeout::Nothing)
            }
            early @ (State::Calling(_)
            | State::Proceeding { .. }
            | State::Accepted { .. }
            | State::Completed { .. }
            | State::Terminated) => (early, OnTimeout::Nothing),
        };
        self.state = state;
        deed
    }

    /// When to call [`InviteClient::handle_timeout`]; `None` while only the network or the user can act.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Calling(resend) => Some(resend.next()),
            State::Proceeding { give_up_at } => give_up_at,
            State::Accepted { until } | State::Completed { until } => Some(until),
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

    #[test]
    fn an_unanswered_invite_is_resent_at_doubling_intervals_and_given_up_after_32_s() {
        let now = start();
        let mut invite = InviteClient::new(Timers::RFC3261, false, now);
        let log = run(now, &mut invite, InviteClient::next_timeout, InviteClient::handle_timeout);
        let sent: Vec<_> = log.iter().filter(|(_, deed)| *deed == OnTimeout::Resend).map(|(ms, _)| *ms).collect();
        assert_eq!(sent, [500, 1500, 3500, 7500, 15500, 31500]);
        assert_eq!(log.last(), Some(&(32_000, OnTimeout::GiveUp)));
        assert!(invite.is_terminated());
    }

    #[test]
    fn on_a_reliable_transport_nothing_is_resent() {
        let now = start();
        let mut invite = InviteClient::new(Timers::RFC3261, true, now);
        assert_eq!(
            run(now, &mut invite, InviteClient::next_timeout, InviteClient::handle_timeout),
            [(32_000, OnTimeout::GiveUp)]
        );
    }

    #[test]
    fn a_ringing_call_rings_on_until_it_is_cancelled() {
        let now = start();
        let mut invite = InviteClient::new(Timers::RFC3261, false, now);
        assert!(!invite.may_cancel(), "nothing came back yet");
        assert_eq!(invite.handle_response(Status::RINGING, now), OnResponse::Report);
        assert_eq!(invite.next_timeout(), None);
        assert!(invite.may_cancel());
        invite.handle_cancel(now);
        assert_eq!(invite.next_timeout(), Some(now + Duration::from_secs(32)));
        assert_eq!(invite.handle_timeout(now + Duration::from_secs(32)), OnTimeout::GiveUp);
    }

    #[test]
    fn every_2xx_reaches_the_user_and_a_late_failure_does_not() {
        let now = start();
        let mut invite = InviteClient::new(Timers::RFC3261, false, now);
        assert_eq!(invite.handle_response(Status::OK, now), OnResponse::Report);
        assert_eq!(invite.handle_response(Status::OK, now), OnResponse::Report);
        assert_eq!(invite.handle_response(Status::BUSY_HERE, now), OnResponse::Ignore);
        assert_eq!(invite.handle_response(Status::RINGING, now), OnResponse::Ignore);
        invite.handle_timeout(now + Duration::from_secs(32));
        assert!(invite.is_terminated());
    }

    #[test]
    fn a_repeated_failure_is_acknowledged_each_time_and_reported_once() {
        let now = start();
        let mut invite = InviteClient::new(Timers::RFC3261, false, now);
        assert_eq!(invite.handle_response(Status::BUSY_HERE, now), OnResponse::AcknowledgeAndReport);
        assert_eq!(invite.handle_response(Status::BUSY_HERE, now), OnResponse::Acknowledge);
        assert_eq!(invite.handle_response(Status::OK, now), OnResponse::Ignore);
        assert_eq!(invite.handle_timeout(now + Duration::from_secs(31)), OnTimeout::Nothing);
        assert!(!invite.is_terminated());
        invite.handle_timeout(now + Duration::from_secs(32));
        assert!(invite.is_terminated());
    }
}
