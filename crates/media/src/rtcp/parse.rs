//! Reading a compound packet: all its lengths are checked first (RFC 3550 A.2), then it is walked over in place.

use super::{CNAME, DESCRIPTION, GOODBYE, NtpTime, RECEIVER_REPORT, ReportBlock, RtcpError, SENDER_REPORT, SenderInfo};

const BLOCK_LEN: usize = 24;
const SENDER_INFO_LEN: usize = 20;

/// A checked compound packet.
#[derive(Clone, Copy, Debug)]
pub struct Compound<'a> {
    bytes: &'a [u8],
}

/// One packet of a compound.
#[derive(Clone, Debug)]
pub enum Packet<'a> {
    /// From somebody who sends.
    SenderReport {
        /// Who reports.
        ssrc: u32,
        /// About its own stream.
        info: SenderInfo,
        /// About the streams that it receives.
        blocks: ReportBlocks<'a>,
    },
    /// From somebody who only receives.
    ReceiverReport {
        /// Who reports.
        ssrc: u32,
        /// About the streams that it receives.
        blocks: ReportBlocks<'a>,
    },
    /// Who the sources are.
    Description(Chunks<'a>),
    /// These sources have ended.
    Goodbye(Sources<'a>),
    /// Another kind, by its number.
    Other(u8),
}

impl<'a> Compound<'a> {
    /// Checks `bytes`, which must begin with a report as RFC 3550 §6.1 has it.
    /// # Errors
    /// [`RtcpError`] names the first thing that is wrong.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RtcpError> {
        let (mut rest, mut first) = (bytes, true);
        while first || !rest.is_empty() {
            let (packet, tail) = Raw::split(rest)?;
            if first && packet.kind != SENDER_REPORT && packet.kind != RECEIVER_REPORT {
                return Err(RtcpError::NoReport(packet.kind));
            }
            if packet.body.len() < packet.least() {
                return Err(RtcpError::Truncated);
            }
            (rest, first) = (tail, false);
        }
        Ok(Self { bytes })
    }

    /// Its packets in order.
    #[must_use]
    pub fn packets(&self) -> Packets<'a> {
        Packets { rest: self.bytes }
    }

    /// The CNAME that it gives for `ssrc`, empty if none.
    #[must_use]
    pub fn cname(&self, ssrc: u32) -> &'a [u8] {
        let chunks = self.packets().filter_map(|packet| match packet {
            Packet::Description(chunks) => Some(chunks),
            Packet::SenderReport { .. } | Packet::ReceiverReport { .. } | Packet::Goodbye(_) | Packet::Other(_) => None,
        });
        chunks.flatten().find(|(source, _)| *source == ssrc).map_or(&[], |(_, cname)| cname)
    }
}

/// A packet before its kind is looked at.
struct Raw<'a> {
    count: u8,
    kind: u8,
    body: &'a [u8],
}

impl<'a> Raw<'a> {
    /// The first packet of `bytes` without its padding, and what follows it.
    fn split(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), RtcpError> {
        let [flags, kind, l0, l1] = *bytes.first_chunk::<4>().ok_or(RtcpError::Truncated)?;
        if flags >> 6 != 2 {
            return Err(RtcpError::Version(flags >> 6));
        }
        let len = 4 * usize::from(u16::from_be_bytes([l0, l1])) + 4;
        let (packet, rest) = bytes.split_at_checked(len).ok_or(RtcpError::Truncated)?;
        let mut body = packet.get(4..).unwrap_or_default();
        if flags & 0x20 != 0 {
            body = unpadded(body, rest.is_empty())?;
        }
        Ok((Self { count: flags & 0x1F, kind, body }, rest))
    }

    /// How long the body must be at least.
    fn least(&self) -> usize {
        let count = usize::from(self.count);
        match self.kind {
            SENDER_REPORT => 4 + SENDER_INFO_LEN + BLOCK_LEN * count,
            RECEIVER_REPORT => 4 + BLOCK_LEN * count,
            DESCRIPTION | GOODBYE => 4 * count,
            _ => 0,
        }
    }

