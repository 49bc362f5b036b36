//! Numbers that only grow, counted by our threads and read by anybody.

use std::sync::atomic::{AtomicU64, Ordering};

use warden_call::access::Dropped;

/// One number.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) received: Counter,
    pub(crate) sent: Counter,
    pub(crate) keep_alives: Counter,
    pub(crate) malformed: Counter,
    pub(crate) dropped_denied: Counter,
    pub(crate) dropped_banned: Counter,
    pub(crate) dropped_scanner: Counter,
    pub(crate) dropped_too_many: Counter,
    pub(crate) connections_denied: Counter,
    pub(crate) receive_errors: Counter,
    pub(crate) sends_dropped: Counter,
    pub(crate) saves_dropped: Counter,
    pub(crate) captures_dropped: Counter,
    pub(crate) recordings_dropped: Counter,
    pub(crate) calls: Counter,
    pub(crate) calls_unrecorded: Counter,
    pub(crate) rtp_received: Counter,
    pub(crate) rtp_forwarded: Counter,
    pub(crate) rtp_dropped: Counter,
    pub(crate) rtp_receive_errors: Counter,
    pub(crate) rtp_send_errors: Counter,
    pub(crate) media_commands_dropped: Counter,
    pub(crate) media_events_dropped: Counter,
    pub(crate) music_missed: Counter,
}

/// What the server has done since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Messages that came.
    pub received: u64,
    /// Messages that went out.
    pub sent: u64,
    /// Datagrams that only kept a path open.
    pub keep_alives: u64,
    /// Messages that could not be read.
    pub malformed: u64,
    /// Messages that got no answer, as they came from networks that are denied.
    pub dropped_denied: u64,
    /// Those that got none, as their source was banned.
    pub dropped_banned: u64,
    /// Those that got none, as a scanner had sent them.
    pub dropped_scanner: u64,
    /// Those that got none, as too many came that did not show who had sent them.
    pub dropped_too_many: u64,
    /// Connections from networks that are denied, closed at once.
    pub connections_denied: u64,
    /// Times that a socket failed to give a datagram.
    pub receive_errors: u64,
    /// Messages that the network did not take: its queue was full, or there was no way.
    pub sends_dropped: u64,
    /// Changed bindings that found the queue to their keeper full; the next refresh brings them again.
    pub saves_dropped: u64,
    /// Copies of messages and calls that were not written or sent: too many waited, or the disk or collector refused.
    pub captures_dropped: u64,
    /// Pieces of recordings, mostly a second of a call each, that were not written as too much waited for the disk.
    pub recordings_dropped: u64,
    /// Calls that were dialled.
    pub calls: u64,
    /// Those of them that have no record, as too many of one extension failed at once.
    pub calls_unrecorded: u64,
    /// RTP and RTCP packets that came to ports in use, published by each media thread after each of its rounds.
    pub rtp_received: u64,
    /// Those that went on to the other phone of their call.
    pub rtp_forwarded: u64,
    /// Those that went nowhere: from strangers, malformed, or not wanted at the other end.
    pub rtp_dropped: u64,
    /// Times that a media socket failed to give a packet.
    pub rtp_receive_errors: u64,
    /// Packets that the network did not take.
    pub rtp_send_errors: u64,
    /// Orders to media threads that found their queue full; a call that could not be opened was closed.
    pub media_commands_dropped: u64,
    /// Beginnings and ends of silence that found the queue to the signalling thread full.
    pub media_events_dropped: u64,
    /// Times that 20 ms of music on hold were not there when they were to be heard: at the start of a class a few.
    pub music_missed: u64,
}

impl Counters {
    /// A message got no answer.
    pub(crate) fn note_dropped(&self, why: Dropped) {
        match why {
            Dropped::Denied => self.dropped_denied.add_one(),
            Dropped::Banned => self.dropped_banned.add_one(),
            Dropped::Scanner => self.dropped_scanner.add_one(),
            Dropped::TooMany => self.dropped_too_many.add_one(),
        }
    }

    pub(crate) fn status(&self) -> Status {
        Status {
            received: self.received.get(),
            sent: self.sent.get(),
            keep_alives: self.keep_alives.get(),
            malformed: self.malformed.get(),
            dropped_denied: self.dropped_denied.get(),
            dropped_banned: self.dropped_banned.get(),
            dropped_scanner: self.dropped_scanner.get(),
            dropped_too_many: self.dropped_too_many.get(),
            connections_denied: self.connections_denied.get(),
            receive_errors: self.receive_errors.get(),
            sends_dropped: self.sends_dropped.get(),
            saves_dropped: self.saves_dropped.get(),
            captures_dropped: self.captures_dropped.get(),
            recordings_dropped: self.recordings_dropped.get(),
            calls: self.calls.get(),
            calls_unrecorded: self.calls_unrecorded.get(),
            rtp_received: self.rtp_received.get(),
            rtp_forwarded: self.rtp_forwarded.get(),
            rtp_dropped: self.rtp_dropped.get(),
            rtp_receive_errors: self.rtp_receive_errors.get(),
            rtp_send_errors: self.rtp_send_errors.get(),
            media_commands_dropped: self.media_commands_dropped.get(),
            media_events_dropped: self.media_events_dropped.get(),
            music_missed: self.music_missed.get(),
        }
    }
}
