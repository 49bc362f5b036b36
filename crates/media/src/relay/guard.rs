//! Whether the packets of a leg are encrypted. Where they must be, nothing plain leaves and nothing plain is taken.

use super::statistics::DropReason;
use crate::srtp::{Protection, SrtpError, SrtpKeys};

/// So many packets in a row that cannot be opened are no accident: the keys of the two sides differ.
pub const WRONG_KEY_AFTER: u32 = 50;

/// The encryption of one leg, through all its agreements.
#[derive(Debug, Default)]
pub(super) struct Guard {
    mode: Mode,
    /// Outlives a change to plain sound: with the same keys it must count on, see [`Protection`].
    protection: Option<Box<Protection>>,
    /// Forged packets in a row, under the keys that hold.
    refused: u32,
    is_told: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Plain,
    Encrypted,
    /// It must be encrypted and cannot be.
    Shut,
}

impl Guard {
    /// What signalling has agreed on, which is not what held before; without keys packets are plain.
    pub(super) fn follow(&mut self, keys: Option<&SrtpKeys>) {
        (self.refused, self.is_told) = (0, false);
        let Some(keys) = keys else {
            self.mode = Mode::Plain;
            return;
        };
        let followed = match &mut self.protection {
            Some(protection) => protection.follow(keys),
            None => Protection::new(keys).map(|protection| self.protection = Some(Box::new(protection))),
        };
        self.mode = if followed.is_ok() { Mode::Encrypted } else { Mode::Shut };
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.mode == Mode::Encrypted
    }

    /// Opens what has come to the leg: the length of the RTP packet.
    #[inline]
    pub(super) fn open(&mut self, packet: &mut [u8]) -> Result<usize, DropReason> {
        if self.mode == Mode::Plain {
            return Ok(packet.len());
        }
        let opened = self.protection()?.unprotect(packet);
        match opened {
            Ok(_) => self.refused = 0,
            Err(SrtpError::Forged) => self.refused = self.refused.saturating_add(1),
            Err(SrtpError::Malformed | SrtpError::Replayed | SrtpError::Key) => {}
        }
        opened.map_err(DropReason::from)
    }

    /// The same for RTCP.
    pub(super) fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, DropReason> {
        match self.mode {
            Mode::Plain => Ok(packet.len()),
            Mode::Encrypted | Mode::Shut => Ok(self.protection()?.unprotect_rtcp(packet)?),
        }
    }

    /// Makes the RTP packet in the first `len` bytes ready to leave: its length then. `None` when it must not.
    #[inline]
    pub(super) fn seal(&mut self, packet: &mut [u8], len: usize) -> Option<usize> {
        match self.mode {
            Mode::Plain => Some(len),
            Mode::Encrypted | Mode::Shut => self.protection().ok()?.protect(packet, len),
        }
    }

    /// The same for RTCP.
    pub(super) fn seal_rtcp(&mut self, packet: &mut [u8], len: usize) -> Option<usize> {
        match self.mode {
            Mode::Plain => Some(len),
            Mode::Encrypted | Mode::Shut => self.protection().ok()?.protect_rtcp(packet, len),
        }
    }

    /// Whether there is something that [`Guard::take_notice`] has not told.
    #[inline]
    pub(super) fn has_notice(&self) -> bool {
        self.refused >= WRONG_KEY_AFTER && !self.is_told
    }

    /// Whether it has just turned out that the peer has another key. Told once for each agreement on keys.
    pub(super) fn take_notice(&mut self) -> bool {
        let has_notice = self.has_notice();
        self.is_told |= has_notice;
        has_notice
    }

    fn protection(&mut self) -> Result<&mut Protection, DropReason> {
        self.protection.as_deref_mut().filter(|_| self.mode == Mode::Encrypted).ok_or(DropReason::Forged)
    }
}

impl From<SrtpError> for DropReason {
    fn from(error: SrtpError) -> Self {
        match error {
            SrtpError::Malformed => Self::Malformed,
            SrtpError::Replayed => Self::Replayed,
            SrtpError::Forged | SrtpError::Key => Self::Forged,
        }
    }
}
