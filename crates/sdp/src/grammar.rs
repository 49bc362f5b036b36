//! The lexical rules of RFC 8866 §9 on bytes: words, numbers, lists of parameters.

/// The words of a line, between spaces and tabs.
pub(crate) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    text.split(|&b| b == b' ' || b == b'\t').filter(|word| !word.is_empty())
}

/// `text` cut in two at the first `separator`, which is dropped.
pub(crate) fn split(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(separator, text) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

/// The first word of `text` and what follows it, trimmed.
pub(crate) fn take_word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii();
    let end = text.iter().position(|&b| b == b' ' || b == b'\t').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_ascii())
}

/// The number that `text` is, digits only; `None` when it exceeds 64 bits.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |value, &b| {
        let digit = b.is_ascii_digit().then(|| u64::from(b - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// The number that `text` is, if `T` can hold it.
pub(crate) fn small<T: TryFrom<u64>>(text: &[u8]) -> Option<T> {
    T::try_from(number(text)?).ok()
}

/// Whether `text` is a `token` (RFC 8866 §9): at least one byte, no separator.
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| b.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]".contains(&b))
}

/// Appends decimal digits.
pub(crate) fn push_number(value: impl Into<u64>, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut rest = value.into();
    let mut used = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_separated_by_any_number_of_spaces_and_tabs() {
        assert_eq!(words(b" a  b\tc ").collect::<Vec<_>>(), [b"a", b"b", b"c"]);
        assert_eq!(words(b"  ").count(), 0);
        assert_eq!(take_word(b" 97  mode=20; x=1 "), (&b"97"[..], &b"mode=20; x=1"[..]));
    }

    #[test]
    fn numbers_are_digits_within_their_type() {
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(number(b"18446744073709551616"), None);
        assert_eq!(small::<u8>(b"255"), Some(255));
        assert_eq!(small::<u8>(b"256"), None);
        assert_eq!(small::<u8>(b"-1"), None);
        assert_eq!(small::<u8>(b""), None);
    }

    #[test]
    fn numbers_print_as_decimal_digits() {
        let printed = |value: u64| {
            let mut out = Vec::new();
            push_number(value, &mut out);
            out
        };
        assert_eq!(printed(0), b"0");
        assert_eq!(printed(49170), b"49170");
        assert_eq!(printed(u64::MAX), b"18446744073709551615");
    }
}
