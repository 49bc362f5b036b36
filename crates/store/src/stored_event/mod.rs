//! Call events on disk: one line of JSON each.
//!
//! The engine's types are not made for storing, so each has a mirror here. What is written once must be readable for
//! ever: a field or variant is only added, with a default; anything else is a new [`FORMAT`].

mod ending;
mod finding;
mod mirror;
mod recording;
#[cfg(test)]
mod tests;
mod transfer;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use warden_call::call_event::{CallEvent, CallId};

use self::mirror::StoredEvent;

/// Of lines in the spool and of events in the database.
pub(crate) const FORMAT: i32 = 1;

/// A line in the spool.
#[derive(Serialize, Deserialize)]
struct SpoolLine<'a> {
    #[serde(with = "hex_call")]
    call: CallId,
    at_ns: u64,
    #[serde(borrow)]
    event: StoredEvent<'a>,
}

/// A line in the database, where the call is the key.
#[derive(Serialize, Deserialize)]
struct EventLine<'a> {
    at_ns: u64,
    #[serde(borrow)]
    event: StoredEvent<'a>,
}

/// Appends one event as JSON without an end of line.
pub(crate) fn encode(to: &mut Vec<u8>, call: CallId, at: Duration, event: &CallEvent) {
    let line = SpoolLine { call, at_ns: nanos(at), event: event.into() };
    // Neither a Vec nor these types can fail.
    drop(serde_json::to_writer(to, &line));
}

/// An event as [`encode`] wrote it.
pub(crate) fn decode(line: &[u8]) -> Option<(CallId, Duration, CallEvent)> {
    let line: SpoolLine<'_> = serde_json::from_slice(line).ok()?;
    Some((line.call, Duration::from_nanos(line.at_ns), line.event.try_into().ok()?))
}

/// All events of one call, a line each.
pub(crate) fn encode_events(events: &[(Duration, CallEvent)]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(events.len() * 160);
    for (at, event) in events {
        drop(serde_json::to_writer(&mut lines, &EventLine { at_ns: nanos(*at), event: event.into() }));
        lines.push(b'\n');
    }
    lines
}

/// Events as [`encode_events`] wrote them.
pub(crate) fn decode_events(lines: &[u8]) -> Option<Vec<(Duration, CallEvent)>> {
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let line: EventLine<'_> = serde_json::from_slice(line).ok()?;
            Some((Duration::from_nanos(line.at_ns), line.event.try_into().ok()?))
        })
        .collect()
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// 16 hexadecimal digits, as logs and the database have it.
mod hex_call {
    use std::borrow::Cow;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use warden_call::call_event::CallId;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(call: &CallId, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(call)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<CallId, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        u64::from_str_radix(&text, 16).map(CallId).map_err(|_| D::Error::custom("no call id"))
    }
}
