//! A call record as lists show it, and as a row.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use warden_call::call_event::{CallId, Measurement};
use warden_call::cdr::Cdr;
use warden_call::directory::Side;

use crate::call_party::JoinedParty;
use crate::entity::call_record::Model;
use crate::words::{self, without_nul};

/// One call. Times are since the Unix epoch, to the microsecond; words are for machines unless they say otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    /// Which call.
    pub call: CallId,
    /// The Call-ID of the caller's leg.
    pub sip_call_id: String,
    /// `internal`.
    pub direction: String,
    /// Who called.
    pub caller: String,
    /// The caller's name.
    pub caller_name: String,
    /// What was dialled.
    pub dialled: String,
    /// Who answered.
    pub callee: Option<String>,
    /// The name of who answered.
    pub callee_name: Option<String>,
    /// When it began.
    pub started_at: Duration,
    /// When the first phone rang.
    pub ringing_at: Option<Duration>,
    /// When it was answered.
    pub answered_at: Option<Duration>,
    /// When it ended.
    pub ended_at: Duration,
    /// From the beginning to the end, in milliseconds.
    pub duration_ms: i64,
    /// From the first ring to the answer or the end, in milliseconds.
    pub ring_ms: i64,
    /// From the answer to the end, in milliseconds.
    pub talk_ms: i64,
    /// How it came out: `answered`, `no_answer`, `busy`, `cancelled` or `failed`.
    pub disposition: String,
    /// `caller`, `callee` or `system`.
    pub ended_by: String,
    /// Why it ended, such as `hung_up`.
    pub cause: String,
    /// Who ended it and why, for people.
    pub cause_text: String,
    /// The SIP status that the caller got, if the call was not answered.
    pub status: Option<u16>,
    /// How often somebody was put on hold.
    pub holds: u32,
    /// Who joined it after it was answered, in their order.
    pub joined: Vec<JoinedParty>,
    /// The files that it was recorded to, below the place for recordings.
    pub recordings: Vec<String>,
    /// When the record was made.
    pub created_at: Duration,
    /// What came from the caller.
    pub caller_leg: RecordedLeg,
    /// What came from who answered.
    pub callee_leg: RecordedLeg,
}

/// What is kept of one leg. All `None` without media, but for the user agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedLeg {
    /// What the phone calls itself.
    pub user_agent: Option<String>,
    /// The codec's name in SDP.
    pub codec: Option<String>,
    /// Mean opinion score.
    pub mos: Option<f64>,
    /// The largest interarrival jitter.
    pub worst_jitter: Option<Duration>,
    /// Packets that came.
    pub packets: Option<u64>,
    /// Packets that did not come.
    pub lost: Option<u64>,
    /// To the phone and back.
    pub round_trip: Option<Duration>,
}

impl CallRecord {
    /// But for who joined. `None` for a row that Warden did not write.
    pub(crate) fn of_row(row: Model) -> Option<Self> {
        Some(Self {
            call: read_call(&row.call_id)?,
            sip_call_id: row.sip_call_id,
            direction: row.direction,
            caller: row.caller,
            caller_name: row.caller_name,
            dialled: row.dialled,
            callee: row.callee,
            callee_name: row.callee_name,
            started_at: from_micros(row.started_at),
            ringing_at: row.ringing_at.map(from_micros),
            answered_at: row.answered_at.map(from_micros),
            ended_at: from_micros(row.ended_at),
            duration_ms: row.duration_ms,
            ring_ms: row.ring_ms,
            talk_ms: row.talk_ms,
            disposition: row.disposition,
            ended_by: row.ended_by,
            cause: row.cause,
            cause_text: row.cause_text,
            status: row.status.and_then(|status| u16::try_from(status).ok()),
            holds: u32::try_from(row.holds).unwrap_or_default(),
            joined: Vec::new(),
            recordings: row.recording_path.iter().flat_map(|files| files.lines()).map(str::to_owned).collect(),
            created_at: from_micros(row.created_at),
            caller_leg: RecordedLeg {
                user_agent: row.caller_user_agent,
                codec: row.caller_codec,
                mos: row.caller_mos,
                worst_jitter: row.caller_jitter_us.map(from_micros),
                packets: row.caller_packets.map(to_unsigned),
                lost: row.caller_lost.map(to_unsigned),
                round_trip: row.caller_round_trip_us.map(from_micros),
            },
            callee_leg: RecordedLeg {
                user_agent: row.callee_user_agent,
                codec: row.callee_codec,
                mos: row.callee_mos,
                worst_jitter: row.callee_jitter_us.map(from_micros),
                packets: row.callee_packets.map(to_unsigned),
                lost: row.callee_lost.map(to_unsigned),
                round_trip: row.callee_round_trip_us.map(from_micros),
            },
        })
    }
}

