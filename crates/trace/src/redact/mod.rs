//! Takes the secrets out of a message, and changes nothing else.
//!
//! Responses to challenges, passwords in URIs, keys in session descriptions (RFC 4568, RFC 8839) and digits that were
//! dialled in the call are gone. A body keeps its length, so that Content-Length stays true. Works on anything, also on what
//! is no message: in doubt it takes out too much.

mod body;
mod head;

use std::borrow::Cow;

use body::Body;
use head::Head;

/// What is left of a value in the head.
const STARS: &[u8] = b" ***";

/// Headers whose value is a secret but for its first word, the scheme.
const SECRET_HEADERS: [&[u8]; 4] =
    [b"authorization", b"proxy-authorization", b"authentication-info", b"proxy-authentication-info"];

/// The message without its secrets; borrowed when it has none.
#[must_use]
pub fn redact(message: &[u8]) -> Cow<'_, [u8]> {
    let mut lines = Lines { rest: message };
    let mut out: Option<Vec<u8>> = None;
    let mut part = Part::Head(Head::default());
    let mut done = 0;
    while let Some((line, end)) = lines.next() {
        let new = part.line(line);
        if let Cow::Owned(new) = new {
            let out = out.get_or_insert_with(|| message.get(..done).unwrap_or_default().to_vec());
            out.extend(new);
            out.extend(end);
        } else if let Some(out) = &mut out {
            out.extend(line);
            out.extend(end);
        }
        done += line.len() + end.len();
    }
    out.map_or(Cow::Borrowed(message), Cow::Owned)
}

/// Lines with what ends them.
struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        if self.rest.is_empty() {
            return None;
        }
        let length = self.rest.iter().position(|byte| *byte == b'\n').map_or(self.rest.len(), |at| at + 1);
        let (whole, rest) = self.rest.split_at(length);
        self.rest = rest;
        let line = whole.strip_suffix(b"\n").unwrap_or(whole);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Some(whole.split_at(line.len()))
    }
}

/// Where in the message a line stands.
enum Part {
    Head(Head),
    Body(Body),
}

impl Part {
    fn line<'a>(&mut self, line: &'a [u8]) -> Cow<'a, [u8]> {
        match self {
            // Empty for one reader is a carriage return too many for another.
            Self::Head(head) if line.iter().all(|byte| *byte == b'\r') => {
                // Empty lines in front of a message are no end (RFC 3261 §7.5).
                if let Some(content) = head.end() {
                    *self = Self::Body(Body::new(content));
                }
                Cow::Borrowed(line)
            }
            Self::Head(head) => head.line(line),
            Self::Body(body) => body.line(line),
        }
    }
}

/// What a body, or a part of one, holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Content {
    /// Text in which secrets stand in lines of their own.
    #[default]
    Lines,
    /// Digits that were dialled.
    Digits,
    /// Written in a way that is not read here.
    Encoded,
}

impl Content {
    /// What the value of a header, or a line of it, says of the content.
    fn said_by(name: &[u8], value: &[u8]) -> Self {
        const OF_DIGITS: [&[u8]; 4] = [b"dtmf", b"digit", b"telephone-event", b"kpml"];
        const PLAIN: [&[u8]; 5] = [b"", b"identity", b"binary", b"8bit", b"7bit"];
        let value = value.trim_ascii().to_ascii_lowercase();
        let has = |word: &&[u8]| value.windows(word.len()).any(|part| part == *word);
        match name {
            b"content-type" | b"c" if OF_DIGITS.iter().any(has) => Self::Digits,
            b"content-encoding" | b"e" | b"content-transfer-encoding" if !PLAIN.contains(&value.as_slice()) => {
                Self::Encoded
            }
            _ => Self::Lines,
        }
    }
}

/// The name of the header that a line begins, in lower case, and what follows the colon.
fn split_header(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    Some((line.get(..colon)?.trim_ascii().to_ascii_lowercase(), line.get(colon + 1..)?))
}

/// The line with a star for each byte from there on.
fn starred(line: &[u8], from: usize) -> Vec<u8> {
    line.iter().enumerate().map(|(at, byte)| if at < from { *byte } else { b'*' }).collect()
}

#[cfg(test)]
mod tests;
