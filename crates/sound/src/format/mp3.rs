//! MP3 (MPEG-1, 2 and 2.5, layer III), by nanomp3, without what the encoder had to put before and behind the sound.

use std::io;

use nanomp3::{Options, Reader};

use super::{Decode, mix};
use crate::error::{ReadError, Refusal};
use crate::source::BoxedSource;

/// An MP3 file.
pub(super) struct Mp3 {
    reader: Reader<BoxedSource, i16>,
    sample_rate_hz: u32,
}

/// Whether it begins with a tag or with a frame of layer III. Some files begin with neither, and are known by name.
pub(super) fn is_likely(beginning: &[u8], extension: &str) -> bool {
    let is_frame = |second: u8| second & 0xE0 == 0xE0 && second & 0x06 == 0x02;
    match beginning {
        [b'I', b'D', b'3', ..] => true,
        [0xFF, second, ..] if is_frame(*second) => true,
        _ => extension.eq_ignore_ascii_case("mp3"),
    }
}

impl Mp3 {
    pub(super) fn open(source: BoxedSource) -> Result<Self, Refusal> {
        // Without this, the whole file is read to find out how long it is.
        let options = Options::default().skip_scan(true);
        let reader = Reader::with_options(source, options).map_err(|error| match as_io(error) {
            Ok(error) => Refusal::Read(error),
            Err(why) => why.into(),
        })?;
        let sample_rate_hz = reader.sample_rate();
        if sample_rate_hz == 0 {
            return Err("there is no MP3 sound in it".into());
        }
        Ok(Self { reader, sample_rate_hz })
    }
}

impl Decode for Mp3 {
    fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    fn decode(&mut self, samples: &mut Vec<i16>) -> Result<bool, ReadError> {
        // A file may not go from one channel to two, so what is said before a frame holds for it.
        let channels =
            self.reader.channels().map_or(1, |channels| if channels == nanomp3::Channels::Stereo { 2 } else { 1 });
        match self.reader.read_frame() {
            Ok(Some(frame)) => {
                mix::interleaved(frame, channels, samples);
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(error) => Err(as_io(error).map_or_else(|why| ReadError::Damaged(why.into()), ReadError::Read)),
        }
    }
}

/// The system's error, or what else is wrong.
fn as_io(error: nanomp3::Error) -> Result<io::Error, String> {
    if let nanomp3::Error::Io(error) = error { Ok(error) } else { Err(error.to_string()) }
}
