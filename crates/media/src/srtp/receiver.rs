//! What comes: taken once if the peer has sent it, and nothing is remembered of anybody else.

use super::header::{RtpHead, rtcp_ssrc};
use super::index::Window;
use super::sources::Sources;
use super::transform::{ENCRYPTED, Keys, Number};
use super::{MasterKey, SrtpError};

/// How many streams (SSRC) of the peer are followed at a time, and as many of its reports; the one not heard of for
/// longest makes room for a new one, whose first packet must be genuine.
pub const RECEIVED_SOURCES: usize = 4;

/// How often the sequence numbers of a stream that is met for the first time may have begun again: for three hours of
/// packets of 20 ms.
const MOST_ROUNDS: u64 = 8;

/// Longer packets of a stream that is not known are tried once only.
const LONGEST_TRIED_AGAIN: usize = 1500;

/// Opens what comes with one master key of the peer's.
#[derive(Debug)]
pub struct Receiver {
    keys: Keys,
    streams: Sources<Window, RECEIVED_SOURCES>,
    reports: Sources<Window, RECEIVED_SOURCES>,
    /// The streams under the key before.
    predecessor: Sources<Window, RECEIVED_SOURCES>,
}

impl Receiver {
    /// A receiver that has heard nothing.
    ///
    /// # Errors
    /// [`SrtpError::Key`].
    pub fn new(key: &MasterKey) -> Result<Self, SrtpError> {
        Ok(Self::with_keys(Keys::new(key)?))
    }

    /// The receiver for a new key of the same peer, whose streams may go on counting or begin again.
    pub(super) fn succeeded_by(&self, key: &MasterKey) -> Result<Self, SrtpError> {
        Ok(Self { predecessor: self.streams.clone(), ..Self::new(key)? })
    }

    pub(super) fn with_keys(keys: Keys) -> Self {
        Self { keys, streams: Sources::new(), reports: Sources::new(), predecessor: Sources::new() }
    }

    /// Opens an SRTP packet in place and gives the length of the RTP packet, which is at its beginning.
    ///
    /// Packets may be late by 127. One that is refused may have been changed, and is good for nothing.
    /// # Errors
    /// [`SrtpError`]; nothing is remembered of the packet then.
    #[inline]
    pub fn unprotect(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let head = RtpHead::parse(packet)?;
        let Some(window) = self.streams.get(head.ssrc) else { return self.unprotect_first(packet, head) };
        let index = window.guess(head.sequence).filter(|index| window.is_new(*index)).ok_or(SrtpError::Replayed)?;
        let mut window = *window;
        let len = self.keys.rtp.open_rtp(packet, head.clear_len, Number { ssrc: head.ssrc, index })?;
        window.take(index);
        self.streams.put(head.ssrc, window);
        Ok(len)
    }

    /// The first packet of a stream under this key. Its sequence number may have gone over its end before the first packet
    /// came, for example while the peer's address was still unknown; so a low one may be of the first round or the second.
    /// Or the stream goes on from the key before. While nothing was heard at all it may also be one that has gone on for long
    /// elsewhere: a phone that comes in from another call.
    fn unprotect_first(&mut self, packet: &mut [u8], head: RtpHead) -> Result<usize, SrtpError> {
        let first = u64::from(head.sequence);
        let may_be_next = u64::from(head.sequence < 1 << 15);
        let last_round = if self.streams.is_empty() { MOST_ROUNDS } else { may_be_next };
        let later = (1..=last_round).map(|round| first + (round << 16));
        let continued = self.predecessor.get(head.ssrc).and_then(|window| window.guess(head.sequence));
        let mut kept = [0; LONGEST_TRIED_AGAIN];
        let mut kept = kept.get_mut(..packet.len());
        if let Some(kept) = &mut kept {
            kept.copy_from_slice(packet);
        }
        let mut opened = self.open_as(packet, head, first);
        for index in later.chain(continued) {
            let (Err(_), Some(kept)) = (opened, &kept) else { break };
            packet.copy_from_slice(kept);
            opened = self.open_as(packet, head, index);
        }
        opened
    }

    fn open_as(&mut self, packet: &mut [u8], head: RtpHead, index: u64) -> Result<usize, SrtpError> {
        let len = self.keys.rtp.open_rtp(packet, head.clear_len, Number { ssrc: head.ssrc, index })?;
        self.streams.put(head.ssrc, Window::starting_at(index));
        Ok(len)
    }

    /// Opens an SRTCP packet in place and gives the length of the RTCP packet, which is at its beginning. One that is
    /// authenticated only, as its flag says, is taken too.
    ///
    /// # Errors
    /// [`SrtpError`]; nothing is remembered of the packet then.
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let ssrc = rtcp_ssrc(packet)?;
        let word = self.keys.rtcp.rtcp_word(packet)?;
        let index = u64::from(word & !ENCRYPTED);
        let window = match self.reports.get(ssrc) {
            Some(window) if !window.is_new(index) => return Err(SrtpError::Replayed),
            Some(window) => {
                let mut window = *window;
                window.take(index);
                window
            }
            None => Window::starting_at(index),
        };
        let len = self.keys.rtcp.open_rtcp(packet, word, Number { ssrc, index })?;
        self.reports.put(ssrc, window);
        Ok(len)
    }
}
