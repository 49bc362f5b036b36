//! Reads a description line by line.

use super::address::Address;
use super::build::{Builder, MediaWords};
use super::media::MediaKind;
use super::{Description, MAX_FORMATS, MAX_LENGTH, MAX_LINES, MAX_MEDIA};
use crate::grammar::{small, split, words};

/// Why a description was refused, and in which line, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// More than [`MAX_LENGTH`].
    #[error("description of {bytes} bytes, at most {MAX_LENGTH} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The first line is not `v=0`; this includes no line at all.
    #[error("line {line}: not v=0")]
    Version {
        /// The line.
        line: usize,
    },
    /// Not a letter, `=` and a value, or a control character in it.
    #[error("line {line}: not of the form x=value")]
    Form {
        /// The line.
        line: usize,
    },
    /// More than [`MAX_LINES`].
    #[error("line {line}: at most {MAX_LINES} lines are read")]
    TooManyLines {
        /// The line that is one too many.
        line: usize,
    },
    /// `c=` without a usable address.
    #[error("line {line}: no address in c=")]
    Connection {
        /// The line.
        line: usize,
    },
    /// `m=` without media, port and protocol.
    #[error("line {line}: m= needs media, port and protocol")]
    Media {
        /// The line.
        line: usize,
    },
    /// The port of `m=` is not a number below 65536, or its count not one above zero.
    #[error("line {line}: bad port in m=")]
    Port {
        /// The line.
        line: usize,
    },
    /// More than [`MAX_MEDIA`].
    #[error("line {line}: at most {MAX_MEDIA} media lines are read")]
    TooManyMedia {
        /// The line that is one too many.
        line: usize,
    },
    /// More than [`MAX_FORMATS`].
    #[error("line {line}: at most {MAX_FORMATS} formats of a media line are read")]
    TooManyFormats {
        /// The line.
        line: usize,
    },
    /// Live audio, but neither it nor the session has a `c=`.
    #[error("line {line}: audio without c=")]
    NoAddress {
        /// The line of the `m=`.
        line: usize,
    },
}

impl Description {
    /// Parses a description.
    ///
    /// Taken as they are: LF for CRLF, blank lines, missing `o=`, `s=` and `t=`, unknown lines and attributes, an
    /// `a=rtpmap` or `a=fmtp` that makes no sense, NULs at the end.
    ///
    /// # Errors
    /// [`ParseError`] names the line. Nothing is allocated for more than the limits of this module.
    pub fn parse(input: &[u8]) -> Result<Self, ParseError> {
        if input.len() > MAX_LENGTH {
            return Err(ParseError::TooLong { bytes: input.len() });
        }
        // A carriage return more per line where a phone sends LF only; a line has about 20 bytes.
        let mut reader = Reader {
            builder: Builder::with_capacity(input.len() + input.len() / 16 + 2, input.len() / 16 + 2),
            line: 0,
            session_has_address: false,
            homeless_audio: None,
        };
        for line in lines(input) {
            reader.line += 1;
            reader.read(without_return(line))?;
        }
        reader.finish()
    }
}

/// What [`Description::parse`] knows between two lines.
struct Reader {
    builder: Builder,
    line: usize,
    session_has_address: bool,
    /// The line of a live audio without an address of its own, so far.
    homeless_audio: Option<usize>,
}

impl Reader {
    fn read(&mut self, text: &[u8]) -> Result<(), ParseError> {
        let line = self.line;
        let (letter, value) = match text {
            [] => return Ok(()),
            [letter, b'=', value @ ..] if letter.is_ascii_alphabetic() && !has_control(value) => (*letter, value),
            _ if self.builder.line_count() == 0 => return Err(ParseError::Version { line }),
            _ => return Err(ParseError::Form { line }),
        };
        if self.builder.line_count() == 0 && (letter, value.trim_ascii()) != (b'v', b"0") {
            return Err(ParseError::Version { line });
        }
        if self.builder.line_count() == MAX_LINES {
            return Err(ParseError::TooManyLines { line });
        }
        match letter {
            b'm' => return self.read_media(value),
            b'c' => self.read_connection(value)?,
            _ => {}
        }
        self.builder.line(letter, |out| out.extend_from_slice(value));
        Ok(())
    }

    fn read_connection(&mut self, value: &[u8]) -> Result<(), ParseError> {
        Address::parse_connection(value).ok_or(ParseError::Connection { line: self.line })?;
        if self.builder.media_count() == 0 {
            self.session_has_address = true;
        } else {
            self.homeless_audio = None;
        }
        Ok(())
    }

    fn read_media(&mut self, value: &[u8]) -> Result<(), ParseError> {
        self.check_address()?;
        let line = self.line;
        if self.builder.media_count() == MAX_MEDIA {
            return Err(ParseError::TooManyMedia { line });
        }
        let mut words = words(value);
        let (Some(kind), Some(port), Some(protocol)) = (words.next(), words.next(), words.next()) else {
            return Err(ParseError::Media { line });
        };
        if words.clone().count() > MAX_FORMATS {
            return Err(ParseError::TooManyFormats { line });
        }
        let (port, port_count) = parse_port(port).ok_or(ParseError::Port { line })?;
        if MediaKind::from_text(kind) == MediaKind::Audio && port != 0 && !self.session_has_address {
            self.homeless_audio = Some(line);
        }
        self.builder.media(MediaWords { kind, port, port_count, protocol }, |out| {
            for format in words {
                out.push(b' ');
                out.extend_from_slice(format);
            }
        });
        Ok(())
    }

