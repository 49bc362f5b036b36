//! The formats, one file each, and which of them a sound is in: told by its first bytes, for raw sound by its name.

mod flac;
mod mix;
mod mp3;
mod ogg;
mod ogg_opus;
mod raw;
mod vorbis;
mod vorbis_books;
mod wav;

use std::io::SeekFrom;

use crate::error::{ReadError, Refusal};
use crate::source::{BoxedSource, read_full};

/// A sound in one of the formats, decoded piece by piece.
pub(crate) trait Decode: Send {
    /// Of the samples that it gives; the same to the end.
    fn sample_rate_hz(&self) -> u32;

    /// Appends the next piece, mixed down to one channel: a few thousand samples at most. `false` at the end.
    fn decode(&mut self, samples: &mut Vec<i16>) -> Result<bool, ReadError>;
}

/// Opens what `source` holds. `wanted_hz` is for formats that can choose; `extension` is for those that cannot be told
/// by their content.
pub(crate) fn open(mut source: BoxedSource, extension: &str, wanted_hz: u32) -> Result<Box<dyn Decode>, Refusal> {
    let mut beginning = [0; 16];
    let read = read_full(&mut source, &mut beginning)?;
    source.seek(SeekFrom::Start(0))?;
    let beginning = beginning.get(..read).unwrap_or_default();
    if beginning.is_empty() {
        return Err("it is empty".into());
    }
    if let [b'R', b'I' | b'F', b'F' | b'6', b'F' | b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..] = beginning {
        return Ok(Box::new(wav::Wav::open(source)?));
    }
    if beginning.starts_with(b"fLaC") {
        return Ok(Box::new(flac::Flac::open(source)?));
    }
    if beginning.starts_with(b"OggS") {
        return ogg::open(source, wanted_hz);
    }
    if let Some(kind) = raw::Kind::by_extension(extension) {
        return Ok(Box::new(raw::Raw::open(source, kind)));
    }
    if mp3::is_likely(beginning, extension) {
        return Ok(Box::new(mp3::Mp3::open(source)?));
    }
    Err(stranger(beginning, extension).into())
}

/// What is known about a format that cannot be played.
fn stranger(beginning: &[u8], extension: &str) -> &'static str {
    match beginning {
        [b'F', b'O', b'R', b'M', ..] => "it is an AIFF file; convert it to WAV",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] | [0xFF, 0xF1 | 0xF9 | 0xF0 | 0xF8, ..] => {
            "it holds AAC (MP4, M4A); convert it to WAV, FLAC, Ogg or MP3"
        }
        [b'0', b'&', 0xB2, b'u', ..] => "it is a Windows Media file; convert it to WAV",
        _ if extension.eq_ignore_ascii_case("gsm") => "it holds GSM 06.10; convert it to WAV",
        _ => {
            "it is none of WAV, MP3, Ogg Vorbis, Ogg Opus and FLAC, and its name does not end as that of raw sound does"
        }
    }
}
