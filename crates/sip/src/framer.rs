//! Cutting a TCP or TLS stream into messages and keep-alives.
//!
//! A datagram or a WebSocket message needs none of this: it is one message, to be given to [`Message::parse`] whole.

use bytes::{Buf, Bytes, BytesMut};

use crate::header::HeaderName;
use crate::message::{Defect, MAX_MESSAGE, Malformed, Message, content_length, head_end};

/// The longest head taken from a stream, in **bytes**, empty line included.
pub const MAX_HEAD: usize = 16 * 1024;

/// An idle connection keeps no larger buffer than this many bytes.
const IDLE_CAPACITY: usize = 4 * 1024;

/// One thing that came over a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The second of two empty lines between messages: a ping, to be answered with one CRLF (RFC 5626 §4.4.1).
    KeepAlive,
    /// An empty line between messages: the answer to our ping, or the first half of theirs. Needs no answer.
    Pong,
    /// Exactly one message with its body, for [`Message::parse`].
    Message(Bytes),
}

/// Why the place where the next message begins is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingErrorKind {
    /// A stream needs it (RFC 3261 §18.3).
    #[error("no Content-Length")]
    NoLength,
    /// It is no number or stands twice, or the head cannot be cut into lines.
    #[error("no usable Content-Length")]
    BadLength,
    /// No empty line within [`MAX_HEAD`] bytes.
    #[error("header without end")]
    HeadTooLong,
    /// More than [`MAX_MESSAGE`] bytes.
    #[error("message too large")]
    MessageTooLong,
}

/// What follows on the stream is lost: answer if possible, then close the connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot find the end of a message: {kind}")]
pub struct FramingError {
    /// What is wrong.
    pub kind: FramingErrorKind,
    /// The head of the message, at most [`MAX_HEAD`] bytes of it.
    pub head: Bytes,
}

impl From<&FramingError> for Malformed {
    /// The message that cannot be read; the request is there when the head is that of one that can be answered.
    fn from(error: &FramingError) -> Self {
        let defect = match error.kind {
            FramingErrorKind::NoLength => Defect::Missing(HeaderName::ContentLength),
            FramingErrorKind::BadLength => Defect::Bad(HeaderName::ContentLength),
            FramingErrorKind::HeadTooLong => Defect::NoEnd,
            FramingErrorKind::MessageTooLong => Defect::TooLarge,
        };
        let request = match Message::parse(error.head.clone()) {
            Ok(message) => message.is_answerable().then(|| Box::new(message)),
            Err(malformed) => malformed.request,
        };
        Self { defect, request }
    }
}

/// Collects what is read from one connection; call [`StreamFramer::next_frame`] until it answers `None` after each push.
///
/// Drained so, it never holds more than one message of [`MAX_MESSAGE`] bytes and one read.
#[derive(Debug, Default)]
pub struct StreamFramer {
    buffer: BytesMut,
    state: State,
}

/// What is known about the front of the buffer.
#[derive(Debug)]
enum State {
    /// Between messages; whether an empty line, not yet paired, came before.
    Between { after_empty_line: bool },
    /// Inside a head; so many bytes of it do not hold its end.
    Head { searched: usize },
    /// The message is so many bytes long.
    Body { len: usize },
    /// Nothing more can be read.
    Lost(FramingError),
}

impl Default for State {
    fn default() -> Self {
        Self::Between { after_empty_line: false }
    }
}

