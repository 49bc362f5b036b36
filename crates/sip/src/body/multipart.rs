//! A body cut into its parts at their boundary (RFC 2046 §5.1.1).

use memchr::memchr;

use super::BodyError;
use super::part::Part;
use crate::grammar::trim;
use crate::header::Params;

/// The longest boundary, in **bytes**.
const MAX_BOUNDARY: usize = 70;

/// The parts in order. The last one may end with the text: the message is whole by its Content-Length.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    boundary: &'a [u8],
    /// From the first line of the next part on; `None` behind the last.
    rest: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    /// The parts of `text`, whose media type has these parameters.
    ///
    /// # Errors
    /// [`BodyError::Boundary`], and [`BodyError::Part`] when it does not stand in the text.
    pub(super) fn new(text: &'a [u8], params: Params<'a>) -> Result<Self, BodyError> {
        let boundary = boundary(params).ok_or(BodyError::Boundary)?;
        let (_, rest) = cut(text, boundary).ok_or(BodyError::Part)?;
        Ok(Self { boundary, rest })
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, BodyError>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest?;
        let (part, rest) = cut(text, self.boundary).unwrap_or((text, None));
        self.rest = rest;
        Some(Part::parse(part))
    }
}

fn boundary(params: Params<'_>) -> Option<&[u8]> {
    let value = params.value("boundary")?;
    let is_quoted = value.first() == Some(&b'"');
    let inner = if is_quoted { value.strip_prefix(b"\"")?.strip_suffix(b"\"")? } else { value };
    let is_sound = |byte: &u8| byte.is_ascii_graphic() && !b"\"\\".contains(byte) || is_quoted && *byte == b' ';
    let is_whole = (1..=MAX_BOUNDARY).contains(&inner.len()) && inner.last() != Some(&b' ');
    (is_whole && inner.iter().all(is_sound)).then_some(inner)
}

/// What stands before the next line with the boundary, without the line end that belongs to it, and what follows that line:
/// nothing when it is the last. `None` without such a line.
fn cut<'a>(text: &'a [u8], boundary: &[u8]) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let length = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(length);
        if let Some(tail) = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary)) {
            let before = text.get(..start).unwrap_or_default();
            let before = before.strip_suffix(b"\n").map_or(before, |line| line.strip_suffix(b"\r").unwrap_or(line));
            match trim(tail) {
                b"" => return Some((before, Some(after))),
                b"--" => return Some((before, None)),
                _ => {} // a longer boundary begins like this one
            }
        }
        start += length;
    }
    None
}
