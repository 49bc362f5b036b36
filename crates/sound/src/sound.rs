//! A sound that can be played: which one it is, and where it is.

use std::path::PathBuf;

use crate::error::OpenError;
use crate::track::Track;

/// Names a sound; nothing is open or decoded yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sound {
    /// A file on the disk.
    File(PathBuf),
    /// A part of the program, by its name.
    Embedded {
        /// As in `vm-login` or `morning-light`.
        name: &'static str,
        /// The file, in one of the formats.
        bytes: &'static [u8],
    },
}

impl Sound {
    /// Opens it, as [`Track::open`] does.
    /// # Errors
    /// As [`Track::open`].
    pub fn open(&self, sample_rate_hz: u32) -> Result<Track, OpenError> {
        match self {
            Self::File(path) => Track::open(path, sample_rate_hz),
            Self::Embedded { name, bytes } => Track::from_bytes(*bytes, name, sample_rate_hz),
        }
    }
}

impl std::fmt::Display for Sound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Embedded { name, .. } => write!(formatter, "{name} (built in)"),
        }
    }
}
