//! Music of the media node: a class is a tone of 1000 Hz, or of the frequency that it is called by.

use std::f64::consts::TAU;
use std::time::Instant;

use warden_call::call_event::CallId;
use warden_media::relay::{OUTPUT_LEN, Side};
use warden_media::station::{Class, FRAME, SAMPLE_RATE_HZ};

use super::MediaNode;
use crate::network::Datagram;

const AMPLITUDE: f64 = 8000.0;

impl MediaNode {
    /// What was changed about a session may have changed what its legs listen to.
    pub(super) fn retune(&mut self, call: CallId, now: Instant) {
        let Some(joined) = self.sessions.get_mut(&call) else { return };
        for (side, before) in [Side::A, Side::B].into_iter().zip(&mut joined.tuned) {
            let next = joined.session.tuned(side);
            if next != *before {
                self.stations.tune((call, side), before.as_ref(), next.as_ref(), now);
                *before = next;
            }
        }
    }

    /// A session is closed.
    pub(super) fn tune_out(&mut self, call: CallId, now: Instant) {
        let Some(joined) = self.sessions.get_mut(&call) else { return };
        for (side, before) in [Side::A, Side::B].into_iter().zip(&mut joined.tuned) {
            if let Some(before) = before.take() {
                self.stations.tune((call, side), Some(&before), None, now);
            }
        }
    }

    /// What is due of all music.
    pub(super) fn broadcast(&mut self, now: Instant, sent: &mut Vec<Datagram>) {
        let Self { stations, sessions, start, .. } = self;
        while let Some(station) = stations.next_due(now) {
            let frame = frame(station.class(), (now - *start).as_secs_f64());
            station.hear(&frame, |(call, side), packet| {
                let (Some(joined), mut out) = (sessions.get_mut(&call), [0; OUTPUT_LEN]) else { return };
                if let Some((to, len)) = joined.session.broadcast(side, packet, now, &mut out) {
                    let bytes = out.get(..len).unwrap_or_default().to_vec();
                    sent.push(Datagram { from: joined.address(side, 0), to, bytes });
                }
            });
        }
    }
}

/// 20 ms of a class, from this second on.
#[expect(clippy::cast_possible_truncation, reason = "a quarter of what fits")]
fn frame(class: &Class, second: f64) -> [i16; FRAME] {
    let frequency_hz: f64 = class.name().parse().unwrap_or(1000.0);
    let mut frame = [0; FRAME];
    for (n, sample) in (0u32..).zip(&mut frame) {
        let at = second + f64::from(n) / f64::from(SAMPLE_RATE_HZ);
        *sample = (AMPLITUDE * (TAU * frequency_hz * at).sin()) as i16;
    }
    frame
}
