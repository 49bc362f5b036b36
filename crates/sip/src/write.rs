//! Writing messages: start line first, then headers in the order given, then the body.

use bytes::Bytes;

use crate::header::HeaderName;
use crate::method::Method;
use crate::print::Print;
use crate::status::Status;

/// Header lines in the making, each ending with CRLF.
///
/// A value can never begin a new line: carriage returns and line feeds in it become spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    text: Vec<u8>,
}

impl Headers {
    /// No header yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No header yet, with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { text: Vec::with_capacity(capacity) }
    }

    /// Adds `name: value`.
    pub fn add(&mut self, name: HeaderName, value: &[u8]) -> &mut Self {
        self.add_with(name, |out| out.extend_from_slice(value))
    }

    /// Adds a value that prints itself.
    pub fn add_value(&mut self, name: HeaderName, value: &impl Print) -> &mut Self {
        self.add_with(name, |out| value.print(out))
    }

    /// Adds a header whose value `write` appends.
    pub fn add_with(&mut self, name: HeaderName, write: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        self.add_other(name.text(), write)
    }

    /// Adds a header that [`HeaderName`] does not know; `name` must be a token.
    pub fn add_other(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b": ");
        let start = self.text.len();
        write(&mut self.text);
        keep_on_one_line(self.text.get_mut(start..).unwrap_or_default());
        self.text.extend_from_slice(b"\r\n");
        self
    }

    /// Adds all lines of `others` behind these.
    pub fn append(&mut self, others: &Headers) -> &mut Self {
        self.text.extend_from_slice(&others.text);
        self
    }

    /// The lines.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}

fn keep_on_one_line(value: &mut [u8]) {
    if memchr::memchr2(b'\r', b'\n', value).is_some() {
        for byte in value.iter_mut().filter(|byte| matches!(**byte, b'\r' | b'\n')) {
            *byte = b' ';
        }
    }
}

/// A body with its media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Such as `application/sdp`.
    pub content_type: &'static str,
    /// The bytes behind the empty line.
    pub content: Bytes,
}

impl Body {
    /// A session description.
    #[must_use]
    pub fn sdp(content: impl Into<Bytes>) -> Self {
        Self { content_type: "application/sdp", content: content.into() }
    }
}

/// Begins a request.
pub(crate) fn request_line(method: Method, uri: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(method.name().as_bytes());
    out.push(b' ');
    out.extend_from_slice(uri);
    out.extend_from_slice(b" SIP/2.0\r\n");
}

/// Begins a response.
pub(crate) fn status_line(status: Status, reason: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"SIP/2.0 ");
    u32::from(status.code()).print(out);
    out.push(b' ');
    out.extend_from_slice(reason.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Ends the header and adds the body; Content-Length is always written.
pub(crate) fn finish(body: Option<&Body>, out: &mut Vec<u8>) {
    let content: &[u8] = match body {
        Some(body) => {
            out.extend_from_slice(b"Content-Type: ");
            out.extend_from_slice(body.content_type.as_bytes());
            out.extend_from_slice(b"\r\n");
            &body.content
        }
        None => b"",
    };
    out.extend_from_slice(b"Content-Length: ");
    u32::try_from(content.len()).unwrap_or(u32::MAX).print(out);
    out.extend_from_slice(b"\r\n\r\n");
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_begin_a_new_header() {
        let mut headers = Headers::new();
        headers.add(HeaderName::Subject, b"hello\r\nRoute: <sip:evil>").add_value(HeaderName::Expires, &60u32);
        assert_eq!(headers.text(), b"Subject: hello  Route: <sip:evil>\r\nExpires: 60\r\n");
    }

    #[test]
    fn content_length_is_that_of_the_body() {
        let mut out = Vec::new();
        finish(Some(&Body::sdp("v=0\r\n")), &mut out);
        assert_eq!(out, b"Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n");
    }
}
