//! SIP messages, read in place: an index of header fields over the bytes as they came.

mod defect;
mod lines;
mod parse;
mod require;

pub use defect::{Defect, Malformed};
pub use lines::{HeadError, call_id, content_length, head_end};
pub(crate) use lines::{Lines, split_header};

use bytes::Bytes;
use smallvec::SmallVec;

use crate::grammar::{Commas, seconds};
use crate::header::{HeaderError, HeaderName, NameAddr, Via};
use crate::method::Method;
use crate::status::Status;
use crate::uri::{Uri, UriError};

/// The largest message taken, in **bytes**: what fits one UDP datagram, on streams as well.
pub const MAX_MESSAGE: usize = 65_535;

/// The most header lines a message may have.
pub const MAX_FIELDS: usize = 250;

/// A stretch of the message's bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u16,
    len: u16,
}

impl Span {
    /// Where `part` lies in `whole`; it must be a piece of it.
    #[expect(clippy::cast_possible_truncation, reason = "messages are at most 65535 bytes, checked before parsing")]
    fn of(part: &[u8], whole: &[u8]) -> Self {
        let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
        Self { start: start as u16, len: part.len() as u16 }
    }

    fn text(self, whole: &[u8]) -> &[u8] {
        let start = usize::from(self.start);
        whole.get(start..start + usize::from(self.len)).unwrap_or_default()
    }
}

/// One header line.
#[derive(Clone, Copy, Debug)]
struct Field {
    name: HeaderName,
    spelling_len: u8,
    spelling_start: u16,
    value: Span,
}

#[derive(Clone, Copy, Debug)]
enum Start {
    Request { method: Method, name: Span, uri: Span },
    Response { status: Status, reason: Span },
}

/// What matching to transactions and dialogs needs, found while parsing.
#[derive(Clone, Copy, Debug, Default)]
struct Essentials {
    branch: Span,
    sent_by: Span,
    call_id: Span,
    from_tag: Span,
    to_tag: Span,
    sequence: u32,
    method: Option<Method>,
}

/// A request or response whose framing, Via, CSeq, Call-ID, From and To are sound.
///
/// Everything else is looked at when asked for.
#[derive(Clone, Debug)]
pub struct Message {
    bytes: Bytes,
    start: Start,
    fields: SmallVec<[Field; 24]>,
    /// Index into `fields` of the first of each name; [`NO_FIELD`] when there is none.
    first: [u8; HeaderName::COUNT],
    /// A bit for each name that stands in more than one field.
    repeated: u128,
    essentials: Essentials,
    body: Span,
}

const NO_FIELD: u8 = u8::MAX;

const _: () = assert!(HeaderName::COUNT <= u128::BITS as usize, "`repeated` has a bit for each name");

impl Message {
    /// The message as it came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether it is a request.
    #[must_use]
    pub fn is_request(&self) -> bool {
        matches!(self.start, Start::Request { .. })
    }

    /// The request's method; for a response the one that its CSeq names.
    #[must_use]
    pub fn method(&self) -> Method {
        match self.start {
            Start::Request { method, .. } => method,
            Start::Response { .. } => self.essentials.method.unwrap_or(Method::Other),
        }
    }

    /// The method's name as written.
    #[must_use]
    pub fn method_name(&self) -> &[u8] {
        match self.start {
            Start::Request { name, .. } => name.text(&self.bytes),
            Start::Response { .. } => self.method().name().as_bytes(),
        }
    }

    /// The Request-URI's text; empty for a response.
    #[must_use]
    pub fn request_uri_text(&self) -> &[u8] {
        match self.start {
            Start::Request { uri, .. } => uri.text(&self.bytes),
            Start::Response { .. } => b"",
        }
    }

