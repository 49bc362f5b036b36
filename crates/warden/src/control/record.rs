//! A call record as the command line has it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use warden_store::{CallRecord, JoinedParty, RecordedLeg};

/// A call that is over.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) sip_call_id: String,
    pub(crate) caller: String,
    pub(crate) caller_name: String,
    pub(crate) dialled: String,
    /// Who answered.
    pub(crate) callee: Option<String>,
    pub(crate) callee_name: Option<String>,
    pub(crate) started_at: Timestamp,
    pub(crate) answered_at: Option<Timestamp>,
    pub(crate) ended_at: Timestamp,
    pub(crate) ring_ms: i64,
    pub(crate) talk_ms: i64,
    pub(crate) duration_ms: i64,
    pub(crate) disposition: String,
    pub(crate) ended_by: String,
    /// A word for programs.
    pub(crate) cause: String,
    /// A sentence for people.
    pub(crate) ended_why: String,
    /// The SIP status of a call that was not answered.
    pub(crate) status: Option<u16>,
    pub(crate) holds: u32,
    /// The files that it was recorded to, below the place for recordings.
    pub(crate) recordings: Vec<String>,
    /// Who joined it after it was answered, in their order.
    pub(crate) joined: Vec<Joined>,
    pub(crate) caller_leg: Leg,
    pub(crate) callee_leg: Leg,
}

/// Somebody who took another's place in a call.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Joined {
    pub(crate) extension: String,
    pub(crate) name: String,
    /// In whose place: `caller` or `callee`.
    pub(crate) side: String,
    pub(crate) at: Timestamp,
    /// The call that they were in before.
    pub(crate) from_call: Option<String>,
}

/// What came from one phone.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Leg {
    pub(crate) user_agent: Option<String>,
    pub(crate) codec: Option<String>,
    pub(crate) mos: Option<f64>,
    pub(crate) packets: Option<u64>,
    pub(crate) lost: Option<u64>,
    pub(crate) worst_jitter_ms: Option<f64>,
    pub(crate) round_trip_ms: Option<f64>,
}

impl From<CallRecord> for Record {
    fn from(record: CallRecord) -> Self {
        Self {
            id: record.call.to_string(),
            sip_call_id: record.sip_call_id,
            caller: record.caller,
            caller_name: record.caller_name,
            dialled: record.dialled,
            callee: record.callee,
            callee_name: record.callee_name,
            started_at: timestamp(record.started_at),
            answered_at: record.answered_at.map(timestamp),
            ended_at: timestamp(record.ended_at),
            ring_ms: record.ring_ms,
            talk_ms: record.talk_ms,
            duration_ms: record.duration_ms,
            disposition: record.disposition,
            ended_by: record.ended_by,
            cause: record.cause,
            ended_why: record.cause_text,
            status: record.status,
            holds: record.holds,
            recordings: record.recordings,
            joined: record.joined.into_iter().map(Joined::from).collect(),
            caller_leg: record.caller_leg.into(),
            callee_leg: record.callee_leg.into(),
        }
    }
}

impl From<JoinedParty> for Joined {
    fn from(party: JoinedParty) -> Self {
        let JoinedParty { extension, name, side, at, from } = party;
        Self { extension, name, side, at: timestamp(at), from_call: from.map(|call| call.to_string()) }
    }
}

impl From<RecordedLeg> for Leg {
    fn from(leg: RecordedLeg) -> Self {
        let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
        Self {
            user_agent: leg.user_agent,
            codec: leg.codec,
            mos: leg.mos,
            packets: leg.packets,
            lost: leg.lost,
            worst_jitter_ms: leg.worst_jitter.map(ms),
            round_trip_ms: leg.round_trip.map(ms),
        }
    }
}

fn timestamp(since_epoch: Duration) -> Timestamp {
    Timestamp::from_duration(since_epoch.try_into().unwrap_or_default()).unwrap_or_default()
}
