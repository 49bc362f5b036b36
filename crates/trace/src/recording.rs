//! What has been kept of one call, as it was on the wire.

use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_call::call_event::{CallEvent, CallId, Cause};
use warden_sip::endpoint::Flow;

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From a phone to us.
    Received,
    /// From us to a phone.
    Sent,
}

/// A message as it passed. It has secrets in it.
#[derive(Clone, Debug)]
pub struct Tapped {
    /// When.
    pub at: Instant,
    /// Which way.
    pub way: Way,
    /// Between whom.
    pub flow: Flow,
    /// All of it.
    pub bytes: Bytes,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Item {
    /// A message passed.
    Message(Tapped),
    /// Something was decided or noticed.
    Decision {
        /// When.
        at: Instant,
        /// What.
        event: CallEvent,
    },
}

/// All that is kept of one call, in order. A clone shares the messages.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Which call.
    pub call: CallId,
    /// What happened.
    pub items: Vec<Item>,
    /// How many items there was no room for; they are missing from the middle.
    pub left_out: u32,
}

/// The clock on the wall, and the other one, at the same moment.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The moment.
    pub now: Instant,
    /// The same, since the Unix epoch.
    pub since_epoch: Duration,
}

impl Clock {
    /// What the clock on the wall showed at `at`, since the Unix epoch.
    #[must_use]
    pub fn time(self, at: Instant) -> Duration {
        match self.now.checked_duration_since(at) {
            Some(ago) => self.since_epoch.saturating_sub(ago),
            None => self.since_epoch + at.saturating_duration_since(self.now),
        }
    }
}

/// Whether a call that ended so should be looked at by somebody: it is not what people do every day.
pub(crate) fn is_failure(cause: Cause) -> bool {
    match cause {
        Cause::HungUp
        | Cause::GaveUp
        | Cause::Busy
        | Cause::Declined
        | Cause::NoAnswer
        | Cause::JoinedTo(_)
        | Cause::Stopped
        | Cause::Restarted => false,
        Cause::UnknownNumber
        | Cause::Rejected
        | Cause::NotBuilt
        | Cause::NotRegistered
        | Cause::NoEmergencyTrunk
        | Cause::NoPorts
        | Cause::NoCommonCodec
        | Cause::BadAnswer
        | Cause::NotAcknowledged
        | Cause::Unreachable
        | Cause::Dead
        | Cause::NotRefreshed
        | Cause::Refused(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
    fn moments_before_and_after_have_their_time_on_the_wall() {
        let clock = Clock { now: Instant::now(), since_epoch: Duration::from_secs(100) };
        let second = Duration::from_secs(1);
        assert_eq!(clock.time(clock.now + second).as_secs(), 101);
        assert_eq!(clock.now.checked_sub(second).map(|at| clock.time(at).as_secs()), Some(99));
    }
}
