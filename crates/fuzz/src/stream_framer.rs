//! Any bytes as a stream, read in pieces of any size: the frames are those of one read.

use warden_sip::framer::{Frame, FramingError, MAX_HEAD, StreamFramer};
use warden_sip::message::{MAX_MESSAGE, Malformed, Message};

// The first byte says how many of the next ones are sizes of reads; what remains after those is read at once.
/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    let Some((&count, rest)) = data.split_first() else { return };
    let (sizes, stream) = rest.split_at(usize::from(count % 32).min(rest.len()));
    let mut pieces = Vec::new();
    let mut tail = stream;
    for &size in sizes {
        let (piece, rest) = tail.split_at(usize::from(size).min(tail.len()));
        pieces.push(piece);
        tail = rest;
    }
    pieces.push(tail);
    let whole = frames(&[stream]);
    assert_eq!(frames(&pieces), whole);
    for frame in &whole.0 {
        if let Frame::Message(bytes) = frame {
            assert!(bytes.len() <= MAX_MESSAGE);
            if let Ok(message) = Message::parse(bytes.clone()) {
                assert!(bytes.ends_with(message.body()), "framer and parser agree where the message ends");
            }
        }
    }
    if let Some(error) = &whole.1 {
        assert!(error.head.len() <= MAX_HEAD);
        std::hint::black_box(Malformed::from(error));
    }
}

fn frames(pieces: &[&[u8]]) -> (Vec<Frame>, Option<FramingError>) {
    let (mut framer, mut found) = (StreamFramer::new(), Vec::new());
    for piece in pieces {
        framer.push(piece);
        loop {
            match framer.next_frame() {
                Ok(Some(frame)) => found.push(frame),
                Ok(None) => break,
                Err(error) => return (found, Some(error)),
            }
        }
        assert!(framer.pending() < MAX_MESSAGE);
    }
    (found, None)
}
