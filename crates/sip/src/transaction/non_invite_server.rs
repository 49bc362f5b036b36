//! Non-INVITE server transaction (RFC 3261 §17.2.2).

use std::time::{Duration, Instant};

use super::{OnRepeat, Timers};
use crate::status::Status;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No final response yet; `answered` once a provisional one was sent.
    Trying {
        answered: bool,
    },
    /// The final response answers every repetition (timer J).
    Completed {
        until: Instant,
    },
    Terminated,
}

/// One request other than INVITE and ACK received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonInviteServer {
    state: State,
    /// How long the final response is kept.
    linger: Duration,
}

impl NonInviteServer {
    /// The request has just come.
    #[must_use]
    pub fn new(timers: Timers, reliable: bool) -> Self {
        let linger = if reliable { Duration::ZERO } else { timers.give_up() };
        Self { state: State::Trying { answered: false }, linger }
    }

    /// The same request came again.
    #[must_use]
    pub fn handle_repeat(&self) -> OnRepeat {
        match self.state {
            State::Trying { answered: true } | State::Completed { .. } => OnRepeat::Resend,
            State::Trying { answered: false } | State::Terminated => OnRepeat::Ignore,
        }
    }

    /// The user answers; whether the answer may be sent: a second final one may not.
    pub fn handle_answer(&mut self, status: Status, now: Instant) -> bool {
        let State::Trying { .. } = self.state else { return false };
        self.state = if status.is_provisional() {
            State::Trying { answered: true }
        } else {
            State::Completed { until: now + self.linger }
        };
        true
    }

    /// Time has come to [`NonInviteServer::next_timeout`].
    pub fn handle_timeout(&mut self, now: Instant) {
        self.state = match self.state {
            State::Completed { until } if now >= until => State::Terminated,
            early @ (State::Trying { .. } | State::Completed { .. } | State::Terminated) => early,
        };
    }

    /// When to call [`NonInviteServer::handle_timeout`]; `None` while only the user can act.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Completed { until } => Some(until),
            State::Trying { .. } | State::Terminated => None,
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
    use crate::transaction::timers_test::start;

    #[test]
    fn a_repeated_request_gets_the_same_answer_for_32_s() {
        let now = start();
        let mut request = NonInviteServer::new(Timers::RFC3261, false);
        assert_eq!(request.handle_repeat(), OnRepeat::Ignore, "there is nothing to send yet");
        assert!(request.handle_answer(Status::OK, now));
        assert!(!request.handle_answer(Status::OK, now));
        assert_eq!(request.handle_repeat(), OnRepeat::Resend);
        assert_eq!(request.next_timeout(), Some(now + Duration::from_secs(32)));
        request.handle_timeout(now + Duration::from_secs(32));
        assert!(request.is_terminated());
    }

    #[test]
    fn over_tcp_nothing_repeats_so_nothing_is_kept() {
        let now = start();
        let mut request = NonInviteServer::new(Timers::RFC3261, true);
        request.handle_answer(Status::OK, now);
        assert_eq!(request.next_timeout(), Some(now));
    }
}
