//! Sound files: opened, whatever they are, and decoded piece by piece into samples of the rate that is wanted.
//!
//! [`Library`] finds prompts and music, those of the administrator before those that are built in; [`Track`] is a file that
//! is being played. When its pieces are needed, who hears them and in which codec is left to
//! others. Files come from outside: whatever is in them, they are played, refused or broken off, within bounds.

mod embedded;
mod error;
mod format;
mod library;
mod music;
mod sound;
mod source;
mod speech;
mod track;

pub use error::{OpenError, ReadError};
pub use library::{Library, MissingPrompt, Opened};
pub use music::{DEFAULT_CLASS, Music, MusicProblem};
pub use sound::Sound;
pub use speech::{Speech, SpeechError, Voice};
pub use track::Track;
