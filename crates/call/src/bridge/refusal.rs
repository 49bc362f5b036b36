//! What the caller is told when a call cannot be made, and what the record says of it.

use warden_sip::endpoint::Reply;
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::status::Status;

use super::reason::Reason;
use super::warning::Warning;
use crate::call_event::{Cause, Destination, Ender, Ending};
use crate::directory::Extension;

/// The longest time, in **seconds**, for which a phone may ask not to be called; a longer one is cut to this.
const MAX_RETRY_AFTER_S: u32 = 3600;

/// A call that is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: Status,
    /// Instead of the usual phrase, so that a person can read what is wrong on the phone's display.
    pub(super) reason: Option<&'static str>,
    pub(super) cause: Cause,
    pub(super) by: Ender,
    /// When the person who was called may be reached again.
    retry_after_s: Option<u32>,
    /// What is wrong with the session description.
    warning: Option<Warning>,
    /// What the telephone network behind the phone says of why.
    network: Option<Reason>,
}

impl Refusal {
    pub(super) const fn new(status: Status, reason: &'static str, cause: Cause) -> Self {
        Self { reason: Some(reason), ..Self::plain(status, cause) }
    }

    /// 488: what is wrong with the sound that is offered.
    pub(super) const fn of_offer(reason: &'static str, warning: Warning) -> Self {
        let plain = Self::new(Status::NOT_ACCEPTABLE_HERE, reason, Cause::NoCommonCodec);
        Self { warning: Some(warning), ..plain }
    }

    pub(super) const NOT_REGISTERED: Self =
        Self::new(Status::TEMPORARILY_UNAVAILABLE, "Not Registered", Cause::NotRegistered);
    pub(super) const NO_PORTS: Self = Self::new(Status::SERVICE_UNAVAILABLE, "All RTP Ports In Use", Cause::NoPorts);
    pub(super) const NO_CODEC: Self = Self::of_offer("No Common Audio Codec", Warning::MEDIA_FORMAT);
    pub(super) const BAD_OFFER: Self = Self::new(Status::BAD_REQUEST, "Malformed SDP", Cause::NoCommonCodec);
    pub(super) const NO_ANSWER: Self =
        Self { by: Ender::Callee, ..Self::new(Status::TEMPORARILY_UNAVAILABLE, "No Answer", Cause::NoAnswer) };
    pub(super) const BAD_ANSWER: Self =
        Self { by: Ender::Callee, ..Self::new(Status::BAD_GATEWAY, "Unusable Answer", Cause::BadAnswer) };

    /// The caller has gone, or Warden is being stopped, before any phone was called.
    pub(super) const GIVEN_UP: Self =
        Self { by: Ender::Caller, ..Self::plain(Status::REQUEST_TERMINATED, Cause::GaveUp) };
    pub(super) const STOPPED: Self = Self::plain(Status::SERVICE_UNAVAILABLE, Cause::Stopped);

    const fn plain(status: Status, cause: Cause) -> Self {
        Self { status, reason: None, cause, by: Ender::System, retry_after_s: None, warning: None, network: None }
    }

    /// Whose phones are to ring.
    ///
    /// # Errors
    /// Why none does.
    pub(super) fn or_extension(destination: &Destination) -> Result<&Extension, Self> {
        Err(match destination {
            Destination::Extension(extension) => return Ok(extension),
            Destination::Rejected => Self::new(Status::FORBIDDEN, "Number Not Allowed", Cause::Rejected),
            Destination::NotBuilt => Self::new(Status::NOT_IMPLEMENTED, "Not Built Yet", Cause::NotBuilt),
            Destination::Unknown => Self::new(Status::NOT_FOUND, "Unknown Number", Cause::UnknownNumber),
            // Never 404: who dials this must not be told that there is no such number.
            Destination::EmergencyServices => {
                Self::new(Status::SERVICE_UNAVAILABLE, "No Way to Emergency Services", Cause::NoEmergencyTrunk)
            }
        })
    }

    /// What a phone's failure means to the caller; a phone that says nothing counts as 408.
    pub(super) fn by_phone(status: Status, response: Option<&Message>, rang: bool) -> Self {
        let retry_after_s = response.and_then(|response| retry_after_s(status, response));
        let cause = match status {
            Status::BUSY_HERE | Status::BUSY_EVERYWHERE => Cause::Busy,
            Status::DECLINE => Cause::Declined,
            Status::TEMPORARILY_UNAVAILABLE | Status::REQUEST_TIMEOUT if rang => Cause::NoAnswer,
            Status::REQUEST_TIMEOUT | Status::FLOW_FAILED => Cause::Unreachable,
            Status::NOT_ACCEPTABLE_HERE | Status::NOT_ACCEPTABLE_ANYWHERE => Cause::NoCommonCodec,
            other => Cause::Refused(other.code()),
        };
        let (status, reason) = passed_on(status);
        let warning = response.and_then(Warning::told);
        let network = response.and_then(Reason::told).and_then(Reason::of_network);
        Self { status, reason, cause, by: Ender::Callee, retry_after_s, warning, network }
    }

