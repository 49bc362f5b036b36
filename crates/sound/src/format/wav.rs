//! WAV (RIFF, and RF64 for what is larger): PCM of 8 to 32 bits, floating point, µ-law and A-law.
//!
//! Chunks before the sound are skipped, what comes after it is not read. A length that a program could not fill in
//! because it wrote to a pipe means: to the end.

use std::io::{self, Read, SeekFrom};

use warden_codec::g711::Law;

use super::{Decode, mix};
use crate::error::{ReadError, Refusal};
use crate::source::{BoxedSource, read_array, read_full};

/// How one sample is written.
#[derive(Clone, Copy, Debug)]
enum Coding {
    Unsigned8,
    Signed16,
    Signed24,
    Signed32,
    Float32,
    Float64,
    G711(Law),
}

impl Coding {
    fn bytes(self) -> usize {
        match self {
            Self::Unsigned8 | Self::G711(_) => 1,
            Self::Signed16 => 2,
            Self::Signed24 => 3,
            Self::Signed32 | Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// The sample that these bytes are, as many as [`Coding::bytes`].
    fn sample(self, bytes: &[u8]) -> i16 {
        match (self, bytes) {
            (Self::Unsigned8, [code]) => (i16::from(*code) - 128) << 8,
            (Self::G711(law), [code]) => law.decode(*code),
            // The upper half of what is wider than 16 bits.
            (Self::Signed16, [low, high]) | (Self::Signed24, [_, low, high]) | (Self::Signed32, [_, _, low, high]) => {
                i16::from_le_bytes([*low, *high])
            }
            (Self::Float32, [a, b, c, d]) => mix::from_float(f64::from(f32::from_le_bytes([*a, *b, *c, *d]))),
            (Self::Float64, bytes) => mix::from_float(bytes.try_into().map_or(0.0, f64::from_le_bytes)),
            (Self::Unsigned8 | Self::G711(_) | Self::Signed16 | Self::Signed24 | Self::Signed32 | Self::Float32, _) => {
                0
            }
        }
    }
}

/// What the `fmt ` chunk says.
struct Format {
    coding: Coding,
    channels: usize,
    sample_rate_hz: u32,
}

/// A WAV file, after its header.
pub(super) struct Wav {
    source: io::Take<BoxedSource>,
    format: Format,
    bytes: Box<[u8]>,
}

/// How many moments are decoded at once.
const PIECE: usize = 1024;
/// More are not heard of; surround sound has eight.
const MOST_CHANNELS: u16 = 32;
const UNKNOWN_LENGTH: u32 = u32::MAX;

impl Wav {
    pub(super) fn open(mut source: BoxedSource) -> Result<Self, Refusal> {
        source.seek(SeekFrom::Start(12))?;
        let mut format = None;
        loop {
            let [a, b, c, d, length @ ..] = read_array::<8>(&mut source)?;
            let length = u32::from_le_bytes(length);
            match &[a, b, c, d] {
                b"fmt " => format = Some(read_format(&mut source, length)?),
                b"data" => {
                    let format = format.ok_or("its header does not say what the samples are")?;
                    let length = if matches!(length, 0 | UNKNOWN_LENGTH) { u64::MAX } else { length.into() };
                    let bytes = vec![0; PIECE * format.channels * format.coding.bytes()].into_boxed_slice();
                    return Ok(Self { source: source.take(length), format, bytes });
                }
                _ => skip(&mut source, length)?,
            }
        }
    }
}

fn skip(source: &mut BoxedSource, length: u32) -> io::Result<()> {
    // A chunk of odd length is followed by a byte that does not count.
    source.seek(SeekFrom::Current(i64::from(length) + i64::from(length % 2)))?;
    Ok(())
}

fn read_format(source: &mut BoxedSource, length: u32) -> Result<Format, Refusal> {
    let rest = length.checked_sub(16).ok_or("its header is damaged")?;
    let [tag_low, tag_high, channels_low, channels_high, r0, r1, r2, r3, _, _, _, _, _, _, bits_low, bits_high] =
        read_array::<16>(source)?;
    let mut tag = u16::from_le_bytes([tag_low, tag_high]);
    if tag == EXTENSIBLE && rest >= 24 {
        let [_, _, _, _, _, _, _, _, low, high, ..] = read_array::<24>(source)?;
        tag = u16::from_le_bytes([low, high]);
        skip(source, rest - 24)?;
    } else {
        skip(source, rest)?;
    }
    let channels = u16::from_le_bytes([channels_low, channels_high]);
    if channels == 0 || channels > MOST_CHANNELS {
        return Err(format!("it has {channels} channels").into());
    }
    let coding = coding(tag, u16::from_le_bytes([bits_low, bits_high]))?;
    Ok(Format { coding, channels: channels.into(), sample_rate_hz: u32::from_le_bytes([r0, r1, r2, r3]) })
}

const EXTENSIBLE: u16 = 0xFFFE;

fn coding(tag: u16, bits: u16) -> Result<Coding, Refusal> {
    match (tag, bits) {
        (1, 1..=8) => Ok(Coding::Unsigned8),
        (1, 9..=16) => Ok(Coding::Signed16),
        (1, 17..=24) => Ok(Coding::Signed24),
        (1, 25..=32) => Ok(Coding::Signed32),
        (3, 32) => Ok(Coding::Float32),
        (3, 64) => Ok(Coding::Float64),
        (6, 8) => Ok(Coding::G711(Law::Pcma)),
        (7, 8) => Ok(Coding::G711(Law::Pcmu)),
        (0x31, _) => Err("it holds GSM 06.10; convert it to plain WAV (PCM)".into()),
        (0x02 | 0x11, _) => Err("it holds ADPCM; convert it to plain WAV (PCM)".into()),
        _ => Err(format!("it holds coding {tag:#06x} of {bits} bits; convert it to plain WAV (PCM)").into()),
    }
}

impl Decode for Wav {
    fn sample_rate_hz(&self) -> u32 {
        self.format.sample_rate_hz
    }

    fn decode(&mut self, samples: &mut Vec<i16>) -> Result<bool, ReadError> {
        let read = read_full(&mut self.source, &mut self.bytes)?;
        let bytes = self.bytes.get(..read).unwrap_or_default();
        let Format { coding, channels, .. } = self.format;
        let frames = bytes.chunks_exact(channels * coding.bytes());
        samples.extend(
            frames.map(|frame| mix::mean(frame.chunks_exact(coding.bytes()).map(|bytes| coding.sample(bytes)))),
        );
        Ok(read == self.bytes.len())
    }
}
