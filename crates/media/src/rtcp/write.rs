//! Writing a compound packet: a report, the CNAME, and a goodbye if it is the last.

use super::{CNAME, DESCRIPTION, GOODBYE, RECEIVER_REPORT, ReportBlock, SENDER_REPORT, SenderInfo};

/// A compound of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report<'a> {
    /// Who reports: our outgoing stream.
    pub ssrc: u32,
    /// A sender report carries this; `None` makes a receiver report.
    pub sender: Option<SenderInfo>,
    /// About the streams received; those beyond 31 are left out.
    pub blocks: &'a [ReportBlock],
    /// At most 255 bytes; more is cut off.
    pub cname: &'a [u8],
    /// Ends with a goodbye.
    pub goodbye: bool,
}

impl Report<'_> {
    /// Writes the compound to the beginning of `out` and answers its length; `None` when `out` is too short.
    pub fn write(&self, out: &mut [u8]) -> Option<usize> {
        let mut to = Cursor { out, at: 0 };
        self.write_report(&mut to)?;
        self.write_description(&mut to)?;
        if self.goodbye {
            to.put(&[0x81, GOODBYE, 0, 1])?;
            to.put(&self.ssrc.to_be_bytes())?;
        }
        Some(to.at)
    }

    fn write_report(&self, to: &mut Cursor<'_>) -> Option<()> {
        let count = u8::try_from(self.blocks.len()).unwrap_or(u8::MAX).min(31);
        let (kind, info_words) = if self.sender.is_some() { (SENDER_REPORT, 5) } else { (RECEIVER_REPORT, 0) };
        let words = 1 + info_words + 6 * u16::from(count);
        to.head(count, kind, words)?;
        to.put(&self.ssrc.to_be_bytes())?;
        if let Some(info) = self.sender {
            to.put(&info.ntp.0.to_be_bytes())?;
            for number in [info.timestamp, info.packets, info.octets] {
                to.put(&number.to_be_bytes())?;
            }
        }
        self.blocks.iter().take(usize::from(count)).try_for_each(|block| write_block(block, to))
    }

    fn write_description(&self, to: &mut Cursor<'_>) -> Option<()> {
        let len = u8::try_from(self.cname.len()).unwrap_or(u8::MAX);
        let items = (2 + usize::from(len) + 1).next_multiple_of(4);
        to.head(1, DESCRIPTION, 1 + u16::try_from(items / 4).ok()?)?;
        to.put(&self.ssrc.to_be_bytes())?;
        to.put(&[CNAME, len])?;
        to.put(self.cname.get(..usize::from(len))?)?;
        to.put([0; 4].get(..items - 2 - usize::from(len))?)
    }
}

fn write_block(block: &ReportBlock, to: &mut Cursor<'_>) -> Option<()> {
    let [_, lost @ ..] = block.lost.clamp(-0x80_0000, 0x7F_FFFF).to_be_bytes();
    to.put(&block.ssrc.to_be_bytes())?;
    to.put(&[block.fraction_lost])?;
    to.put(&lost)?;
    for number in [block.highest, block.jitter, block.last_sr, block.delay_since_sr] {
        to.put(&number.to_be_bytes())?;
    }
    Some(())
}

/// Writes one thing after the other into a buffer that stays as long as it is.
struct Cursor<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Cursor<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.at + bytes.len();
        self.out.get_mut(self.at..end)?.copy_from_slice(bytes);
        self.at = end;
        Some(())
    }

    fn head(&mut self, count: u8, kind: u8, words: u16) -> Option<()> {
        let [l0, l1] = words.to_be_bytes();
        self.put(&[0x80 | count, kind, l0, l1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Compound, NtpTime, Packet, RtcpError};

    const INFO: SenderInfo = SenderInfo { ntp: NtpTime(0x0102_0304_0506_0708), timestamp: 9, packets: 10, octets: 11 };
    const BLOCK: ReportBlock = ReportBlock {
        ssrc: 5,
        fraction_lost: 64,
        lost: -3,
        highest: 0x1_0007,
        jitter: 12,
        last_sr: 0xAABB_CCDD,
        delay_since_sr: 77,
    };

    fn written(report: &Report<'_>) -> Vec<u8> {
        let mut out = [0; 500];
        let len = report.write(&mut out).unwrap();
        out[..len].to_vec()
    }

    #[test]
    fn a_sender_report_with_goodbye_is_read_back() {
        let report = Report { ssrc: 1, sender: Some(INFO), blocks: &[BLOCK], cname: b"abc", goodbye: true };
        let bytes = written(&report);
        let compound = Compound::parse(&bytes).unwrap();
        let packets: Vec<_> = compound.packets().collect();
        let [Packet::SenderReport { ssrc: 1, info, blocks }, Packet::Description(chunks), Packet::Goodbye(gone)] =
            &packets[..]
        else {
            panic!("{packets:?}")
        };
        assert_eq!((*info, blocks.clone().collect::<Vec<_>>()), (INFO, vec![BLOCK]));
        assert_eq!(chunks.clone().collect::<Vec<_>>(), [(1, &b"abc"[..])]);
        assert_eq!(gone.clone().collect::<Vec<_>>(), [1]);
        assert_eq!(compound.cname(1), b"abc");
    }

    #[test]
    fn a_cname_of_any_length_ends_with_a_zero_on_a_word_boundary() {
        for len in 0..=255 {
            let name = vec![b'x'; len];
            let bytes = written(&Report { ssrc: 1, sender: None, blocks: &[], cname: &name, goodbye: false });
            assert_eq!(bytes.len() % 4, 0);
            assert_eq!(Compound::parse(&bytes).unwrap().cname(1), name);
        }
    }

    #[test]
    fn a_buffer_that_is_too_short_is_refused() {
        let report = Report { ssrc: 1, sender: Some(INFO), blocks: &[BLOCK], cname: b"abc", goodbye: true };
        let len = written(&report).len();
        assert!((0..len).all(|short| report.write(&mut vec![0; short]).is_none()));
    }

    #[test]
    fn damage_is_refused() {
        let bytes = written(&Report { ssrc: 1, sender: None, blocks: &[BLOCK], cname: b"abc", goodbye: false });
        let with = |at: usize, value| {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            Compound::parse(&damaged).err()
        };
        assert!((0..bytes.len()).all(|short| short == 32 || Compound::parse(&bytes[..short]).is_err()));
        assert_eq!(with(0, 0x41), Some(RtcpError::Version(1)));
        assert_eq!(with(0, 0x82), Some(RtcpError::Truncated), "two blocks do not fit");
        assert_eq!(with(0, 0xA1), Some(RtcpError::Padding(77)), "only the last packet may be padded");
        assert_eq!(with(1, 202), Some(RtcpError::NoReport(202)));
        assert_eq!(with(3, 200), Some(RtcpError::Truncated));
        assert_eq!(with(33, 77), None, "an unknown packet is skipped");
    }
}
