//! A sound that is being played.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, Cursor};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use warden_codec::resample::Resampler;

use crate::error::{OpenError, ReadError};
use crate::format::{self, Decode};
use crate::source::BoxedSource;

/// An open sound, decoded piece by piece into samples of one channel at the rate that was asked for.
///
/// It holds some 10 to 200 KB while it is open, according to the format, whatever the length of the sound.
pub struct Track {
    /// `None` when the sound is over.
    decoder: Option<Box<dyn Decode>>,
    resampler: Option<Resampler>,
    /// What was decoded, before it is brought to the rate.
    decoded: Vec<i16>,
    /// What is ready, and how much of it was given.
    ready: Vec<i16>,
    given: usize,
    /// How many samples may still come.
    left: u64,
    /// Why it is over, to be said once what was ready is heard.
    failure: Option<ReadError>,
}

/// The longest sound.
const LONGEST_S: u64 = 4 * 3600;
/// How many pieces without sound may come in a row.
const MOST_EMPTY_PIECES: usize = 10_000;

impl Track {
    /// Opens a file, for samples of `sample_rate_hz`. The format is told by the content; for raw sound, by the ending of
    /// the name: `ulaw`, `alaw`, `sln16` and so on, as Asterisk has them.
    ///
    /// This reads from the disk, and so does [`Track::read`]: neither belongs on a media thread.
    /// # Errors
    /// [`OpenError`]: no file, no sound, or no such rate. A file longer than four hours breaks off there.
    pub fn open(path: &Path, sample_rate_hz: u32) -> Result<Self, OpenError> {
        let name = path.display().to_string();
        let opened = File::open(path).and_then(|file| {
            // A pipe or a terminal would be waited for.
            if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a file")) }
        });
        let file = opened.map_err(|source| OpenError::Read { name: name.clone(), source })?;
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        Self::begin(Box::new(BufReader::new(file)), &name, extension, sample_rate_hz)
    }

    /// Opens a sound that is in memory. `name` says what it is in errors, and its ending what raw sound it is.
    /// # Errors
    /// As [`Track::open`].
    pub fn from_bytes(
        bytes: impl AsRef<[u8]> + Send + 'static,
        name: &str,
        sample_rate_hz: u32,
    ) -> Result<Self, OpenError> {
        let extension = Path::new(name).extension().and_then(OsStr::to_str).unwrap_or_default();
        Self::begin(Box::new(Cursor::new(bytes)), name, extension, sample_rate_hz)
    }

    fn begin(source: BoxedSource, name: &str, extension: &str, sample_rate_hz: u32) -> Result<Self, OpenError> {
        if Resampler::new(sample_rate_hz, sample_rate_hz).is_none() {
            return Err(OpenError::Rate { sample_rate_hz });
        }
        let opened = guarded(|| format::open(source, extension, sample_rate_hz));
        let decoder = opened.unwrap_or_else(|| Err("it is damaged".into())).map_err(|refusal| refusal.named(name))?;
        let from_hz = nearest_rate(decoder.sample_rate_hz());
        let resampler = Resampler::new(from_hz, sample_rate_hz).ok_or_else(|| OpenError::Unplayable {
            name: name.to_owned(),
            why: format!("its sampling rate is {} Hz", decoder.sample_rate_hz()).into(),
        })?;
        Ok(Self {
            decoder: Some(decoder),
            resampler: (from_hz != sample_rate_hz).then_some(resampler),
            decoded: Vec::new(),
            ready: Vec::new(),
            given: 0,
            left: LONGEST_S * u64::from(sample_rate_hz),
            failure: None,
        })
    }

    /// Fills `samples` with what comes next: how many, fewer than there is room for only at the end, 0 after it.
    /// # Errors
    /// [`ReadError`]: it cannot be read or decoded any further. The sound is over then, and the next answer is 0.
    pub fn read(&mut self, samples: &mut [i16]) -> Result<usize, ReadError> {
        let mut filled = 0;
        while let Some(room) = samples.get_mut(filled..).filter(|room| !room.is_empty()) {
            if self.given == self.ready.len() && !self.refill() {
                break;
            }
            let ready = self.ready.get(self.given..).unwrap_or_default();
            let count = ready.len().min(room.len());
            for (sample, ready) in room.iter_mut().zip(ready) {
                *sample = *ready;
            }
            self.given += count;
            filled += count;
        }
        if filled == 0 { self.failure.take().map_or(Ok(0), Err) } else { Ok(filled) }
    }

    /// The next piece becomes ready. `false` at the end.
    fn refill(&mut self) -> bool {
        self.ready.clear();
        self.given = 0;
        let piece = self.next_piece();
        let goes_on = matches!(piece, Ok(true));
        if !goes_on {
            self.decoder = None;
            self.failure = self.failure.take().or(piece.err());
        }
        goes_on
    }

    fn next_piece(&mut self) -> Result<bool, ReadError> {
        let Self { decoder: Some(decoder), decoded, .. } = self else { return Ok(false) };
        decoded.clear();
        for _ in 0..MOST_EMPTY_PIECES {
            let piece = guarded(|| decoder.decode(decoded));
            let goes_on = piece.unwrap_or_else(|| Err(ReadError::Damaged("its decoder gave up".into())))?;
            if !decoded.is_empty() {
                return self.bring_to_rate();
            }
            if !goes_on {
                return Ok(false);
            }
        }
        Err(ReadError::Damaged("there is no sound in it any more".into()))
    }

    fn bring_to_rate(&mut self) -> Result<bool, ReadError> {
        if let Some(resampler) = &mut self.resampler {
            self.ready.resize(resampler.room_for(self.decoded.len()), 0);
            let count = resampler.resample(&self.decoded, &mut self.ready).unwrap_or_default();
            self.ready.truncate(count);
        } else {
            std::mem::swap(&mut self.ready, &mut self.decoded);
        }
        let count = u64::try_from(self.ready.len()).unwrap_or_default();
        self.left = self.left.checked_sub(count).ok_or(ReadError::TooLong)?;
        Ok(true)
    }
}

impl std::fmt::Debug for Track {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Track").field("is_over", &self.decoder.is_none()).finish_non_exhaustive()
    }
}

/// The rate that a filter is made for: a multiple of 25 Hz. What is farther away by that is out of tune by 3 cents at
/// most.
fn nearest_rate(rate_hz: u32) -> u32 {
    rate_hz.saturating_add(12) / 25 * 25
}

/// What a decoder from outside makes; `None` when a file has made it panic. A call does not end because music is
/// damaged.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    // What the decoder holds afterwards is only dropped.
    catch_unwind(AssertUnwindSafe(work)).ok()
}
