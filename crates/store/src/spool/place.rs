//! A place in the spool.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// An offset in a segment, always between two lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) segment: u32,
    pub(super) offset: u32,
}

impl Place {
    /// `segment offset`, as [`Place::parse`] takes it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (segment, offset) = text.trim_end().split_once(' ')?;
        Some(Self { segment: segment.parse().ok()?, offset: offset.parse().ok()? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.segment, self.offset)
    }
}

/// The end of what was appended, told by the writer to its reader.
#[derive(Debug)]
pub(super) struct SharedPlace(AtomicU64);

impl SharedPlace {
    pub(super) fn new(place: Place) -> Self {
        let shared = Self(AtomicU64::new(0));
        shared.set(place);
        shared
    }

    pub(super) fn set(&self, place: Place) {
        self.0.store(u64::from(place.segment) << 32 | u64::from(place.offset), Ordering::Release);
    }

    pub(super) fn get(&self) -> Place {
        let both = self.0.load(Ordering::Acquire);
        let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default();
        Place { segment: half(both >> 32), offset: half(both) }
    }
}
