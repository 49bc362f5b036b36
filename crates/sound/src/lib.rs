//! Sound files: opened, whatever they are, and decoded piece by piece into samples of the rate that is wanted.
//!
//! [`Track`] is a file that is being played. When its pieces are needed, who hears them and in which codec is left to
//! others. Files come from outside: whatever is in them, they are played, refused or broken off, within bounds.

mod error;
mod format;
mod source;
mod track;

pub use error::{OpenError, ReadError};
pub use track::Track;