/// The row of a call that is over.
pub(crate) fn row(cdr: &Cdr) -> Model {
    let [a, b] = [Side::A, Side::B].map(|side| cdr.measurement(side));
    let (started, answered) = (&cdr.started, cdr.answered.as_ref());
    Model {
        call_id: cdr.call.to_string(),
        sip_call_id: without_nul(&started.sip_call_id),
        direction: "internal".into(),
        caller: started.caller.text().into(),
        caller_name: without_nul(&started.caller_name),
        dialled: without_nul(&started.dialled),
        callee: answered.map(|answered| answered.extension.text().into()),
        callee_name: answered.map(|answered| without_nul(&answered.name)),
        started_at: micros(cdr.started_at),
        ringing_at: cdr.ringing_at.map(micros),
        answered_at: cdr.answered_at.map(micros),
        ended_at: micros(cdr.ended_at),
        duration_ms: millis(cdr.duration()),
        ring_ms: millis(cdr.ring()),
        talk_ms: millis(cdr.talk()),
        disposition: cdr.disposition.name().into(),
        ended_by: words::ender(cdr.ending.by).into(),
        cause: words::cause(cdr.ending.cause).into(),
        cause_text: without_nul(&cdr.story()),
        status: cdr.ending.status.map(i32::from),
        holds: cdr.holds.into(),
        recording_path: (!cdr.recordings.is_empty()).then(|| without_nul(&cdr.recordings.join("\n"))),
        created_at: micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
        caller_user_agent: Some(without_nul(&started.user_agent)),
        caller_codec: a.and_then(codec),
        caller_mos: a.and_then(|leg| leg.mos),
        caller_jitter_us: a.map(|leg| micros(leg.worst_jitter)),
        caller_packets: a.map(|leg| to_signed(leg.packets)),
        caller_lost: a.map(|leg| to_signed(leg.lost)),
        caller_round_trip_us: a.and_then(|leg| leg.round_trip).map(micros),
        callee_user_agent: answered.map(|answered| without_nul(&answered.user_agent)),
        callee_codec: b.and_then(codec),
        callee_mos: b.and_then(|leg| leg.mos),
        callee_jitter_us: b.map(|leg| micros(leg.worst_jitter)),
        callee_packets: b.map(|leg| to_signed(leg.packets)),
        callee_lost: b.map(|leg| to_signed(leg.lost)),
        callee_round_trip_us: b.and_then(|leg| leg.round_trip).map(micros),
    }
}

fn codec(leg: &Measurement) -> Option<String> {
    leg.codec.as_deref().map(without_nul)
}

/// Whole microseconds, as columns hold times.
pub(crate) fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// A call as its rows name it.
pub(crate) fn read_call(text: &str) -> Option<CallId> {
    u64::from_str_radix(text, 16).ok().map(CallId)
}

pub(crate) fn from_micros(micros: i64) -> Duration {
    Duration::from_micros(to_unsigned(micros))
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn to_signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn to_unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