    fn read(self) -> Option<Packet<'a>> {
        let count = usize::from(self.count);
        Some(match self.kind {
            SENDER_REPORT => {
                let (ssrc, body) = self.body.split_first_chunk::<4>()?;
                let (info, body) = body.split_first_chunk::<SENDER_INFO_LEN>()?;
                let (ssrc, info) = (u32::from_be_bytes(*ssrc), sender_info(info));
                Packet::SenderReport { ssrc, info, blocks: ReportBlocks::new(body, count) }
            }
            RECEIVER_REPORT => {
                let (ssrc, body) = self.body.split_first_chunk::<4>()?;
                let ssrc = u32::from_be_bytes(*ssrc);
                Packet::ReceiverReport { ssrc, blocks: ReportBlocks::new(body, count) }
            }
            DESCRIPTION => Packet::Description(Chunks { rest: self.body, left: count }),
            GOODBYE => Packet::Goodbye(Sources { rest: self.body.get(..4 * count)? }),
            kind => Packet::Other(kind),
        })
    }
}

fn unpadded(body: &[u8], is_last: bool) -> Result<&[u8], RtcpError> {
    let count = body.last().copied().ok_or(RtcpError::Padding(0))?;
    if !is_last || count == 0 || count % 4 != 0 {
        return Err(RtcpError::Padding(count));
    }
    let end = body.len().checked_sub(usize::from(count)).ok_or(RtcpError::Padding(count))?;
    Ok(body.get(..end).unwrap_or_default())
}

fn sender_info(bytes: &[u8; SENDER_INFO_LEN]) -> SenderInfo {
    let [n0, n1, n2, n3, n4, n5, n6, n7, t0, t1, t2, t3, p0, p1, p2, p3, o0, o1, o2, o3] = *bytes;
    SenderInfo {
        ntp: NtpTime(u64::from_be_bytes([n0, n1, n2, n3, n4, n5, n6, n7])),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        packets: u32::from_be_bytes([p0, p1, p2, p3]),
        octets: u32::from_be_bytes([o0, o1, o2, o3]),
    }
}

fn report_block(bytes: &[u8; BLOCK_LEN]) -> ReportBlock {
    let [i0, i1, i2, i3, fraction, l0, l1, l2, h0, h1, h2, h3, rest @ ..] = *bytes;
    let [j0, j1, j2, j3, s0, s1, s2, s3, d0, d1, d2, d3] = rest;
    ReportBlock {
        ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
        fraction_lost: fraction,
        lost: i32::from_be_bytes([l0, l1, l2, 0]) >> 8,
        highest: u32::from_be_bytes([h0, h1, h2, h3]),
        jitter: u32::from_be_bytes([j0, j1, j2, j3]),
        last_sr: u32::from_be_bytes([s0, s1, s2, s3]),
        delay_since_sr: u32::from_be_bytes([d0, d1, d2, d3]),
    }
}

/// Walks over the packets of a compound.
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        let (packet, rest) = Raw::split(self.rest).ok()?;
        self.rest = rest;
        packet.read()
    }
}

/// Walks over report blocks.
#[derive(Clone, Debug)]
pub struct ReportBlocks<'a> {
    rest: &'a [u8],
}

impl<'a> ReportBlocks<'a> {
    fn new(body: &'a [u8], count: usize) -> Self {
        Self { rest: body.get(..count * BLOCK_LEN).unwrap_or_default() }
    }
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.rest.split_first_chunk::<BLOCK_LEN>()?;
        self.rest = rest;
        Some(report_block(block))
    }
}

/// Walks over the sources that a goodbye names.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    rest: &'a [u8],
}

impl Iterator for Sources<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (source, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(u32::from_be_bytes(*source))
    }
}

/// Walks over a source description: each source with its CNAME, empty if it has none. It ends where the description
/// is malformed.
#[derive(Clone, Debug)]
pub struct Chunks<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let (ssrc, items) = self.rest.split_first_chunk::<4>()?;
        let (cname, used) = read_items(items)?;
        // The list is filled up with zeros to a multiple of four.
        self.rest = items.get(used.next_multiple_of(4)..)?;
        Some((u32::from_be_bytes(*ssrc), cname))
    }
}

/// The CNAME in a list of items, and how long the list is with the zero at its end.
fn read_items(items: &[u8]) -> Option<(&[u8], usize)> {
    let (mut cname, mut at) = (&[][..], 0);
    loop {
        match items.get(at..)? {
            [0, ..] => return Some((cname, at + 1)),
            [kind, len, rest @ ..] => {
                let text = rest.get(..usize::from(*len))?;
                if *kind == CNAME {
                    cname = text;
                }
                at += 2 + text.len();
            }
            [_] | [] => return None,
        }
    }
}
