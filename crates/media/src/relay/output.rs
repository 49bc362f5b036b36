//! What a session answers: what becomes of a packet, what to send, what to tell.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::Side;
use super::finding::Finding;
use super::leg::LegOutput;
use super::statistics::DropReason;
use super::watch::SILENT_AFTER;
use crate::dtmf::Heard;

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send the first `len` bytes of the buffer, as it is now, from this leg's socket to this address.
    Forward {
        /// Whose socket sends it.
        side: Side,
        /// Where to.
        to: SocketAddr,
        /// How much of the buffer.
        len: usize,
    },
    /// It has been taken in: RTCP, which ends here, or sound that is converted; [`Session::has_output`](super::Session::has_output) says whether
    /// something has come of it.
    Taken,
    /// Nothing; it is counted.
    Drop(DropReason),
}

/// Something that somebody else should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// No audio has come for this long, though the SDP says it sends. Told once.
    Silent {
        /// Who is silent.
        side: Side,
        /// [`SILENT_AFTER`].
        lasting: Duration,
        /// What has come instead.
        finding: Finding,
    },
    /// After [`Event::Silent`], audio comes again.
    AudioBack {
        /// Who is heard again.
        side: Side,
    },
    /// [`WRONG_KEY_AFTER`](super::WRONG_KEY_AFTER) packets in a row could not be opened: the peer encrypts with another key than it has said, or
    /// not at all. Told once for each agreement on keys.
    WrongKey {
        /// Who is not understood.
        side: Side,
    },
    /// A digit is over.
    Digit {
        /// Whose.
        side: Side,
        /// Which, how long it was, and how it has come.
        heard: Heard,
    },
    /// Neither RTP nor RTCP has come for [`DEAD_AFTER`](super::DEAD_AFTER), though the SDP says it sends. Told once.
    Dead {
        /// Who has died.
        side: Side,
    },
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send the first `len` bytes of the buffer from this leg's RTP socket.
    Rtp {
        /// Whose socket sends it.
        side: Side,
        /// Where to.
        to: SocketAddr,
        /// How much of the buffer.
        len: usize,
    },
    /// Send the first `len` bytes of the buffer from this leg's RTCP socket (its RTP socket if multiplexed).
    Rtcp {
        /// Whose socket sends it.
        side: Side,
        /// Where to.
        to: SocketAddr,
        /// How much of the buffer.
        len: usize,
    },
    /// Tell.
    Event(Event),
    /// Nothing until then, or until a packet comes.
    Wait(Option<Instant>),
}

impl LegOutput {
    pub(super) fn on(self, side: Side) -> Output {
        match self {
            Self::Rtp { to, len } => Output::Rtp { side, to, len },
            Self::Rtcp { to, len } => Output::Rtcp { side, to, len },
            Self::Digit(heard) => Output::Event(Event::Digit { side, heard }),
            Self::WrongKey => Output::Event(Event::WrongKey { side }),
            Self::Silent(finding) => Output::Event(Event::Silent { side, lasting: SILENT_AFTER, finding }),
            Self::AudioBack => Output::Event(Event::AudioBack { side }),
            Self::Dead => Output::Event(Event::Dead { side }),
        }
    }
}
