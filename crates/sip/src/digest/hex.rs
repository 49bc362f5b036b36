//! Hexadecimal text: written in lower case, read in any.

/// The digit for the low four bits of `bits`.
pub(crate) fn digit(bits: u8) -> u8 {
    match bits & 15 {
        low @ 0..=9 => b'0' + low,
        low => b'a' + low - 10,
    }
}

/// `bytes` as text; `M` must be twice `N`.
pub(crate) fn encode<const N: usize, const M: usize>(bytes: [u8; N]) -> [u8; M] {
    const { assert!(M == 2 * N) };
    let mut text = [0; M];
    for (pair, byte) in text.as_chunks_mut().0.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte)];
    }
    text
}

/// The bytes that `text` stands for; `None` unless it is exactly `2 * N` digits.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_chunks();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_written_in_lower_case_and_read_in_any() {
        assert_eq!(encode::<4, 8>([0x00, 0x9a, 0xbc, 0xff]), *b"009abcff");
        assert_eq!(decode(b"009aBCff"), Some([0x00, 0x9a, 0xbc, 0xff]));
    }

    #[test]
    fn text_of_another_length_or_with_other_bytes_is_refused() {
        for bad in [&b""[..], b"0", b"00112", b"001122", b"00g1", b"+1 1"] {
            assert_eq!(decode::<2>(bad), None);
        }
    }
}
