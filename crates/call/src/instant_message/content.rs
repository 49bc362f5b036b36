//! What a MESSAGE carries, as far as it is passed on.

use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_sip::endpoint::Reply;
use warden_sip::grammar::{split_unquoted, trim};
use warden_sip::header::{HeaderName, Params};
use warden_sip::message::Message;
use warden_sip::status::Status;

use crate::directory::Extension;

/// The largest body, in **bytes**; with its headers it must fit into a datagram.
pub const MAX_BODY: usize = 8 * 1024;
/// How long a message waits for its recipient at most.
pub const MAX_AGE: Duration = Duration::from_hours(7 * 24);

/// What kinds of body there are, as they are written. Text without a character set is UTF-8 (RFC 3261 §7.4.1).
const TYPES: [&str; 5] = [PLAIN, "text/html", "message/cpim", "message/imdn+xml", "application/im-iscomposing+xml"];
const PLAIN: &str = "text/plain;charset=UTF-8";
/// Tells that somebody writes: of no use later.
const COMPOSING: &str = "application/im-iscomposing+xml";

/// A message from one extension to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstantMessage {
    /// Rises from one message to the next.
    pub id: u64,
    /// Who sent it.
    pub from: Extension,
    /// The sender does not want to be known.
    pub is_private: bool,
    /// Whom it is for.
    pub to: Extension,
    /// One of [`known_type`].
    pub content_type: &'static str,
    /// What it says; at most [`MAX_BODY`].
    pub content: Bytes,
    /// When it was sent, since the Unix epoch; `None` when nobody knows.
    pub sent_at: Option<Duration>,
    /// It is of no use after that.
    pub expires_at: Instant,
}

impl InstantMessage {
    /// Whether it is worth keeping for somebody who cannot be reached.
    pub(super) fn can_wait(&self, now: Instant) -> bool {
        self.content_type != COMPOSING && self.expires_at > now
    }
}

/// The media type as it is passed on; `None` for one that is not.
#[must_use]
pub fn known_type(value: &[u8]) -> Option<&'static str> {
    let (media_type, params) = split_unquoted(value, b';');
    let charset = Params::new(params.unwrap_or_default()).value("charset").unwrap_or(b"utf-8");
    let charset = charset.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(charset);
    let is_utf8 = [&b"utf-8"[..], b"us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known));
    let is_it = |known: &&str| {
        let (known, _) = split_unquoted(known.as_bytes(), b';');
        trim(media_type).eq_ignore_ascii_case(known)
    };
    TYPES.into_iter().find(is_it).filter(|_| is_utf8)
}

/// The body of a MESSAGE and its type.
///
/// # Errors
/// 413, or 415 with what is taken.
pub(crate) fn read(request: &Message) -> Result<(&'static str, Bytes), Box<Reply>> {
    if request.body().len() > MAX_BODY {
        return Err(Reply::new(Status::REQUEST_ENTITY_TOO_LARGE).into());
    }
    let encoding = request.header(HeaderName::ContentEncoding).unwrap_or(b"identity");
    let known = known_type(request.header(HeaderName::ContentType).unwrap_or(b"text/plain"));
    if let Some(known) = known.filter(|_| encoding.eq_ignore_ascii_case(b"identity")) {
        return Ok((known, request.body_bytes()));
    }
    let mut reply = Reply::new(Status::UNSUPPORTED_MEDIA_TYPE);
    let names = TYPES.map(|name| name.split(';').next().unwrap_or_default());
    reply.headers.add(HeaderName::Accept, names.join(", ").as_bytes());
    Err(reply.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_utf_8_and_no_other() {
        for known in ["text/plain", "Text/Plain; charset=UTF-8", "text/plain;charset=\"us-ascii\""] {
            assert_eq!(known_type(known.as_bytes()), Some(PLAIN), "{known}");
        }
        for unknown in ["text/plain;charset=iso-8859-1", "image/png", "", "text"] {
            assert_eq!(known_type(unknown.as_bytes()), None, "{unknown}");
        }
    }
}
