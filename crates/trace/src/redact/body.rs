//! The body: a session description, digits, or parts of which one may be either.

use std::borrow::Cow;

use super::{Content, SECRET_HEADERS, split_header, starred};

/// Lines of a session description, and how much of each is no secret.
const SECRET_LINES: [&[u8]; 2] = [b"k=", b"a=3gpp_sync_info:"];
/// What keys come after, wherever it stands in an attribute: one may be offered within another (`a=acap:`, RFC 5939 §3.3.1).
const SECRET_WORDS: [&[u8]; 3] = [b"inline:", b"key-mgmt:", b"ice-pwd:"];
/// Keys, and how they are used.
const CRYPTO: &[u8] = b"a=crypto:";

/// What the lines so far have said.
pub(super) struct Body {
    content: Content,
    /// The same, and what lines since the last empty one have said of those after the next; never less than `content`.
    announced: Content,
    /// The header of a part that this line may go on with.
    last: Vec<u8>,
}

impl Body {
    pub(super) fn new(content: Content) -> Self {
        Self { content, announced: content, last: Vec::new() }
    }

    /// Whatever has been said of one part holds for those after it: where a part ends is not known for sure.
    pub(super) fn line<'a>(&mut self, line: &'a [u8]) -> Cow<'a, [u8]> {
        if line.is_empty() {
            self.content = self.announced;
            self.last.clear();
            return Cow::Borrowed(line);
        }
        if self.content == Content::Encoded {
            return Cow::Owned(starred(line, 0));
        }
        let is_secret = self.note(line);
        match self.announced {
            _ if is_secret => Cow::Owned(starred(line, name_length(line))),
            Content::Lines => description_line(line),
            Content::Digits | Content::Encoded if self.is_of_part_head(line) => description_line(line),
            Content::Digits => Cow::Owned(without_digits(line)),
            Content::Encoded => Cow::Owned(starred(line, 0)),
        }
    }

    /// Reads the line as if it were a header, since it may be one of a part. Whether its value is secret.
    fn note(&mut self, line: &[u8]) -> bool {
        let goes_on = line.starts_with(b" ") || line.starts_with(b"\t");
        let value = match split_header(line) {
            _ if goes_on => line,
            Some((name, value)) => {
                self.last = name;
                value
            }
            None => {
                self.last.clear();
                return false;
            }
        };
        self.announced = self.announced.max(Content::said_by(&self.last, value));
        SECRET_HEADERS.contains(&self.last.as_slice())
    }

    fn is_of_part_head(&self, line: &[u8]) -> bool {
        line.starts_with(b"--") || self.last.starts_with(b"content-") || matches!(self.last.as_slice(), b"c" | b"e")
    }
}

/// Of a header its name with the colon; nothing of a line that goes on with one.
fn name_length(line: &[u8]) -> usize {
    let goes_on = line.starts_with(b" ") || line.starts_with(b"\t");
    line.iter().position(|byte| *byte == b':').filter(|_| !goes_on).map_or(0, |at| at + 1)
}

/// A carriage return may begin a line for others.
fn description_line(line: &[u8]) -> Cow<'_, [u8]> {
    let lower = line.to_ascii_lowercase();
    let mut start = 0;
    for part in lower.split(|byte| *byte == b'\r') {
        if let Some(at) = secret_from(part) {
            return Cow::Owned(starred(line, start + at));
        }
        start += part.len() + 1;
    }
    Cow::Borrowed(line)
}

/// Where the secret of a line begins, if it has one; the line is in lower case.
fn secret_from(line: &[u8]) -> Option<usize> {
    let indent = line.len() - line.trim_ascii_start().len();
    let text = line.get(indent..)?;
    let find = |word: &&[u8]| Some(text.windows(word.len()).position(|part| part == *word)? + word.len());
    let word = text.starts_with(b"a=").then(|| SECRET_WORDS.iter().filter_map(find).min()).flatten();
    // A way to give keys that nobody knows: the tag may stay.
    let crypto = || text.starts_with(CRYPTO).then_some(CRYPTO.len());
    let whole = SECRET_LINES.iter().find(|start| text.starts_with(start)).map(|start| start.len());
    whole.or(word).or_else(crypto).map(|at| indent + at)
}

/// `Signal=5` is `Signal=*`; anything else but a duration is stars.
fn without_digits(line: &[u8]) -> Vec<u8> {
    let name = line.iter().position(|byte| *byte == b'=').map(|at| line.split_at(at + 1));
    match name {
        Some((name, value)) if name.trim_ascii().eq_ignore_ascii_case(b"duration=") && is_number(value) => {
            line.to_vec()
        }
        Some((name, _)) if name.trim_ascii().eq_ignore_ascii_case(b"signal=") => starred(line, name.len()),
        Some(_) | None => starred(line, 0),
    }
}

fn is_number(value: &[u8]) -> bool {
    value.trim_ascii().iter().all(u8::is_ascii_digit)
}
