//! A URI that outlives its message.

use std::fmt;

use super::{Uri, UriError};

/// The text of a URI that has been parsed once, so that it parses again.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OwnedUri(Box<[u8]>);

impl OwnedUri {
    /// Keeps a copy of `text`.
    ///
    /// # Errors
    /// As [`Uri::parse`].
    pub fn parse(text: &[u8]) -> Result<Self, UriError> {
        Uri::parse(text)?;
        Ok(Self(text.into()))
    }

    /// The URI as it was written.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.0
    }

    /// The URI, parsed again.
    #[must_use]
    pub fn view(&self) -> Uri<'_> {
        Uri::parse(&self.0).unwrap_or(Uri::Other(&self.0))
    }
}

impl fmt::Debug for OwnedUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0.escape_ascii())
    }
}
