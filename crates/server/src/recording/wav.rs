//! A WAV file that is written as the sound comes, and can be played at any time.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;

/// The bytes before the sound.
const HEADER: u64 = 44;
/// The bytes of a sample of both channels.
const FRAME: u64 = 4;
/// What the lengths in a header can say, in whole frames.
const MAX_SOUND: u64 = (u32::MAX as u64 - HEADER) / FRAME * FRAME;

/// Two channels of 16 bits. Readable for the server's user only.
#[derive(Debug)]
pub(super) struct WavFile {
    file: File,
    rate_hz: u32,
    /// The bytes of sound so far.
    length: u64,
    bytes: Vec<u8>,
}

impl WavFile {
    /// Makes a file that is not there yet, and the directory that it is in.
    pub(super) fn create(path: &Path, rate_hz: u32) -> io::Result<Self> {
        if let Some(directory) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all_at(&header(rate_hz, 0), 0)?;
        Ok(Self { file, rate_hz, length: 0, bytes: Vec::new() })
    }

    /// Where the next sample goes: the samples of a channel so far.
    pub(super) fn end(&self) -> u64 {
        self.length / FRAME
    }

    /// Writes samples of both channels in turn to their place. What is left out before them is silent.
    ///
    /// # Errors
    /// Those of the file; of the kind [`io::ErrorKind::FileTooLarge`] also, when WAV cannot say its length any more.
    pub(super) fn write(&mut self, place: u64, samples: &[i16]) -> io::Result<()> {
        self.bytes.clear();
        self.bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        let begin = place.saturating_mul(FRAME);
        let end = begin.saturating_add(self.bytes.len() as u64);
        if end > MAX_SOUND {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a WAV file cannot be longer"));
        }
        self.file.write_all_at(&self.bytes, HEADER + begin)?;
        self.length = self.length.max(end);
        self.file.write_all_at(&header(self.rate_hz, self.length), 0)
    }

    /// The last word: the file is that long, and on disk.
    pub(super) fn finish(mut self, samples: u64) -> io::Result<()> {
        self.length = self.length.max(samples.saturating_mul(FRAME)).min(MAX_SOUND);
        self.file.set_len(HEADER + self.length)?;
        self.file.write_all_at(&header(self.rate_hz, self.length), 0)?;
        self.file.sync_all()
    }
}

/// Lets the header of a file that was not finished say what there is: how many samples each channel has.
pub(super) fn mend(path: &Path, rate_hz: u32) -> io::Result<u64> {
    let file = OpenOptions::new().write(true).open(path)?;
    let length = file.metadata()?.len().saturating_sub(HEADER).min(MAX_SOUND) / FRAME * FRAME;
    file.set_len(HEADER + length)?;
    file.write_all_at(&header(rate_hz, length), 0)?;
    file.sync_all()?;
    Ok(length / FRAME)
}

/// Of PCM in two channels, with so many bytes.
fn header(rate_hz: u32, length: u64) -> [u8; 44] {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let mut bytes = [0; 44];
    let fields: [&[u8]; 13] = [
        b"RIFF",
        &length.saturating_add(36).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16u32.to_le_bytes(),
        &1u16.to_le_bytes(),
        &2u16.to_le_bytes(),
        &rate_hz.to_le_bytes(),
        &rate_hz.saturating_mul(4).to_le_bytes(),
        &4u16.to_le_bytes(),
        &16u16.to_le_bytes(),
        b"data",
        &length.to_le_bytes(),
    ];
    for (place, byte) in bytes.iter_mut().zip(fields.into_iter().flatten()) {
        *place = *byte;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn length_said(bytes: &[u8]) -> [u32; 2] {
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        [number(4), number(40)]
    }

    #[test]
    fn a_file_can_be_played_after_each_piece_and_what_is_missing_is_silent() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("day/call.wav");
        let mut file = WavFile::create(&path, 8000).unwrap();
        assert_eq!(length_said(&fs::read(&path).unwrap()), [36, 0]);
        file.write(0, &[1, -1]).unwrap();
        file.write(3, &[2, -2]).unwrap();
        let bytes = fs::read(&path).unwrap();
        assert_eq!(length_said(&bytes), [36 + 16, 16]);
        assert_eq!(bytes[44..], [1, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 254, 255]);
        assert_eq!(file.end(), 4);
        file.finish(6).unwrap();
        let bytes = fs::read(&path).unwrap();
        assert_eq!((bytes.len(), length_said(&bytes)), (44 + 24, [36 + 24, 24]));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let again = WavFile::create(&path, 8000).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists, "nobody's recording is written over");
    }

    #[test]
    fn a_file_that_wav_cannot_describe_is_not_written() {
        let place = tempfile::tempdir().unwrap();
        let mut file = WavFile::create(&place.path().join("call.wav"), 8000).unwrap();
        file.write(0, &[1, 1]).unwrap();
        for too_far in [MAX_SOUND / FRAME, u64::MAX] {
            assert_eq!(file.write(too_far, &[1, 1]).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        }
        file.write(MAX_SOUND / FRAME - 1, &[1, 1]).unwrap();
        assert_eq!(file.end(), MAX_SOUND / FRAME);
    }

    #[test]
    fn a_header_is_made_to_say_what_there_is() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("call.wav");
        let mut file = WavFile::create(&path, 16_000).unwrap();
        file.write(0, &[7; 20]).unwrap();
        drop(file);
        // As a crash leaves it: more sound than the header says, the last frame of it in part.
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend([9; 7]);
        fs::write(&path, &bytes).unwrap();
        assert_eq!(mend(&path, 16_000).unwrap(), 11);
        let bytes = fs::read(&path).unwrap();
        assert_eq!((bytes.len(), length_said(&bytes)), (44 + 44, [36 + 44, 44]));
    }
}
