//! Music on a media thread: who listens to what, and the packets that all of them are sent.

use std::time::Instant;

use warden_media::relay::Side;
use warden_media::station::FRAME;

use super::io::Io;
use super::worker::Worker;

impl<I: Io> Worker<I> {
    /// Whatever was changed about a call may have changed what its legs listen to.
    pub(super) fn retune(&mut self, place: usize) {
        let Self { calls, stations, radio, .. } = self;
        let Some(call) = calls.get_mut(place) else { return };
        for (side, before) in [Side::A, Side::B].into_iter().zip(&mut call.tuned) {
            let next = call.session.tuned(side);
            if next != *before {
                radio.follow(stations.tune((place, side), before.as_ref(), next.as_ref(), Instant::now()));
                *before = next;
            }
        }
    }

    /// Nobody listens at this place any more.
    pub(super) fn tune_out(&mut self, place: usize) {
        let Self { calls, stations, radio, .. } = self;
        let Some(call) = calls.get_mut(place) else { return };
        for (side, before) in [Side::A, Side::B].into_iter().zip(&mut call.tuned) {
            if let Some(before) = before.take() {
                radio.follow(stations.tune((place, side), Some(&before), None, Instant::now()));
            }
        }
    }

    /// Sends what is due of every program to all its listeners.
    pub(super) fn broadcast(&mut self) {
        let Self { calls, stations, radio, wire, .. } = self;
        if stations.next_timeout().is_none() {
            return;
        }
        let now = Instant::now();
        while let Some(station) = stations.next_due(now) {
            let mut frame = [0; FRAME];
            let has_sound = radio.next_frame(station.class(), &mut frame);
            wire.tally.music_missed += u64::from(!has_sound);
            station.hear(&frame, |(place, side), packet| {
                let Some(call) = calls.get_mut(place) else { return };
                if let Some((to, len)) = call.session.broadcast(side, packet, now, &mut wire.out) {
                    wire.send_out(&call.pair(side).rtp, len, to);
                }
            });
        }
    }
}
