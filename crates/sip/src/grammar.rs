//! The lexical rules of RFC 3261 §25.1 on bytes: tokens, white space, quoted strings, lists and parameters.
//!
//! Header values are bytes, not `str`: display names may hold any UTF-8, and broken phones send worse.

use memchr::{memchr, memchr2, memchr3};

const TOKEN: u8 = 1;
const SPACE: u8 = 2;

const CLASSES: [u8; 256] = classes();

#[expect(clippy::indexing_slicing, reason = "a const fn has no iterators; every index is below 256")]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut b: u8 = 0;
    while b < 128 {
        if b.is_ascii_alphanumeric()
            || matches!(b, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
        {
            table[b as usize] |= TOKEN;
        }
        if matches!(b, b' ' | b'\t' | b'\r' | b'\n') {
            table[b as usize] |= SPACE;
        }
        b += 1;
    }
    table
}

#[inline]
#[expect(clippy::indexing_slicing, reason = "a byte cannot exceed the table")]
fn class(byte: u8) -> u8 {
    CLASSES[byte as usize]
}

/// Whether `byte` may stand in a `token`.
#[inline]
#[must_use]
pub fn is_token_byte(byte: u8) -> bool {
    class(byte) & TOKEN != 0
}

/// Whether `text` is a `token`: at least one byte, all of them token bytes.
#[must_use]
pub fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| is_token_byte(b))
}

/// White space as a header value may hold it: a fold (CRLF and space) counts.
#[inline]
#[must_use]
pub fn is_space(byte: u8) -> bool {
    class(byte) & SPACE != 0
}

/// `text` without white space at its ends.
#[inline]
#[must_use]
pub fn trim(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let [first, tail @ ..] = rest
        && is_space(*first)
    {
        rest = tail;
    }
    while let [head @ .., last] = rest
        && is_space(*last)
    {
        rest = head;
    }
    rest
}

/// The token that `text` begins with, and what follows it.
#[must_use]
pub fn take_token(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|&b| !is_token_byte(b)).unwrap_or(text.len());
    text.split_at(end)
}

/// The number that `text` is, digits only.
///
/// `None` when it is empty, holds anything else, or exceeds `u32`.
#[must_use]
pub fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u32, |value, &b| {
        let digit = b.is_ascii_digit().then(|| u32::from(b - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// A count of seconds (`delta-seconds`); a value beyond 32 bits means as long as possible.
#[must_use]
pub fn seconds(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(number(text).unwrap_or(u32::MAX))
}

/// The length of the quoted string that `text` begins with, both quotes counted.
///
/// `None` when it does not begin with a quote or the closing one is missing.
#[must_use]
pub fn quoted_len(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Where `wanted` first stands outside quoted strings and, if `angles`, outside `<…>`.
///
/// Reads no further than that, so walking over a list costs no more than its length.
#[must_use]
pub fn find_outside_quotes(text: &[u8], wanted: u8, angles: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let found = if angles { memchr3(wanted, b'"', b'<', rest)? } else { memchr2(wanted, b'"', rest)? };
        let here = rest.get(found..)?;
        at += found;
        match here.first()? {
            b if *b == wanted => return Some(at),
            b'"' => at += quoted_len(here)?,
            _ => at += memchr(b'>', here)? + 1,
        }
    }
}

/// `text` cut in two at the first `separator` outside quotes, the separator dropped.
#[must_use]
pub fn split_unquoted(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match find_outside_quotes(text, separator, false) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

/// The members of a comma-separated header value, trimmed; commas in quotes and in `<…>` do not separate.
#[derive(Clone, Debug)]
pub struct Commas<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Commas<'a> {
    /// Walks over `value`; an empty value has one empty member.
    #[must_use]
    pub fn new(value: &'a [u8]) -> Self {
        Self { rest: Some(value) }
    }
}

impl<'a> Iterator for Commas<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest?;
        let at = find_outside_quotes(text, b',', true);
        self.rest = at.and_then(|at| text.get(at + 1..));
        Some(trim(text.get(..at.unwrap_or(text.len())).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_trimmed_folds_included() {
        assert_eq!(trim(b" \t\r\n a b \r\n\t"), b"a b");
        assert_eq!(trim(b"   "), b"");
    }

    #[test]
    fn a_number_beyond_32_bits_is_none_and_seconds_are_as_long_as_possible() {
        assert_eq!(number(b"4294967295"), Some(u32::MAX));
        assert_eq!(number(b"4294967296"), None);
        assert_eq!(number(b"-1"), None);
        assert_eq!(number(b""), None);
        assert_eq!(seconds(b"99999999999999"), Some(u32::MAX));
    }

    #[test]
    fn a_quoted_string_ends_at_its_unescaped_quote() {
        assert_eq!(quoted_len(br#""a\"b" c"#), Some(6));
        assert_eq!(quoted_len(br#""a\""#), None);
        assert_eq!(quoted_len(br#""a\"#), None);
        assert_eq!(quoted_len(b"a"), None);
    }

    #[test]
    fn commas_in_quotes_and_angle_brackets_do_not_separate() {
        let members: Vec<_> = Commas::new(br#""a, b" <sip:c,d@e>;x=1 , <sip:f@g>,"#).collect();
        assert_eq!(members, [&br#""a, b" <sip:c,d@e>;x=1"#[..], b"<sip:f@g>", b""]);
    }
}
