//! Why a sound is not played, or not to its end.

use std::borrow::Cow;
use std::io;

/// Why a sound cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is not there, or cannot be read.
    #[error("cannot read {name}")]
    Read {
        /// The file's path.
        name: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is none of the formats, damaged, or of a kind within a format that is not known here.
    #[error("{name} is not a sound file that Warden can play: {why}")]
    Unplayable {
        /// The file's path.
        name: String,
        /// What it is instead, as far as that can be told.
        why: Cow<'static, str>,
    },
    /// Nothing is played at this rate: not a multiple of 25 from 4000 to 192,000.
    #[error("nothing can be played at {sample_rate_hz} Hz")]
    Rate {
        /// What was asked for.
        sample_rate_hz: u32,
    },
}

/// Why a sound ends before it is over.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read any more.
    #[error("cannot read on")]
    Read(#[from] io::Error),
    /// What follows cannot be decoded.
    #[error("the sound is damaged: {0}")]
    Damaged(Cow<'static, str>),
    /// It has lasted four hours.
    #[error("the sound is longer than four hours")]
    TooLong,
}

/// Why a format's decoder cannot begin, before the name of the file is known.
#[derive(Debug)]
pub(crate) enum Refusal {
    Read(io::Error),
    Unplayable(Cow<'static, str>),
}

impl Refusal {
    pub(crate) fn named(self, name: &str) -> OpenError {
        let name = name.to_owned();
        match self {
            // A file that ends within its own header is damaged; the disk is not.
            Self::Read(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
                OpenError::Unplayable { name, why: "it ends too early".into() }
            }
            Self::Read(source) => OpenError::Read { name, source },
            Self::Unplayable(why) => OpenError::Unplayable { name, why },
        }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl From<&'static str> for Refusal {
    fn from(why: &'static str) -> Self {
        Self::Unplayable(why.into())
    }
}

impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Self::Unplayable(why.into())
    }
}
