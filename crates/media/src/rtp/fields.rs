//! Writing a header: over one that is there, or before a payload of our own.

use super::HEADER_LEN;

/// The part of a header that a relay replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The marker bit.
    pub marker: bool,
    /// 0 to 127; the eighth bit is ignored.
    pub payload_type: u8,
    /// Counts packets.
    pub sequence: u16,
    /// Counts ticks.
    pub timestamp: u32,
    /// Names the stream.
    pub ssrc: u32,
}

impl Fields {
    /// Replaces the fields of `packet`; version, padding, extension and contributors stay as they are.
    ///
    /// `None`, and nothing is changed, when `packet` is shorter than a header.
    #[inline]
    pub fn rewrite(&self, packet: &mut [u8]) -> Option<()> {
        let [_, kind, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = packet.first_chunk_mut::<HEADER_LEN>()?;
        *kind = (self.payload_type & 0x7F) | if self.marker { 0x80 } else { 0 };
        [*s0, *s1] = self.sequence.to_be_bytes();
        [*t0, *t1, *t2, *t3] = self.timestamp.to_be_bytes();
        [*i0, *i1, *i2, *i3] = self.ssrc.to_be_bytes();
        Some(())
    }

    /// Writes a plain header at the beginning of `out` and gives the room for the payload after it.
    #[inline]
    pub fn write<'a>(&self, out: &'a mut [u8]) -> Option<&'a mut [u8]> {
        *out.first_mut()? = 0x80;
        self.rewrite(out)?;
        out.get_mut(HEADER_LEN..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::RtpHeader;

    const FIELDS: Fields =
        Fields { marker: true, payload_type: 8, sequence: 65535, timestamp: 0xFFFF_FF00, ssrc: 0x0102_0304 };

    #[test]
    fn what_is_written_is_read_back() {
        let mut packet = [0x55; 20];
        assert_eq!(FIELDS.write(&mut packet).map(|payload| payload.len()), Some(8));
        let header = RtpHeader::parse(&packet).unwrap();
        let Fields { marker, payload_type, sequence, timestamp, ssrc } = FIELDS;
        assert_eq!((header.marker, header.payload_type, header.sequence), (marker, payload_type, sequence));
        assert_eq!((header.timestamp, header.ssrc, header.payload_len()), (timestamp, ssrc, 8));
    }

    #[test]
    fn rewriting_keeps_what_is_not_ours_to_change() {
        let mut packet = [0xB1; 30];
        FIELDS.rewrite(&mut packet);
        assert_eq!((packet[0], &packet[12..]), (0xB1, &[0xB1; 18][..]));
        assert_eq!(FIELDS.rewrite(&mut [0; 11]), None);
    }
}
