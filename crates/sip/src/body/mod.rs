//! The session description of a message, alone or among other parts of its body (RFC 5621).
//!
//! Read in place. What the other parts say, such as a caller's location (RFC 6442), is left to others.

mod multipart;
mod part;

use crate::message::Message;
use multipart::Parts;
use part::{Kind, Part};

/// The media types in which a session description is taken, for `Accept`.
pub const ACCEPTED: &str = "application/sdp, multipart/mixed, multipart/alternative";

/// The most parts of a body, at all depths together.
pub const MAX_PARTS: usize = 16;
/// How deep parts may lie: parts of the body, and parts of these.
pub const MAX_DEPTH: usize = 2;

/// Why a body cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The sender wants something to be understood that is not: 415.
    #[error("unsupported media type")]
    Unsupported,
    /// Nothing, or nothing sound, says where the parts begin.
    #[error("malformed boundary of body parts")]
    Boundary,
    /// There is no part, or the head of one cannot be read.
    #[error("malformed body part")]
    Part,
    /// More than [`MAX_PARTS`].
    #[error("too many body parts")]
    TooMany,
    /// Deeper than [`MAX_DEPTH`].
    #[error("body parts too deep")]
    TooDeep,
}

impl BodyError {
    /// The reason phrase of an answer.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unsupported => "Unsupported Media Type",
            Self::Boundary => "Malformed Boundary Of Body Parts",
            Self::Part => "Malformed Body Part",
            Self::TooMany => "Too Many Body Parts",
            Self::TooDeep => "Body Parts Too Deep",
        }
    }
}

impl Message {
    /// The session description that the body is or has among its parts; `None` without one. Of several the first counts.
    ///
    /// One that is there is found whatever stands beside it; [`Message::check_body`] says whether all of that is understood.
    /// # Errors
    /// That of [`Message::check_body`] when there is none.
    pub fn session_description(&self) -> Result<Option<&[u8]>, BodyError> {
        self.read_body().or_else(|error| {
            let found = Search::default().look_past_all(&Part::whole(self), 0);
            found.map(Some).ok_or(error)
        })
    }

    /// Whether the body is sound, and what must be understood (RFC 3261 §20.11) is.
    ///
    /// # Errors
    /// What a request is to be refused for.
    pub fn check_body(&self) -> Result<(), BodyError> {
        self.read_body().map(drop)
    }

    fn read_body(&self) -> Result<Option<&[u8]>, BodyError> {
        if self.body().is_empty() {
            return Ok(None);
        }
        Search::default().look_in(&Part::whole(self), 0)
    }
}

#[derive(Default)]
struct Search {
    /// How many have been seen.
    parts: usize,
}

impl Search {
    fn look_in<'a>(&mut self, part: &Part<'a>, depth: usize) -> Result<Option<&'a [u8]>, BodyError> {
        match part.kind() {
            Kind::Session => Ok(Some(part.content)),
            Kind::Mixed(params) => self.look_in_all(Parts::new(part.content, params)?, depth + 1),
            Kind::Alternative(params) => {
                let found = self.look_for_best(Parts::new(part.content, params)?, depth + 1)?;
                if found.is_none() && !part.may_be_ignored() { Err(BodyError::Unsupported) } else { Ok(found) }
            }
            Kind::Other if part.may_be_ignored() => Ok(None),
            Kind::Other => Err(BodyError::Unsupported),
        }
    }

    /// Every part counts for itself.
    fn look_in_all<'a>(&mut self, parts: Parts<'a>, depth: usize) -> Result<Option<&'a [u8]>, BodyError> {
        let mut found = None;
        for part in parts {
            self.count(depth)?;
            let inside = self.look_in(&part?, depth)?;
            found = found.or(inside);
        }
        Ok(found)
    }

    /// The parts say the same, the best last (RFC 2046 §5.1.4); those that are not understood do not matter.
    fn look_for_best<'a>(&mut self, parts: Parts<'a>, depth: usize) -> Result<Option<&'a [u8]>, BodyError> {
        let mut found = None;
        for part in parts {
            self.count(depth)?;
            match self.look_in(&part?, depth) {
                Ok(inside) => found = inside.or(found),
                Err(BodyError::Unsupported) => {}
                Err(error @ (BodyError::Boundary | BodyError::Part | BodyError::TooMany | BodyError::TooDeep)) => {
                    return Err(error);
                }
            }
        }
        Ok(found)
    }

    /// What is malformed or not understood is passed over, and what is beyond the bounds.
    fn look_past_all<'a>(&mut self, part: &Part<'a>, depth: usize) -> Option<&'a [u8]> {
        let (params, is_choice) = match part.kind() {
            Kind::Session => return Some(part.content),
            Kind::Mixed(params) => (params, false),
            Kind::Alternative(params) => (params, true),
            Kind::Other => return None,
        };
        let parts = Parts::new(part.content, params).ok()?;
        let mut found = parts.filter_map(|part| {
            self.count(depth + 1).ok()?;
            self.look_past_all(&part.ok()?, depth + 1)
        });
        if is_choice { found.last() } else { found.next() }
    }

    fn count(&mut self, depth: usize) -> Result<(), BodyError> {
        self.parts += 1;
        if depth > MAX_DEPTH {
            return Err(BodyError::TooDeep);
        }
        if self.parts > MAX_PARTS { Err(BodyError::TooMany) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
