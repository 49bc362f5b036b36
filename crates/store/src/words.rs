//! Words for machines in the call records. They never change: programs compare with them.

use warden_call::call_event::{Cause, Ender};
use warden_call::directory::Side;

/// Who ended a call.
pub(crate) fn ender(ender: Ender) -> &'static str {
    match ender {
        Ender::Caller => "caller",
        Ender::Callee => "callee",
        Ender::System => "system",
    }
}

/// Which end of a call.
pub(crate) fn side(side: Side) -> &'static str {
    match side {
        Side::A => "caller",
        Side::B => "callee",
    }
}

/// Why a call ended.
pub(crate) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::HungUp => "hung_up",
        Cause::GaveUp => "gave_up",
        Cause::Busy => "busy",
        Cause::Declined => "declined",
        Cause::NoAnswer => "no_answer",
        Cause::UnknownNumber => "unknown_number",
        Cause::Rejected => "rejected",
        Cause::NotBuilt => "not_built",
        Cause::NotRegistered => "not_registered",
        Cause::NoEmergencyTrunk => "no_emergency_trunk",
        Cause::NoPorts => "no_ports",
        Cause::NoCommonCodec => "no_common_codec",
        Cause::BadAnswer => "bad_answer",
        Cause::NotAcknowledged => "not_acknowledged",
        Cause::Unreachable => "unreachable",
        Cause::Dead => "dead",
        Cause::NotRefreshed => "not_refreshed",
        Cause::Refused(_) => "refused",
        Cause::JoinedTo(_) => "joined",
        Cause::Stopped => "stopped",
        Cause::Restarted => "restarted",
    }
}

/// PostgreSQL takes no NUL in a text, and what phones call themselves may hold one.
pub(crate) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
