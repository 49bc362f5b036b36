//! Sound without a header, known by the ending of its name: what Asterisk calls `ulaw`, `alaw`, `sln`, `g722`.

use std::io::{self, Read};

use warden_codec::g711::Law;
use warden_codec::g722;

use super::Decode;
use crate::error::ReadError;
use crate::source::{BoxedSource, read_full};

/// What the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// G.711, 8 kHz.
    G711(Law),
    /// G.722 at 64 kbit/s, 16 kHz.
    G722,
    /// 16 bits, little-endian.
    Linear { sample_rate_hz: u32 },
}

impl Kind {
    pub(super) fn by_extension(extension: &str) -> Option<Self> {
        let linear = |sample_rate_hz| Some(Self::Linear { sample_rate_hz });
        match extension.to_ascii_lowercase().as_str() {
            "ulaw" | "ul" | "mu" | "pcm" | "pcmu" => Some(Self::G711(Law::Pcmu)),
            "alaw" | "al" | "alw" | "pcma" => Some(Self::G711(Law::Pcma)),
            "g722" => Some(Self::G722),
            "sln" | "slin" | "raw" => linear(8000),
            "sln12" => linear(12_000),
            "sln16" => linear(16_000),
            "sln24" => linear(24_000),
            "sln32" => linear(32_000),
            "sln44" => linear(44_100),
            "sln48" => linear(48_000),
            "sln96" => linear(96_000),
            "sln192" => linear(192_000),
            _ => None,
        }
    }
}

/// Raw sound. A last byte that is no whole sample is left out.
pub(super) struct Raw {
    source: io::Take<BoxedSource>,
    kind: Kind,
    g722: Option<g722::Decoder>,
}

const PIECE_BYTES: usize = 2048;

impl Raw {
    pub(super) fn open(source: BoxedSource, kind: Kind) -> Self {
        Self::part(source, kind, u64::MAX)
    }

    /// The next so many bytes of a source.
    pub(super) fn part(source: BoxedSource, kind: Kind, length: u64) -> Self {
        let g722 = matches!(kind, Kind::G722).then(g722::Decoder::default);
        Self { source: source.take(length), kind, g722 }
    }
}

impl Decode for Raw {
    fn sample_rate_hz(&self) -> u32 {
        match self.kind {
            Kind::G711(_) => 8000,
            Kind::G722 => 16_000,
            Kind::Linear { sample_rate_hz } => sample_rate_hz,
        }
    }

    fn decode(&mut self, samples: &mut Vec<i16>) -> Result<bool, ReadError> {
        let mut bytes = [0; PIECE_BYTES];
        let read = read_full(&mut self.source, &mut bytes)?;
        let bytes = bytes.get(..read).unwrap_or_default();
        match self.kind {
            Kind::G711(law) => samples.extend(bytes.iter().map(|code| law.decode(*code))),
            Kind::Linear { .. } => {
                samples.extend(bytes.as_chunks().0.iter().map(|pair| i16::from_le_bytes(*pair)));
            }
            Kind::G722 => {
                let mut room = [0; 2 * PIECE_BYTES];
                let count = self.g722.as_mut().and_then(|decoder| decoder.decode(bytes, &mut room));
                samples.extend_from_slice(room.get(..count.unwrap_or_default()).unwrap_or_default());
            }
        }
        Ok(read == PIECE_BYTES)
    }
}
