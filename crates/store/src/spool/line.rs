//! One event in a segment: `1 0000009c 8f3a2b10 {json}` and an end of line.
//!
//! The format's number, the length of the JSON and its CRC-32, in hexadecimal. A line that was cut off by a power
//! failure, or damaged since, is recognised; the next one begins after the next end of line.

use std::time::Duration;

use warden_call::call_event::{CallEvent, CallId};

use crate::stored_event;

/// The format's digit, two numbers of 8 digits, and three blanks.
const PREFIX: usize = 20;
const FORMAT: u8 = b'1';

/// What stands at the beginning of some bytes.
#[derive(Debug, PartialEq)]
pub(super) enum Line<'a> {
    /// This JSON; the whole line has `length` bytes.
    Whole { json: &'a [u8], length: usize },
    /// A line that cannot be read, of `length` bytes.
    Damaged { length: usize },
    /// The beginning of a line.
    Partial,
}

/// Appends the line of one event.
pub(super) fn write(to: &mut Vec<u8>, call: CallId, at: Duration, event: &CallEvent) {
    let start = to.len();
    to.extend_from_slice(&[b' '; PREFIX]);
    stored_event::encode(to, call, at, event);
    if let Some((prefix, json)) = to.get_mut(start..).and_then(|line| line.split_at_mut_checked(PREFIX)) {
        let numbers = [u32::try_from(json.len()).unwrap_or(u32::MAX), crc32fast::hash(json)];
        prefix.copy_from_slice(&prefix_of(numbers));
    }
    to.push(b'\n');
}

fn prefix_of(numbers: [u32; 2]) -> [u8; PREFIX] {
    let mut prefix = [b' '; PREFIX];
    let digits = numbers.map(|number| (0..8).rev().map(move |place| hex_digit(number >> (4 * place))));
    let text = [FORMAT, b' '].into_iter();
    let [length, crc] = digits;
    let text = text.chain(length).chain([b' ']).chain(crc);
    for (to, byte) in prefix.iter_mut().zip(text) {
        *to = byte;
    }
    prefix
}

fn hex_digit(number: u32) -> u8 {
    match (number & 15) as u8 {
        digit @ 0..=9 => b'0' + digit,
        letter => b'a' + letter - 10,
    }
}

/// The line that `bytes` begin with.
pub(super) fn read(bytes: &[u8]) -> Line<'_> {
    if let Some((json, length)) = read_whole(bytes) {
        return Line::Whole { json, length };
    }
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => Line::Damaged { length: end + 1 },
        None => Line::Partial,
    }
}

fn read_whole(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (prefix, rest) = bytes.split_at_checked(PREFIX)?;
    let prefix = std::str::from_utf8(prefix).ok()?;
    let mut fields = prefix.split_ascii_whitespace();
    let (format, length, crc) = (fields.next()?, fields.next()?, fields.next()?);
    let length = usize::try_from(u32::from_str_radix(length, 16).ok()?).ok()?;
    let json = rest.get(..length)?;
    let is_good = format.as_bytes() == [FORMAT]
        && rest.get(length) == Some(&b'\n')
        && u32::from_str_radix(crc, 16).ok()? == crc32fast::hash(json);
    is_good.then_some((json, PREFIX + length + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use warden_call::directory::Side;

    use super::*;

    fn line() -> Vec<u8> {
        let mut line = Vec::new();
        write(&mut line, CallId(7), Duration::from_secs(1), &CallEvent::Held { by: Side::A });
        line
    }

    #[test]
    fn a_line_cut_off_anywhere_is_partial_and_a_changed_one_damaged() {
        let line = line();
        assert!(line.starts_with(b"1 000000"), "{}", line.escape_ascii());
        for cut in 0..line.len() {
            assert_eq!(read(&line[..cut]), Line::Partial, "{cut}");
        }
        assert_eq!(read(&line), Line::Whole { json: &line[PREFIX..line.len() - 1], length: line.len() });
        for at in 0..line.len() - 1 {
            let mut changed = line.clone();
            changed[at] ^= 1;
            assert!(!matches!(read(&changed), Line::Whole { .. }), "{at}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            if let Line::Whole { length, .. } | Line::Damaged { length } = read(&bytes) {
                prop_assert!((1..=bytes.len()).contains(&length));
            }
        }
    }
}
