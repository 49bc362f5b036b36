//! What a media thread counts in a round, and publishes at its end.

use std::io;

use crate::counters::{Counter, Counters};

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) received: u64,
    pub(crate) forwarded: u64,
    pub(crate) dropped: u64,
    pub(crate) receive_errors: u64,
    pub(crate) send_errors: u64,
    pub(crate) events_dropped: u64,
    pub(crate) music_missed: u64,
}

impl Tally {
    /// A packet was sent on, or should have been.
    pub(crate) fn note_forwarded(&mut self, sent: &io::Result<()>) {
        self.note_sent(sent);
        self.forwarded += u64::from(sent.is_ok());
    }

    /// A packet of our own was sent, or should have been.
    pub(crate) fn note_sent(&mut self, sent: &io::Result<()>) {
        self.send_errors += u64::from(sent.is_err());
    }

    /// Adds all to the counters, and begins anew.
    pub(crate) fn publish(&mut self, counters: &Counters) {
        let Self { received, forwarded, dropped, receive_errors, send_errors, events_dropped, music_missed } =
            std::mem::take(self);
        let add = |counter: &Counter, count| {
            if count > 0 {
                counter.add(count);
            }
        };
        add(&counters.rtp_received, received);
        add(&counters.rtp_forwarded, forwarded);
        add(&counters.rtp_dropped, dropped);
        add(&counters.rtp_receive_errors, receive_errors);
        add(&counters.rtp_send_errors, send_errors);
        add(&counters.media_events_dropped, events_dropped);
        add(&counters.music_missed, music_missed);
    }
}
