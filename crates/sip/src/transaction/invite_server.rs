//! INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1).
//!
//! Warden always answers for itself, so the resending of a 2xx until its ACK comes, which RFC 3261 §13.3.1.4 leaves to
//! the user, is done here. So is that of a reliable provisional response until it is confirmed (RFC 3262 §3).

use std::time::{Duration, Instant};

use super::{OnRepeat, OnTimeout, Resend, Timers};
use crate::status::Status;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No final response yet. `trying_at` is when the client is told that the request arrived.
    Proceeding {
        trying_at: Option<Instant>,
    },
    /// No final response yet. A reliable provisional one awaits its PRACK.
    Unconfirmed(Resend),
    /// A final response other than 2xx awaits its ACK (timers G and H).
    Completed(Resend),
    /// Its ACK came; absorbs repeated ones (timer I).
    Confirmed {
        until: Instant,
    },
    /// A 2xx awaits its ACK; a reliable transport ensures nothing here, since the ACK goes from end to end.
    Accepted(Resend),
    /// Its ACK came; absorbs what is left of the INVITE (timer L).
    Acknowledged {
        until: Instant,
    },
    Terminated,
}

/// How long the user may think before 100 Trying is sent for it (RFC 3261 §17.2.1).
const TRYING_AFTER: Duration = Duration::from_millis(200);

/// One INVITE received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviteServer {
    state: State,
    timers: Timers,
    reliable: bool,
}

impl InviteServer {
    /// The request has just come.
    #[must_use]
    pub fn new(timers: Timers, reliable: bool, now: Instant) -> Self {
        Self { state: State::Proceeding { trying_at: Some(now + TRYING_AFTER) }, timers, reliable }
    }

    /// The same INVITE came again.
    #[must_use]
    pub fn handle_repeat(&self) -> OnRepeat {
        match self.state {
            State::Proceeding { .. } | State::Unconfirmed(_) | State::Completed(_) => OnRepeat::Resend,
            // The 2xx has its own timer (RFC 6026 §7.1).
            State::Confirmed { .. } | State::Accepted(_) | State::Acknowledged { .. } | State::Terminated => {
                OnRepeat::Ignore
            }
        }
    }

    /// The user answers; whether the answer may be sent: a second final one may not.
    pub fn handle_answer(&mut self, status: Status, now: Instant) -> bool {
        if !self.is_pending() {
            return false;
        }
        self.state = if status.is_provisional() {
            self.told()
        } else if status.is_success() {
            State::Accepted(Resend::start(&self.timers, false, now))
        } else {
            State::Completed(Resend::start(&self.timers, self.reliable, now))
        };
        true
    }

    /// The user answers with a reliable provisional response; whether it may be sent: one awaits its PRACK at a time, and
    /// none comes after the final response.
    pub fn handle_reliable(&mut self, now: Instant) -> bool {
        let may_be_sent = matches!(self.state, State::Proceeding { .. });
        if may_be_sent {
            // A reliable transport ensures nothing here, since the PRACK goes from end to end.
            self.state = State::Unconfirmed(Resend::start(&self.timers, false, now));
        }
        may_be_sent
    }

    /// The PRACK for the reliable provisional response came.
    pub fn handle_confirmation(&mut self) {
        if let State::Unconfirmed(_) = self.state {
            self.state = State::Proceeding { trying_at: None };
        }
    }

    /// The state after a provisional response that need not be confirmed.
    fn told(&self) -> State {
        match self.state {
            State::Proceeding { .. } => State::Proceeding { trying_at: None },
            state @ (State::Unconfirmed(_)
            | State::Completed(_)
            | State::Confirmed { .. }
            | State::Accepted(_)
            | State::Acknowledged { .. }
            | State::Terminated) => state,
        }
    }

    /// An ACK came. Whether it is the first for a 2xx, which the user wants to know.
    pub fn handle_ack(&mut self, now: Instant) -> bool {
        let (state, is_news) = match self.state {
            State::Completed(_) => {
                let linger = if self.reliable { Duration::ZERO } else { self.timers.t4 };
                (State::Confirmed { until: now + linger }, false)
            }
            State::Accepted(_) => (State::Acknowledged { until: now + self.timers.give_up() }, true),
            state @ (State::Proceeding { .. }
            | State::Unconfirmed(_)
            | State::Confirmed { .. }
            | State::Acknowledged { .. }
            | State::Terminated) => (state, false),
        };
        self.state = state;
        is_news
    }

