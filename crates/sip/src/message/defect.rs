//! What can be wrong with a message, and whether it can be answered.

use super::Message;
use crate::header::HeaderName;
use crate::status::Status;

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// Longer than [`MAX_MESSAGE`](super::MAX_MESSAGE).
    #[error("message too large")]
    TooLarge,
    /// Neither a request line nor a status line.
    #[error("malformed start line")]
    StartLine,
    /// A version other than `SIP/2.0`.
    #[error("version not supported")]
    Version,
    /// A line that is no header, or a carriage return inside one.
    #[error("malformed header line")]
    HeaderLine,
    /// No empty line ends the header.
    #[error("header without end")]
    NoEnd,
    /// More than [`MAX_FIELDS`](super::MAX_FIELDS) header lines.
    #[error("too many header lines")]
    TooManyHeaders,
    /// A header that every message must have is not there.
    #[error("missing {}", .0.text())]
    Missing(HeaderName),
    /// A header that may stand only once stands twice.
    #[error("more than one {}", .0.text())]
    Repeated(HeaderName),
    /// A header that framing or matching needs cannot be read.
    #[error("malformed {}", .0.text())]
    Bad(HeaderName),
    /// The method of CSeq is not the request's.
    #[error("CSeq names another method")]
    MethodMismatch,
    /// Content-Length says more than there is.
    #[error("body shorter than Content-Length")]
    Truncated,
}

impl Defect {
    /// How a request with this defect is answered.
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::TooLarge => Status::MESSAGE_TOO_LARGE,
            Self::Version => Status::VERSION_NOT_SUPPORTED,
            Self::StartLine
            | Self::HeaderLine
            | Self::NoEnd
            | Self::TooManyHeaders
            | Self::Missing(_)
            | Self::Repeated(_)
            | Self::Bad(_)
            | Self::MethodMismatch
            | Self::Truncated => Status::BAD_REQUEST,
        }
    }
}

/// A message that was refused.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{defect}")]
pub struct Malformed {
    /// What is wrong.
    pub defect: Defect,
    /// What could be read, when it is a request other than ACK whose topmost Via says where an answer goes.
    pub request: Option<Box<Message>>,
}

impl From<Defect> for Malformed {
    /// A defect that cannot be answered.
    fn from(defect: Defect) -> Self {
        Self { defect, request: None }
    }
}
