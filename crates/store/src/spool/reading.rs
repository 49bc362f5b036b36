//! Reads the segments in their order: what earlier runs left, then what this one appends.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::gather::Gather;
use super::place::Place;
use super::segment::{Leftovers, SegmentReader};
use super::status::Shared;

/// How far the segments have been read.
pub(super) struct Reading {
    directory: PathBuf,
    shared: Arc<Shared>,
    /// Everything before it was in the database when this run began.
    start: Place,
    /// Segments of earlier runs that have not been read.
    leftovers: VecDeque<u32>,
    /// The first segment of this run that has not been read to its end.
    live: u32,
    is_live: bool,
    reader: Option<SegmentReader>,
    /// Segments that have been read to their end, and whether they are damaged.
    pub(super) done: BTreeMap<u32, bool>,
}

impl Reading {
    pub(super) fn new(directory: PathBuf, shared: Arc<Shared>, leftovers: Leftovers, live: u32, start: Place) -> Self {
        let (old, leftovers): (Vec<_>, Vec<_>) =
            leftovers.segments.into_iter().partition(|segment| *segment < start.segment);
        Self {
            directory,
            shared,
            start,
            leftovers: leftovers.into(),
            live,
            is_live: false,
            reader: None,
            done: old.into_iter().map(|segment| (segment, false)).collect(),
        }
    }

    /// Reads one chunk; whether there may be more at once.
    pub(super) fn step(&mut self, gather: &mut Gather, now: Instant) -> io::Result<bool> {
        let end = self.shared.end.get();
        if self.reader.is_none() {
            self.reader = self.next_reader(gather)?;
        }
        let Some(reader) = &mut self.reader else { return Ok(true) };
        let segment = reader.place.segment;
        // Another segment has been begun: this one has its last length.
        let until = if segment == end.segment { end.offset } else { reader.file_length()? };
        let (damaged_before, mut events) = (reader.damaged_lines, Vec::new());
        let has_read = reader.read(until, &mut events);
        self.shared.damaged_lines.fetch_add(reader.damaged_lines - damaged_before, Ordering::Relaxed);
        for event in events {
            gather.add(event, now);
        }
        if has_read? {
            return Ok(reader.place != end);
        }
        if segment == end.segment {
            return Ok(false);
        }
        self.done.insert(segment, reader.damaged_lines > 0);
        self.reader = None;
        if self.is_live {
            self.live = segment + 1;
        }
        Ok(true)
    }

    /// Opens the next segment; `None` when it is gone.
    fn next_reader(&mut self, gather: &mut Gather) -> io::Result<Option<SegmentReader>> {
        let leftover = self.leftovers.front().copied();
        if leftover.is_none() && !self.is_live {
            gather.finish_all(); // of earlier runs
            self.is_live = true;
        }
        let segment = leftover.unwrap_or(self.live);
        let offset = if self.start.segment == segment { self.start.offset } else { 0 };
        let reader = match SegmentReader::open(&self.directory, Place { segment, offset }) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && leftover.is_some() => None,
            opened => Some(opened?),
        };
        self.leftovers.pop_front();
        Ok(reader)
    }

    /// Everything before it has been read.
    pub(super) fn place(&self) -> Place {
        let unread = self.leftovers.front().map_or(self.live, |segment| *segment);
        self.reader.as_ref().map_or(Place { segment: unread, offset: 0 }, |reader| reader.place)
    }

    /// Whether everything that was appended has been read.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_live && self.place() == self.shared.end.get()
    }

    /// Whether the current segment has lines that cannot be read.
    pub(super) fn is_damaged(&self) -> bool {
        self.reader.as_ref().is_some_and(|reader| reader.damaged_lines > 0)
    }
}