    /// Whether CANCEL still has an effect.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self.state, State::Proceeding { .. } | State::Unconfirmed(_))
    }

    /// Whether time will only end it: what may still come is absorbed, and nothing is sent again.
    #[must_use]
    pub fn lingers(&self) -> bool {
        matches!(self.state, State::Confirmed { .. } | State::Acknowledged { .. })
    }

    /// Whether time has come to send 100 Trying; to be asked before [`InviteServer::handle_timeout`].
    #[must_use]
    pub fn must_say_trying(&self, now: Instant) -> bool {
        matches!(self.state, State::Proceeding { trying_at: Some(at) } if now >= at)
    }

    /// Time has come to [`InviteServer::next_timeout`].
    pub fn handle_timeout(&mut self, now: Instant) -> OnTimeout {
        let (state, deed) = match self.state {
            State::Unconfirmed(resend) if resend.is_over(now) => {
                (State::Proceeding { trying_at: None }, OnTimeout::GiveUp)
            }
            State::Unconfirmed(resend) if resend.is_due(now) => {
                (State::Unconfirmed(resend.again(self.timers.give_up(), now)), OnTimeout::Resend)
            }
            State::Completed(resend) | State::Accepted(resend) if resend.is_over(now) => {
                (State::Terminated, OnTimeout::GiveUp)
            }
            State::Completed(resend) if resend.is_due(now) => {
                (State::Completed(resend.again(self.timers.t2, now)), OnTimeout::Resend)
            }
            State::Accepted(resend) if resend.is_due(now) => {
                (State::Accepted(resend.again(self.timers.t2, now)), OnTimeout::Resend)
            }
            State::Confirmed { until } | State::Acknowledged { until } if now >= until => {
                (State::Terminated, OnTimeout::Nothing)
            }
            early @ (State::Proceeding { .. }
            | State::Unconfirmed(_)
            | State::Completed(_)
            | State::Confirmed { .. }
            | State::Accepted(_)
            | State::Acknowledged { .. }
            | State::Terminated) => (early, OnTimeout::Nothing),
        };
        self.state = state;
        deed
    }

    /// When to call [`InviteServer::handle_timeout`]; `None` while only the user can act.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Proceeding { trying_at } => trying_at,
            State::Unconfirmed(resend) | State::Completed(resend) | State::Accepted(resend) => Some(resend.next()),
            State::Confirmed { until } | State::Acknowledged { until } => Some(until),
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
    fn trying_is_due_after_200_ms_unless_the_user_answered() {
        let now = start();
        let mut invite = InviteServer::new(Timers::RFC3261, false, now);
        assert_eq!(invite.next_timeout(), Some(now + TRYING_AFTER));
        assert!(!invite.must_say_trying(now) && invite.must_say_trying(now + TRYING_AFTER));
        assert!(invite.handle_answer(Status::RINGING, now));
        assert_eq!(invite.next_timeout(), None);
    }

    #[test]
    fn a_2xx_is_resent_until_its_ack_comes_even_over_tcp() {
        let now = start();
        let mut invite = InviteServer::new(Timers::RFC3261, true, now);
        invite.handle_answer(Status::OK, now);
        let mut unheard = invite;
        let log = run(now, &mut unheard, InviteServer::next_timeout, InviteServer::handle_timeout);
        assert_eq!(resends(&log)[..5], [500, 1500, 3500, 7500, 11500]);
        assert_eq!(log.last(), Some(&(32_000, OnTimeout::GiveUp)));
        assert!(invite.handle_ack(now), "the first ACK is news");
        assert!(!invite.handle_ack(now), "the second is not");
        assert_eq!(
            run(now, &mut invite, InviteServer::next_timeout, InviteServer::handle_timeout),
            [(32_000, OnTimeout::Nothing)]
        );
    }

    #[test]
    fn a_failure_is_resent_over_udp_only_and_ends_5_s_after_its_ack() {
        let now = start();
        let mut invite = InviteServer::new(Timers::RFC3261, false, now);
        invite.handle_answer(Status::BUSY_HERE, now);
        assert_eq!(invite.handle_repeat(), OnRepeat::Resend);
        let mut unheard = invite;
        let log = run(now, &mut unheard, InviteServer::next_timeout, InviteServer::handle_timeout);
        assert_eq!(resends(&log)[..4], [500, 1500, 3500, 7500]);
        assert!(!invite.handle_ack(now), "an ACK for a failure stays in the transaction");
        assert_eq!(invite.handle_repeat(), OnRepeat::Ignore);
        assert_eq!(
            run(now, &mut invite, InviteServer::next_timeout, InviteServer::handle_timeout),
            [(5_000, OnTimeout::Nothing)]
        );
    }

    #[test]
    fn a_reliable_provisional_response_is_resent_ever_more_slowly_until_it_is_confirmed() {
        let now = start();
        let mut invite = InviteServer::new(Timers::RFC3261, true, now);
        assert!(invite.handle_reliable(now));
        assert!(!invite.handle_reliable(now), "one at a time");
        assert!(invite.handle_answer(Status::RINGING, now), "others come in between");
        let mut unheard = invite;
        let log = run(now, &mut unheard, InviteServer::next_timeout, InviteServer::handle_timeout);
        assert_eq!(resends(&log), [500, 1500, 3500, 7500, 15500, 31500]);
        assert_eq!(log.last(), Some(&(32_000, OnTimeout::GiveUp)));
        assert!(unheard.is_pending(), "the user decides what becomes of the INVITE");
        let mut answered = invite;
        assert!(answered.handle_answer(Status::BUSY_HERE, now));
        assert_eq!(answered.next_timeout(), Some(now + Timers::RFC3261.give_up()), "a final response ends it");
        invite.handle_confirmation();
        assert_eq!(invite.next_timeout(), None);
        assert!(invite.handle_reliable(now), "the next one");
    }

    #[test]
    fn only_one_final_answer_is_sent() {
        let now = start();
        let mut invite = InviteServer::new(Timers::RFC3261, false, now);
        assert!(invite.handle_answer(Status::OK, now));
        assert!(!invite.handle_answer(Status::BUSY_HERE, now));
        assert!(!invite.handle_answer(Status::RINGING, now));
    }
}