impl StreamFramer {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what was read; ignored once framing is lost.
    pub fn push(&mut self, bytes: &[u8]) {
        if !matches!(self.state, State::Lost(_)) {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// How many bytes of an unfinished message are held.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// The next frame; `None` when more must be read first.
    ///
    /// # Errors
    /// [`FramingError`], from then on always the same.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FramingError> {
        loop {
            match &self.state {
                State::Between { after_empty_line } => {
                    if let Some(frame) = self.take_empty_line(*after_empty_line) {
                        return Ok(Some(frame));
                    }
                    if matches!(self.state, State::Between { .. }) {
                        self.shrink();
                        return Ok(None);
                    }
                }
                State::Head { searched } => match self.measure(*searched) {
                    Ok(Some(len)) => self.state = State::Body { len },
                    Ok(None) => {
                        self.state = State::Head { searched: self.buffer.len() };
                        return Ok(None);
                    }
                    Err(error) => {
                        self.buffer = BytesMut::new();
                        self.state = State::Lost(error);
                    }
                },
                State::Body { len } => {
                    let message = self.buffer.get(..*len).map(Bytes::copy_from_slice);
                    return Ok(message.map(|message| self.finish(message)));
                }
                State::Lost(error) => return Err(error.clone()),
            }
        }
    }

    /// Takes line ends until there is something to report, nothing left, or a message begins, which sets the state.
    fn take_empty_line(&mut self, after_empty_line: bool) -> Option<Frame> {
        loop {
            match &*self.buffer {
                [b'\r', b'\n', ..] => {
                    self.buffer.advance(2);
                    self.state = State::Between { after_empty_line: !after_empty_line };
                    return Some(if after_empty_line { Frame::KeepAlive } else { Frame::Pong });
                }
                [] | [b'\r'] => return None,
                // A stray half of a line end means nothing, here as in `Message::parse`.
                [b'\r' | b'\n', ..] => self.buffer.advance(1),
                [_, ..] => {
                    self.state = State::Head { searched: 0 };
                    return None;
                }
            }
        }
    }

    /// The length of the message in front, `None` when its head is not all there.
    fn measure(&self, searched: usize) -> Result<Option<usize>, FramingError> {
        let lost = |kind, head: Option<&[u8]>| {
            let head = Bytes::copy_from_slice(head.unwrap_or_default());
            Err(FramingError { kind, head })
        };
        let window = self.buffer.get(..MAX_HEAD).unwrap_or(&self.buffer);
        let Some(end) = head_end(window, searched) else {
            if self.buffer.len() >= MAX_HEAD {
                return lost(FramingErrorKind::HeadTooLong, Some(window));
            }
            return Ok(None);
        };
        let head = self.buffer.get(..end);
        let body = match content_length(head.unwrap_or_default()) {
            Ok(Some(length)) => length,
            Ok(None) => return lost(FramingErrorKind::NoLength, head),
            Err(_) => return lost(FramingErrorKind::BadLength, head),
        };
        match end.checked_add(body).filter(|len| *len <= MAX_MESSAGE) {
            Some(len) => Ok(Some(len)),
            None => lost(FramingErrorKind::MessageTooLong, head),
        }
    }

    /// The message is copied out, so that keeping it does not keep the read buffer.
    fn finish(&mut self, message: Bytes) -> Frame {
        self.buffer.advance(message.len());
        self.state = State::default();
        Frame::Message(message)
    }

    fn shrink(&mut self) {
        if self.buffer.is_empty() && self.buffer.capacity() > IDLE_CAPACITY {
            self.buffer = BytesMut::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: &str = "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP b;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
                           To: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n";

    fn drain(framer: &mut StreamFramer) -> Result<Vec<Frame>, FramingError> {
        let mut found = Vec::new();
        while let Some(frame) = framer.next_frame()? {
            found.push(frame);
        }
        Ok(found)
    }

    fn frames(text: &str) -> Result<Vec<Frame>, FramingError> {
        let mut framer = StreamFramer::new();
        framer.push(text.as_bytes());
        drain(&mut framer)
    }

    fn message(text: &str) -> Frame {
        Frame::Message(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn messages_in_one_read_come_out_one_by_one() {
        let (first, second) = ("A sip:a SIP/2.0\r\nl: 3\r\n\r\nabc", "SIP/2.0 200 OK\nContent-Length : 0\n\n");
        assert_eq!(frames(&format!("{first}{second}A sip:b")), Ok(vec![message(first), message(second)]));
    }

    #[test]
    fn a_message_sent_byte_by_byte_comes_out_with_its_last_byte() {
        let text = "A sip:a SIP/2.0\r\nl: 3\r\n\r\nabc";
        let mut framer = StreamFramer::new();
        for (index, byte) in text.bytes().enumerate() {
            assert_eq!(framer.next_frame(), Ok(None), "{index}");
            framer.push(&[byte]);
        }
        assert_eq!(framer.next_frame(), Ok(Some(message(text))));
        assert_eq!((framer.next_frame(), framer.pending()), (Ok(None), 0));
    }

    #[test]
    fn empty_lines_are_pongs_and_every_second_in_a_row_is_a_ping() {
        let text = "A sip:a SIP/2.0\r\nl: 0\r\n\r\n";
        let wire = format!("\r\n{text}\r\n\r\n\r\n\r\n\n\r{text}\r\n\r\n\r");
        let crlf = [Frame::Pong, Frame::KeepAlive];
        let expected = [&crlf[..1], &[message(text)], &crlf, &crlf, &[message(text)], &crlf].concat();
        assert_eq!(frames(&wire), Ok(expected));
    }

    #[test]
    fn what_cannot_be_framed_is_lost_for_good_and_can_be_answered() {
        let mut framer = StreamFramer::new();
        framer.push(format!("{OPTIONS}\r\n{OPTIONS}").as_bytes());
        let error = framer.next_frame().expect_err("no Content-Length");
        assert_eq!((error.kind, &error.head[..]), (FramingErrorKind::NoLength, format!("{OPTIONS}\r\n").as_bytes()));
        let malformed = Malformed::from(&error);
        assert_eq!(malformed.defect, Defect::Missing(HeaderName::ContentLength));
        assert_eq!(malformed.request.map(|request| request.sequence()), Some(1));
        framer.push(b"A sip:a SIP/2.0\r\nl: 0\r\n\r\n");
        assert_eq!((framer.next_frame(), framer.pending()), (Err(error), 0));
    }

    #[test]
    fn each_way_to_lose_the_stream_has_its_answer() {
        let long = "x".repeat(MAX_HEAD);
        let cases = [
            ("l: 5\r\nContent-Length: 5\r\n\r\n", FramingErrorKind::BadLength, 400),
            ("l: -1\r\n\r\n", FramingErrorKind::BadLength, 400),
            ("l: 99999999999\r\n\r\n", FramingErrorKind::BadLength, 400),
            ("l: 65535\r\n\r\n", FramingErrorKind::MessageTooLong, 513),
            ("l: 4294967295\r\n\r\n", FramingErrorKind::MessageTooLong, 513),
            (&long, FramingErrorKind::HeadTooLong, 400),
        ];
        for (tail, kind, code) in cases {
            let error = frames(&format!("{OPTIONS}{tail}")).expect_err("lost");
            assert_eq!(error.kind, kind);
            let malformed = Malformed::from(&error);
            assert_eq!(malformed.defect.status().code(), code, "{kind:?}");
            assert!(malformed.request.is_some(), "{kind:?}");
            assert!(error.head.len() <= MAX_HEAD);
        }
        let response = frames("SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP b\r\n\r\n").expect_err("lost");
        assert!(Malformed::from(&response).request.is_none(), "a response is never answered");
    }

    #[test]
    fn an_idle_connection_gives_its_buffer_back() {
        let mut framer = StreamFramer::new();
        let body = "x".repeat(60_000);
        framer.push(format!("A sip:a SIP/2.0\r\nl: 60000\r\n\r\n{body}").as_bytes());
        assert_eq!(drain(&mut framer).map(|frames| frames.len()), Ok(1));
        assert!(framer.buffer.capacity() <= IDLE_CAPACITY);
    }
}
