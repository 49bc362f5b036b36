//! What we send: each packet gets a number that no other packet under the key has.

use super::header::{RTCP_CLEAR_LEN, RtpHead, rtcp_ssrc};
use super::index::Window;
use super::sources::Sources;
use super::transform::{ENCRYPTED, Keys, Number};
use super::{MasterKey, SrtpError};

/// How many streams (SSRC) one sender can protect in its life. Forgetting one would let it use its numbers again, which
/// would tell what both packets say; so there is no packet of a stream too many.
pub const SENT_SOURCES: usize = 8;

/// Protects what we send with one master key.
#[derive(Debug)]
pub struct Sender {
    keys: Keys,
    streams: Sources<Window, SENT_SOURCES>,
    /// The number of the next RTCP packet, whatever its SSRC.
    next_report: u32,
}

impl Sender {
    /// A sender that has sent nothing. No other may ever have had this key.
    ///
    /// # Errors
    /// [`SrtpError::Key`].
    pub fn new(key: &MasterKey) -> Result<Self, SrtpError> {
        Ok(Self::with_keys(Keys::new(key)?))
    }

    pub(super) fn with_keys(keys: Keys) -> Self {
        Self { keys, streams: Sources::new(), next_report: 1 }
    }

    /// Protects the RTP packet in the first `len` bytes, and gives its new length: at most
    /// [`MAX_GROWTH`](super::MAX_GROWTH) more.
    ///
    /// `None` when it is not to be sent: it is no RTP, has no room, has a sequence number that was sent before or is 128
    /// behind, belongs to a stream too many, or is the packet after the last of the 2^48 that a key may have.
    #[inline]
    #[must_use]
    pub fn protect(&mut self, packet: &mut [u8], len: usize) -> Option<usize> {
        let head = RtpHead::parse(packet.get(..len)?).ok()?;
        let (index, window) = match self.streams.get(head.ssrc) {
            Some(window) => {
                let index = window.guess(head.sequence).filter(|index| window.is_new(*index))?;
                let mut window = *window;
                window.take(index);
                (index, window)
            }
            None if self.streams.is_full() => return None,
            None => (head.sequence.into(), Window::starting_at(head.sequence.into())),
        };
        let number = Number { ssrc: head.ssrc, index };
        let sealed = self.keys.rtp.seal_rtp(packet, head.clear_len, len, number)?;
        self.streams.put(head.ssrc, window);
        Some(sealed)
    }

    /// Protects the compound RTCP packet in the first `len` bytes, and gives its new length.
    ///
    /// `None` when it is not to be sent: it is no RTCP, has no room, or is the packet after the last of 2^31.
    #[must_use]
    pub fn protect_rtcp(&mut self, packet: &mut [u8], len: usize) -> Option<usize> {
        let ssrc = rtcp_ssrc(packet.get(..len)?).ok()?;
        if len < RTCP_CLEAR_LEN || self.next_report >= ENCRYPTED {
            return None;
        }
        let number = Number { ssrc, index: self.next_report.into() };
        let sealed = self.keys.rtcp.seal_rtcp(packet, len, number)?;
        self.next_report += 1;
        Some(sealed)
    }

    #[cfg(test)]
    pub(super) fn skip_reports_to(&mut self, index: u32) {
        self.next_report = index;
    }
}
