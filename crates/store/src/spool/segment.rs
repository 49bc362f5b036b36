//! The files of the spool.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::line::{self, Line};
use super::place::Place;
use crate::stored_event;

/// What an earlier run left behind: segments to be read before those of this run.
#[derive(Debug)]
pub struct Leftovers {
    /// Rising.
    pub(super) segments: Vec<u32>,
}

impl Leftovers {
    /// How many segments there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.len()
    }

    /// Whether there is nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }
}

/// Where a segment is.
pub(super) fn path(directory: &Path, segment: u32) -> PathBuf {
    directory.join(format!("{segment:08}.events"))
}

/// The segments of a directory, rising, and how long they are together.
pub(super) fn list(directory: &Path) -> io::Result<(Vec<u32>, u64)> {
    let (mut segments, mut bytes) = (Vec::new(), 0);
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".events")).and_then(|name| name.parse().ok());
        if let Some(number) = number {
            segments.push(number);
            bytes += entry.metadata()?.len();
        }
    }
    segments.sort_unstable();
    Ok((segments, bytes))
}

/// The highest number ever used, as far as it shows; what `progress` speaks of counts too, as must not come again.
pub(super) fn highest(directory: &Path) -> io::Result<u32> {
    let mut highest = load_progress(directory).unwrap_or_default().segment;
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.split('.').next()).and_then(|name| name.parse().ok());
        highest = highest.max(number.unwrap_or(0));
    }
    Ok(highest)
}

/// Makes new and removed names durable.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Takes a segment away whose calls are all in the database; a damaged one is kept under another name.
pub(super) fn retire(directory: &Path, segment: u32, is_damaged: bool) -> io::Result<u64> {
    let path = path(directory, segment);
    let bytes = fs::metadata(&path)?.len();
    if is_damaged {
        fs::rename(&path, path.with_extension("damaged"))?;
    } else {
        fs::remove_file(&path)?;
    }
    Ok(bytes)
}

const PROGRESS: &str = "progress";

/// The place before which everything is in the database, if it is known.
pub(super) fn load_progress(directory: &Path) -> Option<Place> {
    Place::parse(&fs::read_to_string(directory.join(PROGRESS)).ok()?)
}

/// Not synced: an older place is as good.
pub(super) fn save_progress(directory: &Path, place: Place) -> io::Result<()> {
    let path = directory.join(PROGRESS);
    let new = path.with_extension("new");
    fs::write(&new, format!("{place}\n"))?;
    fs::rename(&new, &path)
}

/// How much is read at a time, in bytes.
const CHUNK: usize = 256 * 1024;

/// Reads one segment from its beginning to its end.
#[derive(Debug)]
pub(super) struct SegmentReader {
    file: File,
    /// Of the next line.
    pub(super) place: Place,
    pub(super) damaged_lines: u64,
    buffer: Vec<u8>,
}

/// An event and where its line begins.
pub(super) type ReadEvent =
    (Place, (warden_call::call_event::CallId, std::time::Duration, warden_call::call_event::CallEvent));

impl SegmentReader {
    pub(super) fn open(directory: &Path, place: Place) -> io::Result<Self> {
        let file = File::open(path(directory, place.segment))?;
        Ok(Self { file, place, damaged_lines: 0, buffer: Vec::new() })
    }

    pub(super) fn file_length(&self) -> io::Result<u32> {
        Ok(u32::try_from(self.file.metadata()?.len()).unwrap_or(u32::MAX))
    }

    /// Adds the events of the next lines before `end`, as many as one chunk holds; `false` when there are none left.
    pub(super) fn read(&mut self, end: u32, events: &mut Vec<ReadEvent>) -> io::Result<bool> {
        let left = usize::try_from(end.saturating_sub(self.place.offset)).unwrap_or(usize::MAX);
        let mut size = CHUNK.min(left);
        loop {
            self.fill(size)?;
            if self.take_lines(events) > 0 {
                return Ok(true);
            }
            if size >= left || self.buffer.len() < size {
                return Ok(false);
            }
            size = (2 * size).min(left); // a line longer than a chunk
        }
    }

    /// Reads `size` bytes from the place on; fewer at the end of the file.
    fn fill(&mut self, size: usize) -> io::Result<()> {
        self.buffer.resize(size, 0);
        let mut filled = 0;
        while let Some(free) = self.buffer.get_mut(filled..).filter(|free| !free.is_empty()) {
            match self.file.read_at(free, u64::from(self.place.offset) + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.buffer.truncate(filled);
        Ok(())
    }

    /// How many bytes of the buffer were lines.
    fn take_lines(&mut self, events: &mut Vec<ReadEvent>) -> usize {
        let mut taken = 0;
        loop {
            let length = match line::read(self.buffer.get(taken..).unwrap_or_default()) {
                Line::Whole { json, length } => {
                    match stored_event::decode(json) {
                        Some(event) => events.push((self.place, event)),
                        None => self.damaged_lines += 1,
                    }
                    length
                }
                Line::Damaged { length: 1 } => 1, // an empty line ends one that was cut off
                Line::Damaged { length } => {
                    self.damaged_lines += 1;
                    length
                }
                Line::Partial => return taken,
            };
            taken += length;
            self.place.offset = self.place.offset.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
        }
    }
}