    /// The Request-URI.
    ///
    /// # Errors
    /// As [`Uri::parse`]; a SIP URI with headers is refused too (RFC 3261 §19.1.1).
    pub fn request_uri(&self) -> Result<Uri<'_>, UriError> {
        let uri = Uri::parse(self.request_uri_text())?;
        match uri.as_sip() {
            Some(sip) if !sip.headers.is_empty() => Err(UriError::Parameter),
            Some(_) | None => Ok(uri),
        }
    }

    /// A response's status; `None` for a request.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        match self.start {
            Start::Request { .. } => None,
            Start::Response { status, .. } => Some(status),
        }
    }

    /// A response's reason phrase; empty for a request.
    #[must_use]
    pub fn reason(&self) -> &[u8] {
        match self.start {
            Start::Request { .. } => b"",
            Start::Response { reason, .. } => reason.text(&self.bytes),
        }
    }

    /// The value of the first `name` header, trimmed; folds inside are kept.
    #[must_use]
    pub fn header(&self, name: HeaderName) -> Option<&[u8]> {
        let index = *self.first.get(name as usize)?;
        Some(self.fields.get(usize::from(index))?.value.text(&self.bytes))
    }

    /// The values of all `name` headers, a line each.
    pub fn headers(&self, name: HeaderName) -> impl Iterator<Item = &[u8]> {
        let from = self.first.get(name as usize).copied().unwrap_or(NO_FIELD);
        let fields = self.fields.get(usize::from(from)..).unwrap_or_default();
        fields.iter().filter(move |field| field.name == name).map(|field| field.value.text(&self.bytes))
    }

    /// The members of all `name` headers, those separated by commas apart.
    pub fn members(&self, name: HeaderName) -> impl Iterator<Item = &[u8]> {
        self.headers(name).flat_map(Commas::new)
    }

    /// All header lines in order: name, its spelling, value.
    pub fn fields(&self) -> impl Iterator<Item = (HeaderName, &[u8], &[u8])> {
        self.fields.iter().map(|field| {
            let spelling = Span { start: field.spelling_start, len: u16::from(field.spelling_len) };
            (field.name, spelling.text(&self.bytes), field.value.text(&self.bytes))
        })
    }

    /// The value of the first header with this name that Warden does not know, such as `X-Twilio-CallSid`.
    #[must_use]
    pub fn other_header(&self, name: &str) -> Option<&[u8]> {
        self.fields().find(|(_, spelling, _)| spelling.eq_ignore_ascii_case(name.as_bytes())).map(|(_, _, value)| value)
    }

    /// The topmost Via.
    ///
    /// # Errors
    /// None for a message that parsed; kept for the one inside [`Malformed`].
    pub fn via(&self) -> Result<Via<'_>, HeaderError> {
        Via::parse(self.members(HeaderName::Via).next().unwrap_or_default())
    }

    /// The From address.
    ///
    /// # Errors
    /// None for a message that parsed; kept for the one inside [`Malformed`].
    pub fn from(&self) -> Result<NameAddr<'_>, HeaderError> {
        NameAddr::parse(self.header(HeaderName::From).unwrap_or_default())
    }

    /// The To address.
    ///
    /// # Errors
    /// None for a message that parsed; kept for the one inside [`Malformed`].
    pub fn to(&self) -> Result<NameAddr<'_>, HeaderError> {
        NameAddr::parse(self.header(HeaderName::To).unwrap_or_default())
    }

    /// The topmost Via's branch, when it is a unique one by RFC 3261.
    #[must_use]
    pub fn branch(&self) -> Option<&[u8]> {
        Some(self.essentials.branch.text(&self.bytes)).filter(|branch| !branch.is_empty())
    }

    /// The text of the topmost Via's `host:port`.
    #[must_use]
    pub fn sent_by(&self) -> &[u8] {
        self.essentials.sent_by.text(&self.bytes)
    }

    /// The Call-ID.
    #[must_use]
    pub fn call_id(&self) -> &[u8] {
        self.essentials.call_id.text(&self.bytes)
    }

    /// The tag of From; empty when an old client sent none.
    #[must_use]
    pub fn from_tag(&self) -> &[u8] {
        self.essentials.from_tag.text(&self.bytes)
    }

    /// The tag of To; `None` in a request outside a dialog.
    #[must_use]
    pub fn to_tag(&self) -> Option<&[u8]> {
        Some(self.essentials.to_tag.text(&self.bytes)).filter(|tag| !tag.is_empty())
    }

    /// The CSeq number.
    #[must_use]
    pub fn sequence(&self) -> u32 {
        self.essentials.sequence
    }

    /// `Max-Forwards`; 70 when it is absent (RFC 3261 §16.3).
    ///
    /// # Errors
    /// [`HeaderError::Number`] unless it is a number below 256.
    pub fn max_forwards(&self) -> Result<u8, HeaderError> {
        match self.header(HeaderName::MaxForwards) {
            None => Ok(70),
            Some(value) => {
                crate::grammar::number(value).and_then(|hops| u8::try_from(hops).ok()).ok_or(HeaderError::Number)
            }
        }
    }

    /// `Expires` in **seconds**; `None` when it is absent or malformed (RFC 3261 §10.2.1.1).
    #[must_use]
    pub fn expires_s(&self) -> Option<u32> {
        seconds(self.header(HeaderName::Expires)?)
    }

    /// `Min-Expires` in **seconds**; `None` when it is absent or malformed.
    #[must_use]
    pub fn min_expires_s(&self) -> Option<u32> {
        seconds(self.header(HeaderName::MinExpires)?)
    }

    /// `Retry-After` in **seconds**, without its comment and parameters; `None` when it is absent or malformed.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u32> {
        let value = self.header(HeaderName::RetryAfter)?;
        seconds(value.split(|b| !b.is_ascii_digit()).next()?)
    }

    /// Whether `option` is among the tags of a `Supported` header.
    #[must_use]
    pub fn supports(&self, option: &str) -> bool {
        self.members(HeaderName::Supported).any(|tag| tag.eq_ignore_ascii_case(option.as_bytes()))
    }

    /// Whether `option` is among the tags of a `Require` header.
    #[must_use]
    pub fn requires(&self, option: &str) -> bool {
        self.members(HeaderName::Require).any(|tag| tag.eq_ignore_ascii_case(option.as_bytes()))
    }

    /// What follows the empty line, as long as Content-Length says.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body.text(&self.bytes)
    }

    /// The body as a piece of the message that may be kept.
    #[must_use]
    pub fn body_bytes(&self) -> Bytes {
        self.bytes.slice_ref(self.body())
    }

    /// Whether the body's media type is `expected`, such as `application/sdp`; parameters do not matter.
    #[must_use]
    pub fn has_content_type(&self, expected: &str) -> bool {
        let value = self.header(HeaderName::ContentType).unwrap_or_default();
        let (media_type, _) = crate::grammar::split_unquoted(value, b';');
        crate::grammar::trim(media_type).eq_ignore_ascii_case(expected.as_bytes())
    }
}
