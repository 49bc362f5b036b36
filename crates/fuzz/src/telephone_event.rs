//! Telephone events: packets as they may come, to a receiver that follows one stream.
//!
//! Of each seven bytes two are the step to the next number and timestamp, one says what comes between, and four are the
//! payload.

use std::time::{Duration, Instant};

use warden_media::dtmf::{EventPacket, EventPayload, EventReceiver};

/// More packets than this show nothing new.
const MAX_PACKETS: usize = 500;

pub(crate) fn run(data: &[u8]) {
    let (mut now, mut receiver) = (Instant::now(), EventReceiver::default());
    let (mut extended, mut timestamp) = (1u64 << 32, 0u32);
    let (mut packets, mut told) = (0, 0);
    for chunk in data.as_chunks::<7>().0.iter().take(MAX_PACKETS) {
        let [step, ticks, between, payload @ ..] = chunk;
        extended = extended.wrapping_add_signed(i64::from(step.cast_signed()));
        timestamp = timestamp.wrapping_add_signed(i32::from(ticks.cast_signed()) * 1000);
        let Some(payload) = EventPayload::parse(payload) else { continue };
        let again = EventPayload { level_below_dbm0: payload.level_below_dbm0, ..payload };
        assert_eq!(EventPayload::parse(&again.bytes()), Some(payload));
        let (marker, passed) = (between & 1 != 0, between & 2 != 0);
        let clock_rate_hz = if between & 4 != 0 { 48_000 } else { 8000 };
        let packet = EventPacket {
            stream: u64::from(between >> 7),
            extended,
            timestamp,
            clock_rate_hz,
            marker,
            payload,
            passed,
        };
        packets += 1;
        told += receiver.take(&packet, now).into_iter().flatten().count();
        assert!(told <= packets, "a packet tells one digit at most");
        if between & 8 != 0 {
            receiver.hear_sound();
        }
        now += Duration::from_millis(u64::from(between >> 4) * 20);
        told += receiver.poll(now).into_iter().count();
        assert!(told <= packets && receiver.next_timeout().is_none_or(|at| at > now));
    }
    let end = now + Duration::from_secs(1);
    told += receiver.poll(end).into_iter().count();
    assert!(told <= packets && receiver.next_timeout().is_none(), "nothing is waited for without end");
}
