//! Ogg (RFC 3533): the packets of the first stream in a file that Vorbis or Opus is in.
//!
//! A packet is at most 256 KB, whatever the file says. A page that was damaged is left out, with the packets it is part
//! of; where no page begins at all, the sound ends.

use std::collections::VecDeque;

use super::Decode;
use super::ogg_opus::OggOpus;
use super::vorbis::Vorbis;
use crate::error::{ReadError, Refusal};
use crate::source::{BoxedSource, read_full};

/// A packet, and what is known about where it stands.
#[derive(Debug, Default)]
pub(super) struct Packet {
    pub(super) bytes: Vec<u8>,
    /// At which sample of the stream it ends, when it is the last one of all: what is behind is no sound.
    pub(super) ends_at: Option<u64>,
}

/// The packets of one stream.
pub(super) struct Packets {
    source: BoxedSource,
    /// Of the stream; others are left out.
    serial: Option<u32>,
    ready: VecDeque<Packet>,
    /// What the last page has of a packet that goes on in the next. `None` if a part of it was lost.
    partial: Option<Vec<u8>>,
    is_over: bool,
}

const LONGEST_PACKET: usize = 256 * 1024;
/// How many pages of other streams, and how many damaged ones, may come before one of ours.
const MOST_STRANGE_PAGES: usize = 10_000;

/// Opens the first stream that can be played.
pub(super) fn open(source: BoxedSource, wanted_hz: u32) -> Result<Box<dyn Decode>, Refusal> {
    let mut packets =
        Packets { source, serial: None, ready: VecDeque::new(), partial: Some(Vec::new()), is_over: false };
    // Every stream begins with a page that has only its first packet; all of these come before any other.
    for _ in 0..16 {
        packets.serial = None;
        let Some(first) = packets.next_for_header()? else { break };
        if first.bytes.starts_with(b"\x01vorbis") {
            return Ok(Box::new(Vorbis::open(packets, &first.bytes)?));
        }
        if first.bytes.starts_with(b"OpusHead") {
            return Ok(Box::new(OggOpus::open(packets, &first.bytes, wanted_hz)?));
        }
        if first.bytes.starts_with(b"Speex") {
            return Err("it holds Speex; convert it to Ogg Opus or WAV".into());
        }
    }
    Err("it is an Ogg file without Vorbis or Opus".into())
}

impl Packets {
    /// The next packet; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Packet>, ReadError> {
        for _ in 0..MOST_STRANGE_PAGES {
            if let Some(packet) = self.ready.pop_front() {
                return Ok(Some(packet));
            }
            if self.is_over || !self.read_page()? {
                return Ok(None);
            }
        }
        Err(ReadError::Damaged("there is too little sound in it".into()))
    }

    /// The next packet, which the sound cannot begin without.
    pub(super) fn next_for_header(&mut self) -> Result<Option<Packet>, Refusal> {
        self.next().map_err(|error| match error {
            ReadError::Read(error) => Refusal::Read(error),
            ReadError::Damaged(why) => Refusal::Unplayable(why),
            ReadError::TooLong => "it is too long".into(),
        })
    }

    /// `false` when there are no more.
    fn read_page(&mut self) -> Result<bool, ReadError> {
        let mut header = [0; 27];
        if read_full(&mut self.source, &mut header)? < header.len() {
            return Ok(false);
        }
        let header =
            Header::parse(header).ok_or(ReadError::Damaged("a page of Ogg does not begin where it should".into()))?;
        let mut room = [0; 255];
        let lengths = room.get_mut(..header.count.into()).unwrap_or_default();
        if read_full(&mut self.source, lengths)? < lengths.len() {
            return Ok(false);
        }
        let mut body = vec![0; lengths.iter().map(|length| usize::from(*length)).sum()];
        if read_full(&mut self.source, &mut body)? < body.len() {
            return Ok(false);
        }
        if self.serial.is_some_and(|ours| ours != header.serial) {
            return Ok(true);
        }
        if [&*lengths, &body].iter().fold(header.own_checksum, |sum, bytes| checksum(sum, bytes)) != header.checksum {
            self.partial = None;
            return Ok(true);
        }
        self.serial = Some(header.serial);
        self.is_over = header.flags & LAST != 0;
        self.take_page(&header, lengths, &body)?;
        Ok(true)
    }

    fn take_page(&mut self, header: &Header, lengths: &[u8], body: &[u8]) -> Result<(), ReadError> {
        // A part that does not go on here, or whose beginning was lost, is no packet.
        let mut partial = if header.flags & CONTINUED != 0 { self.partial.take() } else { Some(Vec::new()) };
        let mut rest = body;
        for length in lengths {
            let (part, after) = rest.split_at_checked((*length).into()).unwrap_or((rest, &[]));
            rest = after;
            if let Some(bytes) = &mut partial {
                bytes.extend_from_slice(part);
                if bytes.len() > LONGEST_PACKET {
                    return Err(ReadError::Damaged("a packet of Ogg is too long".into()));
                }
            }
            if *length < 255 {
                let bytes = partial.replace(Vec::new());
                self.ready.extend(bytes.map(|bytes| Packet { bytes, ends_at: None }));
            }
        }
        self.partial = partial;
        if let Some(last) = self.ready.back_mut() {
            // All ones: no packet ends on this page.
            last.ends_at = Some(header.position).filter(|position| self.is_over && *position != u64::MAX);
        }
        Ok(())
    }
}

/// What a page begins with.
struct Header {
    flags: u8,
    position: u64,
    serial: u32,
    /// Of the page, as it is written.
    checksum: u32,
    /// Of these bytes, as far as the whole one has come then.
    own_checksum: u32,
    /// How many parts of packets follow.
    count: u8,
}

impl Header {
    fn parse(mut bytes: [u8; 27]) -> Option<Self> {
        let [b'O', b'g', b'g', b'S', 0, flags, p0, p1, p2, p3, p4, p5, p6, p7, s0, s1, s2, s3, rest @ ..] = bytes
        else {
            return None;
        };
        let [_, _, _, _, c0, c1, c2, c3, count] = rest;
        for byte in bytes.iter_mut().skip(22).take(4) {
            *byte = 0;
        }
        Some(Self {
            flags,
            position: u64::from_le_bytes([p0, p1, p2, p3, p4, p5, p6, p7]),
            serial: u32::from_le_bytes([s0, s1, s2, s3]),
            checksum: u32::from_le_bytes([c0, c1, c2, c3]),
            own_checksum: checksum(0, &bytes),
            count,
        })
    }
}

const CONTINUED: u8 = 1;
const LAST: u8 = 4;

/// CRC-32 by the polynomial of Ethernet, the highest bit first.
fn checksum(sum: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(sum, |sum, byte| {
        let [top, ..] = sum.to_be_bytes();
        (sum << 8) ^ CHECKSUMS.get(usize::from(top ^ byte)).copied().unwrap_or_default()
    })
}

#[expect(clippy::indexing_slicing, reason = "a const block has no iterators; a byte cannot exceed the table")]
static CHECKSUMS: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte: u8 = 0;
    loop {
        let mut sum = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = (sum << 1) ^ if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 };
            bit += 1;
        }
        table[byte as usize] = sum;
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};