    /// Whether nobody is called any more after it (6xx).
    pub(super) fn speaks_for_all(&self) -> bool {
        self.status >= Status::BUSY_EVERYWHERE
    }

    /// Which of two phones' failures says more: the smaller counts. A phone that is busy says more than one that is off.
    pub(super) fn rank(&self) -> u8 {
        match self.cause {
            Cause::Declined => 0,
            Cause::Busy => 1,
            Cause::NoAnswer => 2,
            Cause::NoCommonCodec | Cause::BadAnswer => 3,
            Cause::Refused(400..=499) => 4,
            Cause::Refused(500..) => 5,
            Cause::Unreachable => 6,
            Cause::Refused(_)
            | Cause::HungUp
            | Cause::GaveUp
            | Cause::UnknownNumber
            | Cause::Rejected
            | Cause::NotBuilt
            | Cause::NotRegistered
            | Cause::NoEmergencyTrunk
            | Cause::NoPorts
            | Cause::NotAcknowledged
            | Cause::Dead
            | Cause::NotRefreshed
            | Cause::JoinedTo(_)
            | Cause::Stopped
            | Cause::Restarted => 7,
        }
    }

    /// Never 503 with Retry-After: a phone that obeys it would hold back a call for help as well (RFC 3261 §21.5.4).
    pub(super) fn reply(&self) -> Reply {
        let mut reply = Reply { reason: self.reason, ..Reply::new(self.status) };
        if let Some(seconds) = self.retry_after_s {
            reply.headers.add_value(HeaderName::RetryAfter, &seconds);
        }
        if let Some(warning) = self.warning {
            warning.add(&mut reply.headers);
        }
        if let Some(reason) = self.network {
            reason.add(&mut reply.headers);
        }
        reply
    }

    pub(super) fn ending(&self) -> Ending {
        Ending { by: self.by, cause: self.cause, status: Some(self.status.code()) }
    }
}

/// When a phone that refuses may be tried again, in **seconds** (RFC 3261 §20.33).
fn retry_after_s(status: Status, response: &Message) -> Option<u32> {
    let may_say_so = matches!(status.code(), 404 | 413 | 480 | 486 | 500 | 503 | 600 | 603);
    let asked_s = response.retry_after_s().filter(|seconds| may_say_so && *seconds > 0);
    asked_s.map(|seconds| seconds.min(MAX_RETRY_AFTER_S))
}

/// What a phone says to a request within the call, as the other phone gets it: headers that explain a refusal are not
/// passed on, and to a phone that cannot be understood without them the refusal is ours.
pub(super) fn passed_on_within(status: Status) -> Status {
    match status.code() {
        300..=399 | 401 | 405 | 407 | 415 | 420 | 421 | 422 | 423 | 503 => Status::SERVER_INTERNAL_ERROR,
        _ => status,
    }
}

/// A phone's status as the caller gets it: what is between the phone and us does not concern the caller.
fn passed_on(status: Status) -> (Status, Option<&'static str>) {
    match status.code() {
        // A challenge, a redirection, or silence: to the caller the phone cannot be reached.
        300..=399 | 401 | 407 | 408 | 430 | 487 => (Status::TEMPORARILY_UNAVAILABLE, Some("Phone Not Reachable")),
        // RFC 3261 §16.7: that one phone is overloaded does not mean that we are, and its demands are not the caller's.
        420..=423 | 503 => (Status::SERVER_INTERNAL_ERROR, Some("Phone Unavailable")),
        _ => (status, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_within_a_call_stays_between_the_phone_and_us() {
        assert_eq!(passed_on_within(Status::UNAUTHORIZED), Status::SERVER_INTERNAL_ERROR);
        assert_eq!(passed_on_within(Status::MOVED_TEMPORARILY), Status::SERVER_INTERNAL_ERROR);
        for passed in [Status::OK, Status::REQUEST_PENDING, Status::NOT_ACCEPTABLE_HERE, Status::DECLINE] {
            assert_eq!(passed_on_within(passed), passed);
        }
    }
}
