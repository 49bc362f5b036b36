//! The mirrors of why a call ended.

use serde::{Deserialize, Serialize};
use warden_call::call_event::{CallId, Cause, Ender, Ending};

/// Mirrors [`Ending`].
#[derive(Serialize, Deserialize)]
pub(super) struct StoredEnding {
    by: StoredEnder,
    cause: StoredCause,
    status: Option<u16>,
}

/// Mirrors [`Ender`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredEnder {
    Caller,
    Callee,
    System,
}

/// Mirrors [`Cause`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredCause {
    HungUp,
    GaveUp,
    Busy,
    Declined,
    NoAnswer,
    UnknownNumber,
    Rejected,
    NotBuilt,
    NotRegistered,
    NoEmergencyTrunk,
    NoPorts,
    NoCommonCodec,
    BadAnswer,
    NotAcknowledged,
    Unreachable,
    Dead,
    NotRefreshed,
    Refused(u16),
    JoinedTo(u64),
    Stopped,
    Restarted,
}

impl From<Ending> for StoredEnding {
    fn from(ending: Ending) -> Self {
        Self { by: ending.by.into(), cause: ending.cause.into(), status: ending.status }
    }
}

impl From<StoredEnding> for Ending {
    fn from(stored: StoredEnding) -> Self {
        Self { by: stored.by.into(), cause: stored.cause.into(), status: stored.status }
    }
}

impl From<Ender> for StoredEnder {
    fn from(ender: Ender) -> Self {
        match ender {
            Ender::Caller => Self::Caller,
            Ender::Callee => Self::Callee,
            Ender::System => Self::System,
        }
    }
}

impl From<StoredEnder> for Ender {
    fn from(stored: StoredEnder) -> Self {
        match stored {
            StoredEnder::Caller => Self::Caller,
            StoredEnder::Callee => Self::Callee,
            StoredEnder::System => Self::System,
        }
    }
}

impl From<Cause> for StoredCause {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::HungUp => Self::HungUp,
            Cause::GaveUp => Self::GaveUp,
            Cause::Busy => Self::Busy,
            Cause::Declined => Self::Declined,
            Cause::NoAnswer => Self::NoAnswer,
            Cause::UnknownNumber => Self::UnknownNumber,
            Cause::Rejected => Self::Rejected,
            Cause::NotBuilt => Self::NotBuilt,
            Cause::NotRegistered => Self::NotRegistered,
            Cause::NoEmergencyTrunk => Self::NoEmergencyTrunk,
            Cause::NoPorts => Self::NoPorts,
            Cause::NoCommonCodec => Self::NoCommonCodec,
            Cause::BadAnswer => Self::BadAnswer,
            Cause::NotAcknowledged => Self::NotAcknowledged,
            Cause::Unreachable => Self::Unreachable,
            Cause::Dead => Self::Dead,
            Cause::NotRefreshed => Self::NotRefreshed,
            Cause::Refused(status) => Self::Refused(status),
            Cause::JoinedTo(call) => Self::JoinedTo(call.0),
            Cause::Stopped => Self::Stopped,
            Cause::Restarted => Self::Restarted,
        }
    }
}

impl From<StoredCause> for Cause {
    fn from(stored: StoredCause) -> Self {
        match stored {
            StoredCause::HungUp => Self::HungUp,
            StoredCause::GaveUp => Self::GaveUp,
            StoredCause::Busy => Self::Busy,
            StoredCause::Declined => Self::Declined,
            StoredCause::NoAnswer => Self::NoAnswer,
            StoredCause::UnknownNumber => Self::UnknownNumber,
            StoredCause::Rejected => Self::Rejected,
            StoredCause::NotBuilt => Self::NotBuilt,
            StoredCause::NotRegistered => Self::NotRegistered,
            StoredCause::NoEmergencyTrunk => Self::NoEmergencyTrunk,
            StoredCause::NoPorts => Self::NoPorts,
            StoredCause::NoCommonCodec => Self::NoCommonCodec,
            StoredCause::BadAnswer => Self::BadAnswer,
            StoredCause::NotAcknowledged => Self::NotAcknowledged,
            StoredCause::Unreachable => Self::Unreachable,
            StoredCause::Dead => Self::Dead,
            StoredCause::NotRefreshed => Self::NotRefreshed,
            StoredCause::Refused(status) => Self::Refused(status),
            StoredCause::JoinedTo(call) => Self::JoinedTo(CallId(call)),
            StoredCause::Stopped => Self::Stopped,
            StoredCause::Restarted => Self::Restarted,
        }
    }
}
