//! RTP packets (RFC 3550 §5.1): a checked view of the header, and its rewriting in place.

mod fields;
mod kind;

pub use fields::Fields;
pub use kind::PacketKind;

/// The length of a header without contributing sources and extension.
pub const HEADER_LEN: usize = 12;

/// Why bytes are no RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RtpError {
    /// Shorter than its header says.
    #[error("the packet ends within its header")]
    Truncated,
    /// Not version 2.
    #[error("version {0} instead of 2")]
    Version(u8),
    /// The count of padding bytes is 0 or exceeds the payload.
    #[error("{0} bytes of padding do not fit")]
    Padding(u8),
}

/// What a header says, and where the payload lies in the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpHeader {
    /// The marker bit; in audio, the first packet after silence.
    pub marker: bool,
    /// 0 to 127.
    pub payload_type: u8,
    /// Counts packets.
    pub sequence: u16,
    /// Counts ticks of the payload type's clock.
    pub timestamp: u32,
    /// Names the stream.
    pub ssrc: u32,
    /// The header extension, if there is one.
    pub extension: Option<Extension>,
    csrc_end: usize,
    payload_end: usize,
}

/// Where a header extension lies (RFC 3550 §5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    /// "Defined by profile": 0xBEDE for the one-byte form of RFC 8285.
    pub profile: u16,
    start: usize,
    end: usize,
}

impl RtpHeader {
    /// Reads the header of `packet` and checks that every length in it fits.
    /// # Errors
    /// [`RtpError`], and then nothing in the packet can be trusted.
    #[inline]
    pub fn parse(packet: &[u8]) -> Result<Self, RtpError> {
        let [flags, kind, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] =
            *packet.first_chunk::<HEADER_LEN>().ok_or(RtpError::Truncated)?;
        if flags >> 6 != 2 {
            return Err(RtpError::Version(flags >> 6));
        }
        let csrc_end = HEADER_LEN + 4 * usize::from(flags & 0x0F);
        let extension = if flags & 0x10 == 0 { None } else { Some(Extension::parse(packet, csrc_end)?) };
        let start = extension.map_or(csrc_end, |extension| extension.end);
        let payload_end = payload_end(packet, start, flags & 0x20 != 0)?;
        Ok(Self {
            marker: kind & 0x80 != 0,
            payload_type: kind & 0x7F,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
            extension,
            csrc_end,
            payload_end,
        })
    }

    /// The contributing sources, at most 15; `packet` is the one that was parsed.
    pub fn contributors(self, packet: &[u8]) -> impl Iterator<Item = u32> {
        let list = packet.get(HEADER_LEN..self.csrc_end).unwrap_or_default();
        list.as_chunks::<4>().0.iter().map(|source| u32::from_be_bytes(*source))
    }

    /// The payload without padding; `packet` is the one that was parsed.
    #[must_use]
    pub fn payload(self, packet: &[u8]) -> &[u8] {
        packet.get(self.payload_start()..self.payload_end).unwrap_or_default()
    }

    /// The payload, to be changed in place.
    #[must_use]
    pub fn payload_mut(self, packet: &mut [u8]) -> &mut [u8] {
        packet.get_mut(self.payload_start()..self.payload_end).unwrap_or_default()
    }

    /// How many bytes the payload has.
    #[must_use]
    pub fn payload_len(self) -> usize {
        self.payload_end.saturating_sub(self.payload_start())
    }

    fn payload_start(self) -> usize {
        self.extension.map_or(self.csrc_end, |extension| extension.end)
    }
}

impl Extension {
    #[inline]
    pub(crate) fn parse(packet: &[u8], at: usize) -> Result<Self, RtpError> {
        let head = packet.get(at..).and_then(<[u8]>::first_chunk::<4>);
        let [p0, p1, l0, l1] = *head.ok_or(RtpError::Truncated)?;
        let start = at + 4;
        let end = start + 4 * usize::from(u16::from_be_bytes([l0, l1]));
        Ok(Self { profile: u16::from_be_bytes([p0, p1]), start, end })
    }

    /// Where it ends, perhaps behind the end of a packet that is too short.
    pub(crate) fn end(self) -> usize {
        self.end
    }

    /// What follows profile and length; `packet` is the one that was parsed.
    #[must_use]
    pub fn body(self, packet: &[u8]) -> &[u8] {
        packet.get(self.start..self.end).unwrap_or_default()
    }
}

fn payload_end(packet: &[u8], start: usize, padded: bool) -> Result<usize, RtpError> {
    let room = packet.len().checked_sub(start).ok_or(RtpError::Truncated)?;
    if !padded {
        return Ok(packet.len());
    }
    match packet.last() {
        Some(&count) if count > 0 && usize::from(count) <= room => Ok(packet.len() - usize::from(count)),
        Some(&count) => Err(RtpError::Padding(count)),
        None => Err(RtpError::Truncated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: [u8; 14] = [0x80, 0x88, 0x12, 0x34, 0, 0, 0, 160, 0xAA, 0xBB, 0xCC, 0xDD, 1, 2];

    #[test]
    fn a_plain_header_is_read() {
        let header = RtpHeader::parse(&PLAIN).unwrap();
        assert!(header.marker);
        assert_eq!((header.payload_type, header.sequence, header.timestamp), (8, 0x1234, 160));
        assert_eq!((header.ssrc, header.payload(&PLAIN)), (0xAABB_CCDD, &[1, 2][..]));
        assert_eq!((header.extension, header.contributors(&PLAIN).count()), (None, 0));
    }

    #[test]
    fn contributors_extension_and_padding_are_left_out_of_the_payload() {
        let mut packet = PLAIN[..12].to_vec();
        packet[0] = 0xB2; // padding, extension, two contributors
        packet.extend([0, 0, 0, 1, 0, 0, 0, 2]);
        packet.extend([0xBE, 0xDE, 0, 1, 9, 9, 9, 9]);
        packet.extend([5, 6, 7, 0, 0, 3]);
        let header = RtpHeader::parse(&packet).unwrap();
        assert_eq!(header.payload(&packet), [5, 6, 7]);
        assert_eq!(header.payload_len(), 3);
        assert_eq!(header.contributors(&packet).collect::<Vec<_>>(), [1, 2]);
        let extension = header.extension.unwrap();
        assert_eq!((extension.profile, extension.body(&packet)), (0xBEDE, &[9; 4][..]));
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let with = |flags: u8, len: usize| {
            let mut packet = PLAIN;
            packet[0] = flags;
            RtpHeader::parse(&packet[..len])
        };
        assert_eq!(with(0x80, 11), Err(RtpError::Truncated));
        assert_eq!(with(0x40, 14), Err(RtpError::Version(1)));
        assert_eq!(with(0x81, 14), Err(RtpError::Truncated)); // a contributor needs 4 bytes
        assert_eq!(with(0x90, 14), Err(RtpError::Truncated)); // so does an extension
        assert_eq!(with(0xA0, 14).map(RtpHeader::payload_len), Ok(0)); // 2 bytes, both padding
        assert_eq!(with(0xA0, 12), Err(RtpError::Padding(0xDD)));
        let mut packet = PLAIN;
        (packet[0], packet[13]) = (0xA0, 0);
        assert_eq!(RtpHeader::parse(&packet), Err(RtpError::Padding(0)));
    }
}
