//! Bytes as text that can stand in JSON and be read by people, without loss.
//!
//! SIP is UTF-8. A byte that is not is written as a character of the private use area, U+F780 to U+F7FF; so are the
//! bytes of those characters themselves.

use serde::{Deserialize, Deserializer, Serializer};

const ESCAPES: u32 = 0xF700;

pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&write(bytes))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    Ok(read(&String::deserialize(deserializer)?))
}

fn write(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let escape = |text: &mut String, bytes: &[u8]| {
        text.extend(bytes.iter().filter_map(|byte| char::from_u32(ESCAPES | u32::from(*byte))));
    };
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            match escaped(char) {
                Some(_) => escape(&mut text, char.encode_utf8(&mut [0; 4]).as_bytes()),
                None => text.push(char),
            }
        }
        escape(&mut text, chunk.invalid());
    }
    text
}

fn read(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for char in text.chars() {
        match escaped(char) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// The byte that a character stands for.
fn escaped(char: char) -> Option<u8> {
    u8::try_from(u32::from(char).checked_sub(ESCAPES)?).ok().filter(|byte| *byte >= 0x80)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_are_read_back_as_they_were(bytes: Vec<u8>, text: String) {
            prop_assert_eq!(read(&write(&bytes)), bytes);
            prop_assert_eq!(read(&write(text.as_bytes())), text.as_bytes());
        }
    }

    #[test]
    fn text_stays_text_and_other_bytes_are_kept_apart() {
        assert_eq!(write("Grüße\r\n".as_bytes()), "Grüße\r\n");
        assert_eq!(write(b"a\xFFb"), "a\u{F7FF}b");
        assert_eq!(read(&write("\u{F7FF}".as_bytes())), "\u{F7FF}".as_bytes());
    }
}