    fn check_address(&self) -> Result<(), ParseError> {
        self.homeless_audio.map_or(Ok(()), |line| Err(ParseError::NoAddress { line }))
    }

    fn finish(self) -> Result<Description, ParseError> {
        self.check_address()?;
        if self.builder.line_count() == 0 {
            return Err(ParseError::Version { line: 1 });
        }
        Ok(self.builder.finish())
    }
}

/// The lines of `input`, without what some devices send behind the last one: NULs.
fn lines(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = input.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
    let mut rest = input.get(..end).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let (line, after) = split(rest?, b'\n');
        rest = after;
        Some(line)
    })
}

/// A value may hold any byte but these, tabs excepted.
fn has_control(value: &[u8]) -> bool {
    value.iter().any(|&b| b < b' ' && b != b'\t')
}

/// `49170` or `49170/2`.
fn parse_port(text: &[u8]) -> Option<(u16, u16)> {
    let (port, count) = split(text, b'/');
    let count = count.map_or(Some(1), small).filter(|&count| count > 0)?;
    Some((small(port)?, count))
}

/// `line` without the carriage returns at its end.
fn without_return(line: &[u8]) -> &[u8] {
    let mut rest = line;
    while let [head @ .., b'\r'] = rest {
        rest = head;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> Option<ParseError> {
        Description::parse(text.as_bytes()).err()
    }

    #[test]
    fn an_error_names_the_line() {
        assert_eq!(error("v=0\r\n\r\nhello\r\n"), Some(ParseError::Form { line: 3 }));
        assert_eq!(error("v=0\ns=a\0b\n"), Some(ParseError::Form { line: 2 }));
        assert_eq!(error("v=0\nc=IN IP4\n"), Some(ParseError::Connection { line: 2 }));
        assert_eq!(error("v=0\nm=audio 1\n"), Some(ParseError::Media { line: 2 }));
        assert_eq!(error("v=0\nm=audio 65536 RTP/AVP 0\n"), Some(ParseError::Port { line: 2 }));
        assert_eq!(error("v=0\nm=audio 4000/0 RTP/AVP 0\n"), Some(ParseError::Port { line: 2 }));
        let text = ParseError::Port { line: 2 }.to_string();
        assert_eq!(text, "line 2: bad port in m=");
    }

    #[test]
    fn what_does_not_begin_with_the_version_is_no_description() {
        for text in ["", "\r\n", "\0\0", "hello", "s=-\n", "v=1\n", "{\"v\":0}"] {
            assert_eq!(error(text), Some(ParseError::Version { line: 1 }), "{text}");
        }
    }

    #[test]
    fn live_audio_needs_an_address() {
        let m = "m=audio 4000 RTP/AVP 0\n";
        let c = "c=IN IP4 192.0.2.1\n";
        assert_eq!(error(&format!("v=0\n{m}")), Some(ParseError::NoAddress { line: 2 }));
        assert_eq!(error(&format!("v=0\n{m}{m}{c}")), Some(ParseError::NoAddress { line: 2 }));
        assert_eq!(error(&format!("v=0\n{m}{c}{m}")), Some(ParseError::NoAddress { line: 4 }));
        assert_eq!(error(&format!("v=0\n{m}{c}{m}{c}")), None);
        assert_eq!(error(&format!("v=0\n{c}{m}")), None);
        assert_eq!(error("v=0\nm=audio 0 RTP/AVP 0\nm=video 4000 RTP/AVP 31\n"), None);
    }

    #[test]
    fn each_limit_is_kept_and_one_more_is_refused() {
        let head = "v=0\nc=IN IP4 192.0.2.1\n";
        let with = |line: &str, count: usize| format!("{head}{}", line.repeat(count));
        assert_eq!(error(&with("m=audio 1 RTP/AVP 0\n", MAX_MEDIA)), None);
        let line = MAX_MEDIA + 3;
        assert_eq!(error(&with("m=audio 1 RTP/AVP 0\n", MAX_MEDIA + 1)), Some(ParseError::TooManyMedia { line }));
        assert_eq!(error(&with("a=\n", MAX_LINES - 2)), None);
        let line = MAX_LINES + 1;
        assert_eq!(error(&with("a=\n", MAX_LINES - 1)), Some(ParseError::TooManyLines { line }));
        let formats = |count| format!("{head}m=audio 1 RTP/AVP{}\n", " 0".repeat(count));
        assert_eq!(error(&formats(MAX_FORMATS)), None);
        assert_eq!(error(&formats(MAX_FORMATS + 1)), Some(ParseError::TooManyFormats { line: 3 }));
        let long = |bytes: usize| format!("v=0\ns={}", "x".repeat(bytes - 6));
        assert_eq!(error(&long(MAX_LENGTH)), None);
        assert_eq!(error(&long(MAX_LENGTH + 1)), Some(ParseError::TooLong { bytes: MAX_LENGTH + 1 }));
    }

    #[test]
    fn every_line_is_kept_in_its_place() {
        let text = "v=0\no=x\nZ=?\ns= \nk=prompt\nm=audio  0\tRTP/AVP 0 \na=unknown:x y\nz=1\nm=x 0/2 y\na=\n\n\0";
        let printed = "v=0\r\no=x\r\nZ=?\r\ns= \r\nk=prompt\r\nm=audio 0 RTP/AVP 0\r\na=unknown:x y\r\nz=1\r\n\
            m=x 0/2 y\r\na=\r\n";
        let description = Description::parse(text.as_bytes()).expect("valid");
        assert_eq!(description.text().escape_ascii().to_string(), printed.as_bytes().escape_ascii().to_string());
        assert_eq!(Description::parse(description.text()), Ok(description));
    }
}
