//! The start line and the headers.

use std::borrow::Cow;

use super::{Content, SECRET_HEADERS, STARS, split_header};

/// What the lines so far have said.
#[derive(Default)]
pub(super) struct Head {
    has_begun: bool,
    /// The header that this line may go on with.
    last: Vec<u8>,
    content: Content,
    /// INFO carries digits, whatever it calls them.
    is_info: bool,
    /// But for the wish for a picture.
    asks_for_picture: bool,
}

impl Head {
    /// An empty line: what the body holds; `None` when the head has not begun.
    pub(super) fn end(&self) -> Option<Content> {
        let digits = self.is_info && !self.asks_for_picture;
        self.has_begun.then(|| self.content.max(if digits { Content::Digits } else { Content::Lines }))
    }

    pub(super) fn line<'a>(&mut self, line: &'a [u8]) -> Cow<'a, [u8]> {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.is_info = line.get(..5).is_some_and(|method| method.eq_ignore_ascii_case(b"INFO "));
            return without_passwords(line);
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            self.note(line);
            let is_secret = SECRET_HEADERS.contains(&self.last.as_slice());
            return if is_secret { Cow::Owned(STARS.to_vec()) } else { without_passwords(line) };
        }
        self.last.clear();
        let Some((name, value)) = split_header(line) else { return without_passwords(line) };
        self.last = name;
        self.note(value);
        if !SECRET_HEADERS.contains(&self.last.as_slice()) {
            return without_passwords(line);
        }
        // ` Digest username=...` keeps its scheme; Authentication-Info has none.
        let mut kept = line.strip_suffix(value).unwrap_or_default().to_vec();
        let scheme = value.trim_ascii_start();
        let length = scheme.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
        let scheme = scheme.get(..length).filter(|_| scheme.get(length) == Some(&b' ')).unwrap_or_default();
        if !scheme.is_empty() {
            kept.push(b' ');
            kept.extend(scheme);
        }
        kept.extend(STARS);
        Cow::Owned(kept)
    }

    /// Of several lines with a type, each counts.
    fn note(&mut self, value: &[u8]) {
        self.content = self.content.max(Content::said_by(&self.last, value));
        if matches!(self.last.as_slice(), b"content-type" | b"c") {
            let media_type = value.split(|byte| *byte == b';').next().unwrap_or_default();
            self.asks_for_picture |= media_type.trim_ascii().eq_ignore_ascii_case(b"application/media_control+xml");
        }
    }
}

/// `sip:user:password@host` has stars for the password (RFC 3261 §19.1.1).
fn without_passwords(line: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(line);
    let mut from = 0;
    while let Some(at) = scheme_end(line, from) {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"<>\"@".contains(byte);
        let rest = line.get(at..).unwrap_or_default();
        let Some(end) = rest.iter().position(ends) else { break };
        // What begins before the end also ends there.
        from = at + end;
        let user = rest.get(..end).filter(|_| rest.get(end) == Some(&b'@')).unwrap_or_default();
        if let Some(colon) = user.iter().position(|byte| *byte == b':') {
            out.to_mut().get_mut(at + colon + 1..at + end).unwrap_or_default().fill(b'*');
        }
    }
    out
}

const SIPS: &[u8] = b"sips";

/// Behind the next `sip:` or `sips:`.
fn scheme_end(line: &[u8], from: usize) -> Option<usize> {
    let rest = line.get(from..)?;
    let is_scheme = |at: &usize| {
        let behind = rest.get(at.saturating_sub(SIPS.len())..*at).unwrap_or_default().to_ascii_lowercase();
        behind.ends_with(b"sip") || behind == SIPS
    };
    let mut colons = rest.iter().enumerate().filter(|(_, byte)| **byte == b':').map(|(at, _)| at);
    colons.find(is_scheme).map(|at| from + at + 1)
}
