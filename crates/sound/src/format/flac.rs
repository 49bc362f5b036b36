//! FLAC, by claxon.

use claxon::{FlacReader, FlacReaderOptions};

use super::{Decode, mix};
use crate::error::{ReadError, Refusal};
use crate::source::BoxedSource;

/// A FLAC file, after its header.
pub(super) struct Flac {
    reader: FlacReader<BoxedSource>,
    buffer: Vec<i32>,
}

impl Flac {
    pub(super) fn open(source: BoxedSource) -> Result<Self, Refusal> {
        // What it says about the title and the artist may be longer than we want to read.
        let options = FlacReaderOptions { metadata_only: false, read_vorbis_comment: false };
        let reader = FlacReader::new_ext(source, options).map_err(|error| match error {
            claxon::Error::IoError(error) => Refusal::Read(error),
            claxon::Error::FormatError(why) | claxon::Error::Unsupported(why) => Refusal::from(why),
        })?;
        Ok(Self { reader, buffer: Vec::new() })
    }
}

impl Decode for Flac {
    fn sample_rate_hz(&self) -> u32 {
        self.reader.streaminfo().sample_rate
    }

    fn decode(&mut self, samples: &mut Vec<i16>) -> Result<bool, ReadError> {
        let bits = self.reader.streaminfo().bits_per_sample;
        let block = self.reader.blocks().read_next_or_eof(std::mem::take(&mut self.buffer));
        let block = block.map_err(|error| match error {
            claxon::Error::IoError(error) => ReadError::Read(error),
            claxon::Error::FormatError(why) | claxon::Error::Unsupported(why) => ReadError::Damaged(why.into()),
        })?;
        let Some(block) = block else { return Ok(false) };
        let length = usize::try_from(block.duration()).unwrap_or_default();
        self.buffer = block.into_buffer();
        mix::planar(&self.buffer, length, bits, samples);
        Ok(true)
    }
}
