//! Sending what sessions write themselves: RTCP and tones.

use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

use warden_media::relay::{OUTPUT_LEN, Side};

use super::call::Call;
use super::io::Io;
use super::tally::Tally;

/// The way out, with room for one packet and the counts.
#[derive(Debug)]
pub(crate) struct Wire<I> {
    pub(crate) io: I,
    pub(crate) out: [u8; OUTPUT_LEN],
    pub(crate) tally: Tally,
}

impl<I: Io> Wire<I> {
    pub(crate) fn new(io: I) -> Self {
        Self { io, out: [0; OUTPUT_LEN], tally: Tally::default() }
    }

    /// Sends the first `length` bytes of the room.
    pub(crate) fn send_out(&mut self, socket: &UdpSocket, length: usize, to: SocketAddr) {
        let sent = self.io.send(socket, self.out.get(..length).unwrap_or_default(), to);
        self.tally.note_sent(&sent);
    }

    /// Tells a phone by RTCP that no more will come.
    pub(crate) fn say_goodbye(&mut self, call: &mut Call, side: Side, now: Instant) {
        if let Some((to, length)) = call.session.goodbye(side, now, &mut self.out) {
            self.send_out(call.rtcp(side), length, to);
        }
    }
}
