//! Reading a message: start line, header lines, body. The strict checks are in `require`.

use bytes::{Buf, Bytes};
use smallvec::SmallVec;

use super::lines::{HeadError, Lines, parse_length, split_header};
use super::{Defect, Essentials, Field, MAX_FIELDS, MAX_MESSAGE, Malformed, Message, NO_FIELD, Span, Start};
use crate::grammar::{is_token, number};
use crate::header::HeaderName;
use crate::method::Method;
use crate::status::Status;

impl Message {
    /// Parses one message that `bytes` begins with; what follows the body is ignored (RFC 3261 §18.3).
    ///
    /// Without Content-Length the body is all that follows. Empty lines in front are skipped (§7.5).
    /// # Errors
    /// [`Malformed`] says what is wrong and, where it can be answered, holds what could be read.
    pub fn parse(mut bytes: Bytes) -> Result<Self, Malformed> {
        if bytes.len() > MAX_MESSAGE {
            return Err(Defect::TooLarge.into());
        }
        let empty_lines = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        // What is kept begins with the start line: whoever looks at it is not led astray.
        bytes.advance(empty_lines);
        let mut lines = Lines::new(&bytes);
        let line = lines.next_line().map_err(|_| Defect::StartLine)?;
        let (start, start_defect) = start_line(line, &bytes)?;
        let mut message = Self {
            start,
            fields: SmallVec::new(),
            first: [NO_FIELD; HeaderName::COUNT],
            repeated: 0,
            essentials: Essentials::default(),
            body: Span::default(),
            bytes: Bytes::new(),
        };
        let head_defect = message.index(&mut lines, &bytes);
        let rest = lines.rest();
        let body_defect = message.cut_body(rest, &bytes);
        message.bytes = bytes;
        let required = message.check_required();
        match start_defect.or(head_defect).or(required.err()).or(body_defect) {
            None => Ok(message),
            Some(defect) => Err(message.into_malformed(defect)),
        }
    }

    /// Notes every header line up to the empty one; goes on after a bad line, so that it can be answered.
    fn index(&mut self, lines: &mut Lines<'_>, bytes: &[u8]) -> Option<Defect> {
        let mut defect = None;
        loop {
            let line = match lines.next_header() {
                Ok(Some(line)) => line,
                Ok(None) => return defect,
                Err(HeadError::LoneCr) => return Some(Defect::HeaderLine),
                Err(HeadError::NoEnd) => return Some(Defect::NoEnd),
            };
            let Some((name, spelling, value)) = split_header(line) else {
                defect = Some(Defect::HeaderLine);
                continue;
            };
            if self.fields.len() == MAX_FIELDS {
                return Some(Defect::TooManyHeaders);
            }
            defect = defect.or(self.note(name, spelling, value, bytes));
        }
    }

    #[inline]
    fn note(&mut self, name: HeaderName, spelling: &[u8], value: &[u8], bytes: &[u8]) -> Option<Defect> {
        let Ok(spelling_len) = u8::try_from(spelling.len()) else { return Some(Defect::HeaderLine) };
        let index = u8::try_from(self.fields.len()).unwrap_or(NO_FIELD);
        if let Some(first) = self.first.get_mut(name as usize) {
            if *first == NO_FIELD {
                *first = index;
            } else {
                self.repeated |= 1 << name as u8;
            }
        }
        let spelling_start = Span::of(spelling, bytes).start;
        self.fields.push(Field { name, spelling_len, spelling_start, value: Span::of(value, bytes) });
        None
    }

    /// Takes the body by Content-Length, which may stand once.
    fn cut_body(&mut self, rest: &[u8], bytes: &[u8]) -> Option<Defect> {
        let index = self.first.get(HeaderName::ContentLength as usize).copied().unwrap_or(NO_FIELD);
        let Some(field) = self.fields.get(usize::from(index)) else {
            self.body = Span::of(rest, bytes);
            return None;
        };
        let Some(length) = parse_length(field.value.text(bytes)) else {
            return Some(Defect::Bad(HeaderName::ContentLength));
        };
        match rest.get(..length) {
            Some(body) => {
                self.body = Span::of(body, bytes);
                None
            }
            None => Some(Defect::Truncated),
        }
    }

    fn into_malformed(self, defect: Defect) -> Malformed {
        let request = self.is_answerable().then(|| Box::new(self));
        Malformed { defect, request }
    }
}

/// Reads the first line. A request line that is wrong but clearly one is kept, so that it can be answered.
fn start_line(line: &[u8], bytes: &[u8]) -> Result<(Start, Option<Defect>), Malformed> {
    if let Some(rest) = line.strip_prefix(b"SIP/2.0 ") {
        let code = rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
        let (code, reason) = rest.split_at(code);
        let status = number(code).filter(|_| code.len() == 3).and_then(Status::from_code).ok_or(Defect::StartLine)?;
        let reason = Span::of(reason.strip_prefix(b" ").unwrap_or(reason), bytes);
        return Ok((Start::Response { status, reason }, None));
    }
    let method = line.iter().position(|&b| b == b' ').ok_or(Defect::StartLine)?;
    let (method, rest) = line.split_at(method);
    let version = rest.windows(5).rposition(|window| window == b" SIP/").ok_or(Defect::StartLine)?;
    if !is_token(method) {
        return Err(Defect::StartLine.into());
    }
    let (uri, version) = rest.split_at(version);
    let uri = uri.strip_prefix(b" ").unwrap_or(uri);
    let defect = match version {
        b" SIP/2.0" if !uri.is_empty() && uri.iter().all(u8::is_ascii_graphic) => None,
        b" SIP/2.0" => Some(Defect::StartLine),
        other if other.iter().skip(5).all(|b| b.is_ascii_digit() || *b == b'.') => Some(Defect::Version),
        _ => Some(Defect::StartLine),
    };
    let request =
        Start::Request { method: Method::from_name(method), name: Span::of(method, bytes), uri: Span::of(uri, bytes) };
    Ok((request, defect))
}
