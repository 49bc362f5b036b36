//! Percent escapes of URIs (RFC 3261 §19.1.2).

use std::borrow::Cow;

/// `text` with each `%41` replaced by its byte; an escape that is no escape stays as it is.
#[must_use]
pub fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'%') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, after @ ..]) if let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) => {
                out.push(high << 4 | low);
                after
            }
            _ => {
                out.push(*first);
                tail
            }
        };
    }
    Cow::Owned(out)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Appends `text` as a user part: what may not stand there is escaped.
pub fn print_escaped_user(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
            out.push(byte);
        } else {
            let [high, low] = [byte >> 4, byte & 15].map(|digit| b"0123456789ABCDEF".get(usize::from(digit)));
            out.push(b'%');
            out.extend(high.into_iter().chain(low));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_broken_ones_kept() {
        assert_eq!(&*unescape(b"%66%75n%20"), b"fun ");
        assert_eq!(&*unescape(b"100%"), b"100%");
        assert_eq!(&*unescape(b"%4"), b"%4");
        assert_eq!(&*unescape(b"%zz%00"), b"%zz\0");
    }

    #[test]
    fn an_escaped_user_part_reads_back() {
        let user = b"a b@c:#%\r\n\xff";
        let mut out = Vec::new();
        print_escaped_user(user, &mut out);
        assert_eq!(out, b"a%20b%40c%3A%23%25%0D%0A%FF");
        assert_eq!(&*unescape(&out), user);
    }
}
