//! The head of a message cut into lines; shared by the parser and the stream framer.

use memchr::{memchr, memchr_iter, memchr2};

use crate::grammar::{is_token, number, trim};
use crate::header::{HeaderError, HeaderName};

/// Why a head could not be cut into header lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// A carriage return that ends no line: some programs take it for a line end and some do not.
    #[error("carriage return inside a line")]
    LoneCr,
    /// The empty line is missing.
    #[error("no empty line ends the header")]
    NoEnd,
}

/// Walks over header lines, folded lines joined with their first.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Lines<'a> {
    pub(crate) fn new(head: &'a [u8]) -> Self {
        Self { rest: head }
    }

    /// What has not been walked over.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// One line as it stands on the wire, without its end; a bare line feed is taken as an end.
    pub(crate) fn next_line(&mut self) -> Result<&'a [u8], HeadError> {
        let end = memchr2(b'\r', b'\n', self.rest).ok_or(HeadError::NoEnd)?;
        let (line, tail) = self.rest.split_at(end);
        self.rest = match tail {
            [b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..] => rest,
            [b'\r'] => return Err(HeadError::NoEnd),
            _ => return Err(HeadError::LoneCr),
        };
        Ok(line)
    }

    /// The next header with its folds; `None` at the empty line.
    #[inline]
    pub(crate) fn next_header(&mut self) -> Result<Option<&'a [u8]>, HeadError> {
        let from = self.rest;
        let mut len = self.next_line()?.len();
        if len == 0 {
            return Ok(None);
        }
        while let [b' ' | b'\t', ..] = self.rest {
            let fold_at = from.len() - self.rest.len();
            len = fold_at + self.next_line()?.len();
        }
        Ok(from.get(..len))
    }
}

/// Cuts `name : value` into the name, its spelling and the value, both trimmed; `None` when it is no header.
#[inline]
pub(crate) fn split_header(line: &[u8]) -> Option<(HeaderName, &[u8], &[u8])> {
    let colon = memchr(b':', line)?;
    let (mut spelling, value) = (line.get(..colon)?, line.get(colon + 1..)?);
    while let [head @ .., b' ' | b'\t'] = spelling {
        spelling = head;
    }
    let name = HeaderName::from_spelling(spelling);
    // The known spellings are tokens.
    (name != HeaderName::Other || is_token(spelling)).then(|| (name, spelling, trim(value)))
}

/// The Call-ID of a message, which need not be sound otherwise; `None` when there is none before the first bad line.
#[must_use]
pub fn call_id(message: &[u8]) -> Option<&[u8]> {
    let mut lines = Lines::new(message.trim_ascii_start());
    lines.next_line().ok()?;
    while let Ok(Some(line)) = lines.next_header() {
        let (name, _, value) = split_header(line)?;
        if name == HeaderName::CallId {
            return Some(value);
        }
    }
    None
}

/// The length of the head with its empty line, in a buffer that may not hold all of it yet.
///
/// `searched` bytes are known not to hold the end, so that a slow sender costs no more than a fast one.
#[must_use]
pub fn head_end(buffer: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(3);
    let window = buffer.get(from..)?;
    memchr_iter(b'\n', window).find_map(|line_feed| {
        let next = line_feed + 1;
        match window.get(next..)? {
            [b'\n', ..] => Some(from + next + 1),
            [b'\r', b'\n', ..] => Some(from + next + 2),
            _ => None,
        }
    })
}

/// The value of Content-Length in a whole head, `None` when there is none.
///
/// # Errors
/// [`HeaderError::Number`] when it is no number or stands twice, [`HeaderError::Syntax`] when the head cannot be cut into
/// lines: what follows on a stream is then lost.
pub fn content_length(head: &[u8]) -> Result<Option<usize>, HeaderError> {
    let mut lines = Lines::new(head);
    lines.next_line().map_err(|_| HeaderError::Syntax)?;
    let mut found = None;
    while let Some(line) = lines.next_header().map_err(|_| HeaderError::Syntax)? {
        let Some((name, _, value)) = split_header(line) else { continue };
        if name == HeaderName::ContentLength {
            let length = parse_length(value).filter(|_| found.is_none()).ok_or(HeaderError::Number)?;
            found = Some(length);
        }
    }
    Ok(found)
}

/// One Content-Length value.
pub(super) fn parse_length(value: &[u8]) -> Option<usize> {
    number(value).and_then(|length| usize::try_from(length).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_lines_belong_to_their_header() {
        let mut lines = Lines::new(b"To :\r\n sip:a@b\r\n ;tag=1\r\nl:0\n\r\nbody");
        assert_eq!(lines.next_header(), Ok(Some(&b"To :\r\n sip:a@b\r\n ;tag=1"[..])));
        assert_eq!(lines.next_header(), Ok(Some(&b"l:0"[..])));
        assert_eq!(lines.next_header(), Ok(None));
        assert_eq!(lines.rest(), b"body");
    }

    #[test]
    fn a_call_id_is_found_in_what_need_not_be_sound_otherwise() {
        assert_eq!(call_id(b"\r\nwhatever\r\nX: y\r\ni : a@b \r\nend"), Some(&b"a@b"[..]));
        assert_eq!(call_id(b"whatever\r\nX: y\r\n\r\nCall-ID: body\r\n"), None);
        assert_eq!(call_id(b"whatever\r\nno header\r\nCall-ID: a\r\n"), None);
        assert_eq!(call_id(b""), None);
    }

    #[test]
    fn a_carriage_return_inside_a_line_is_refused() {
        assert_eq!(Lines::new(b"a: b\rEvil: c\r\n\r\n").next_header(), Err(HeadError::LoneCr));
        assert_eq!(Lines::new(b"a: b\r").next_header(), Err(HeadError::NoEnd));
    }

    #[test]
    fn the_end_is_found_across_reads() {
        let text = b"OPTIONS sip:a SIP/2.0\r\nl: 0\r\n\r\nrest";
        for searched in 0..=text.len() - 6 {
            assert_eq!(head_end(text, searched), Some(31), "{searched}");
        }
        assert_eq!(head_end(b"a\r\n\r", 0), None);
        assert_eq!(head_end(b"a\n\nb", 0), Some(3));
    }

    #[test]
    fn line_ends_of_both_kinds_end_the_head_where_the_lines_do() {
        for text in ["a\r\n\nb", "a\n\r\nb", "a\n\nb\r\n\r\n", "a\r\n \r\n\r\nb"] {
            let mut lines = Lines::new(text.as_bytes());
            while lines.next_header().expect("lines").is_some() {}
            assert_eq!(head_end(text.as_bytes(), 0), Some(text.len() - lines.rest().len()), "{text:?}");
        }
    }

    #[test]
    fn two_lengths_or_a_bad_one_lose_the_stream() {
        assert_eq!(content_length(b"X sip:a SIP/2.0\r\nContent-Length : 5\r\n\r\n"), Ok(Some(5)));
        assert_eq!(content_length(b"X sip:a SIP/2.0\r\n\r\n"), Ok(None));
        assert!(content_length(b"X sip:a SIP/2.0\r\nl: 5\r\nContent-Length: 5\r\n\r\n").is_err());
        assert!(content_length(b"X sip:a SIP/2.0\r\nl: -5\r\n\r\n").is_err());
    }
}
