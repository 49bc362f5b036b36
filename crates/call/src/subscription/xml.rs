//! Writing XML: what comes from people and phones can never become markup.

/// Appends `text` as character data or the value of an attribute. What XML 1.0 has no place for is left out.
pub(super) fn push(text: &str, out: &mut Vec<u8>) {
    for character in text.chars() {
        match character {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '"' => out.extend_from_slice(b"&quot;"),
            '\t' | '\n' | '\r' => out.push(b' '),
            '\0'..' ' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => {}
            character => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// The same for text that may not be UTF-8.
pub(super) fn push_bytes(text: &[u8], out: &mut Vec<u8>) {
    push(&String::from_utf8_lossy(text), out);
}

/// `sip:number@host`.
pub(super) fn push_uri(number: &str, host: &str, out: &mut Vec<u8>) {
    let mut user = Vec::with_capacity(number.len());
    warden_sip::uri::print_escaped_user(number.as_bytes(), &mut user);
    out.extend_from_slice(b"sip:");
    push_bytes(&user, out);
    out.push(b'@');
    push(host, out);
}

pub(super) const HEAD: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let mut out = Vec::new();
        push("<a b=\"c\">&'\u{1}\u{fffe}\r\né", &mut out);
        assert_eq!(String::from_utf8_lossy(&out), "&lt;a b=&quot;c&quot;&gt;&amp;'  é");
        out.clear();
        push_uri("*7#&", "[2001:db8::1]:5060", &mut out);
        assert_eq!(String::from_utf8_lossy(&out), "sip:*7%23&amp;@[2001:db8::1]:5060");
    }
}
