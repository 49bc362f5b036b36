//! What is not encrypted: where it ends, and what of it the transform needs.

use super::SrtpError;
use crate::rtp::{Extension, HEADER_LEN};

/// Of an RTP packet. Padding is inside of what is encrypted, so nothing is said of it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RtpHead {
    pub(super) sequence: u16,
    pub(super) ssrc: u32,
    /// How long header, contributors and extension are: they are authenticated only.
    pub(super) clear_len: usize,
}

impl RtpHead {
    #[inline]
    pub(super) fn parse(packet: &[u8]) -> Result<Self, SrtpError> {
        let [flags, _, s0, s1, _, _, _, _, i0, i1, i2, i3] =
            *packet.first_chunk::<HEADER_LEN>().ok_or(SrtpError::Malformed)?;
        if flags >> 6 != 2 {
            return Err(SrtpError::Malformed);
        }
        let mut clear_len = HEADER_LEN + 4 * usize::from(flags & 0x0F);
        if flags & 0x10 != 0 {
            clear_len = Extension::parse(packet, clear_len).map_err(|_| SrtpError::Malformed)?.end();
        }
        if clear_len > packet.len() {
            return Err(SrtpError::Malformed);
        }
        let ssrc = u32::from_be_bytes([i0, i1, i2, i3]);
        Ok(Self { sequence: u16::from_be_bytes([s0, s1]), ssrc, clear_len })
    }
}

/// How long the clear part of an RTCP packet is: the first header and the SSRC of its sender.
pub(super) const RTCP_CLEAR_LEN: usize = 8;

/// The sender of an RTCP packet.
#[inline]
pub(super) fn rtcp_ssrc(packet: &[u8]) -> Result<u32, SrtpError> {
    match *packet.first_chunk::<RTCP_CLEAR_LEN>().ok_or(SrtpError::Malformed)? {
        [flags, _, _, _, i0, i1, i2, i3] if flags >> 6 == 2 => Ok(u32::from_be_bytes([i0, i1, i2, i3])),
        _ => Err(SrtpError::Malformed),
    }
}
