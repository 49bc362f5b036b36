//! One part of a body: what it is, and whether it may be left alone.

use super::BodyError;
use crate::grammar::{split_unquoted, trim};
use crate::header::{HeaderName, Params};
use crate::message::{HeadError, Lines, Message, split_header};

/// What a part is to us.
pub(super) enum Kind<'a> {
    /// A session description.
    Session,
    /// Parts that count each for itself; a subtype that nobody knows is read so too (RFC 2046 §5.1.3).
    Mixed(Params<'a>),
    /// Parts of which one is to be chosen.
    Alternative(Params<'a>),
    /// Anything else.
    Other,
}

/// What may be ignored unless its sender forbids it: gateways send the messages of telephone networks along (RFC 3204).
const ALONGSIDE: [&[u8]; 2] = [b"application/isup", b"application/qsig"];
/// Where the caller is: it comes with calls for help, which are not to fail for it whatever the sender says.
const LOCATION: &[u8] = b"application/pidf+xml";

/// A part, or the whole body of a message.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    content_type: &'a [u8],
    disposition: Option<&'a [u8]>,
    is_encoded: bool,
    pub(super) content: &'a [u8],
}

impl<'a> Part<'a> {
    pub(super) fn whole(message: &'a Message) -> Self {
        let mut part = Self { content: message.body(), ..Self::default() };
        for name in [HeaderName::ContentType, HeaderName::ContentDisposition, HeaderName::ContentEncoding] {
            if let Some(value) = message.header(name) {
                part.note(name, value);
            }
        }
        part
    }

    /// `text` is its head, which may be empty, an empty line and its content.
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, BodyError> {
        let mut part = Self::default();
        let mut lines = Lines::new(text);
        loop {
            match lines.next_header() {
                Ok(Some(line)) => {
                    let (name, _, value) = split_header(line).ok_or(BodyError::Part)?;
                    part.note(name, value);
                }
                Ok(None) => return Ok(Self { content: lines.rest(), ..part }),
                // It has a head and nothing else, and its last line end belongs to the boundary.
                Err(HeadError::NoEnd) => {
                    if let Some((name, _, value)) = split_header(lines.rest()) {
                        part.note(name, value);
                    }
                    return Ok(part);
                }
                Err(HeadError::LoneCr) => return Err(BodyError::Part),
            }
        }
    }

    fn note(&mut self, name: HeaderName, value: &'a [u8]) {
        if name == HeaderName::ContentType {
            self.content_type = value;
        } else if name == HeaderName::ContentDisposition {
            self.disposition = Some(value);
        } else if name == HeaderName::ContentEncoding || name == HeaderName::ContentTransferEncoding {
            let plain: [&[u8]; 4] = [b"identity", b"binary", b"8bit", b"7bit"];
            self.is_encoded |= !plain.iter().any(|plain| value.eq_ignore_ascii_case(plain));
        }
    }

    pub(super) fn kind(&self) -> Kind<'a> {
        let (media_type, params) = split_unquoted(self.content_type, b';');
        let (media_type, params) = (trim(media_type), Params::new(params.unwrap_or_default()));
        if self.is_encoded {
            Kind::Other
        } else if media_type.eq_ignore_ascii_case(b"application/sdp") {
            let is_session = self.disposition_type().is_none_or(|kind| kind.eq_ignore_ascii_case(b"session"));
            if is_session { Kind::Session } else { Kind::Other }
        } else if media_type.eq_ignore_ascii_case(b"multipart/alternative") {
            Kind::Alternative(params)
        } else if media_type.get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/")) {
            Kind::Mixed(params)
        } else {
            Kind::Other
        }
    }

    /// Whether nothing is lost to its sender when it is not understood.
    pub(super) fn may_be_ignored(&self) -> bool {
        let (media_type, _) = split_unquoted(self.content_type, b';');
        let is = |known: &[u8]| trim(media_type).eq_ignore_ascii_case(known);
        let handling = split_unquoted(self.disposition.unwrap_or_default(), b';').1;
        match handling.and_then(|params| Params::new(params).value("handling")) {
            _ if is(LOCATION) => true,
            Some(handling) => handling.eq_ignore_ascii_case(b"optional"),
            // What only a header speaks of matters to who understands that header (RFC 5621 §9).
            None => {
                ALONGSIDE.into_iter().any(is)
                    || self.disposition_type().is_some_and(|kind| kind.eq_ignore_ascii_case(b"by-reference"))
            }
        }
    }

    fn disposition_type(&self) -> Option<&'a [u8]> {
        self.disposition.map(|value| trim(split_unquoted(value, b';').0))
    }
}
