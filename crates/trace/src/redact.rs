//! Takes the secrets out of a message, and changes nothing else.
//!
//! Responses to challenges, keys in session descriptions (RFC 4568, RFC 8839) and digits that were dialled in the call
//! are gone. A body keeps its length, so that Content-Length stays true. Works on anything, also on what is no message.

use std::borrow::Cow;

/// Headers whose value is a secret but for its first word, the scheme.
const SECRET_HEADERS: [&[u8]; 3] = [b"authorization", b"proxy-authorization", b"authentication-info"];
/// Lines of a session description, and how much of each is no secret.
const SECRET_LINES: [&[u8]; 4] = [b"a=ice-pwd:", b"a=key-mgmt:", b"k=", b"a=3gpp_sync_info:"];
/// The keys in `a=crypto` come after this.
const INLINE: &[u8] = b"inline:";
/// What is left of a value.
const STARS: &[u8] = b" ***";

/// The message without its secrets; borrowed when it has none.
#[must_use]
pub fn redact(message: &[u8]) -> Cow<'_, [u8]> {
    let mut lines = Lines { rest: message };
    let mut out: Option<Vec<u8>> = None;
    let mut part = Part::Head { secret: false, dtmf: false };
    let mut done = 0;
    while let Some((line, end)) = lines.next() {
        let new = part.line(line);
        if let Cow::Owned(new) = new {
            let out = out.get_or_insert_with(|| message.get(..done).unwrap_or_default().to_vec());
            out.extend(new);
            out.extend(end);
        } else if let Some(out) = &mut out {
            out.extend(line);
            out.extend(end);
        }
        done += line.len() + end.len();
    }
    out.map_or(Cow::Borrowed(message), Cow::Owned)
}

/// Lines with what ends them.
struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        if self.rest.is_empty() {
            return None;
        }
        let length = self.rest.iter().position(|byte| *byte == b'\n').map_or(self.rest.len(), |at| at + 1);
        let (whole, rest) = self.rest.split_at(length);
        self.rest = rest;
        let line = whole.strip_suffix(b"\n").unwrap_or(whole);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Some(whole.split_at(line.len()))
    }
}

/// Where in the message a line stands.
enum Part {
    Head {
        /// The header that this line may go on with is secret.
        secret: bool,
        /// The body is digits.
        dtmf: bool,
    },
    Body {
        dtmf: bool,
    },
}

impl Part {
    fn line<'a>(&mut self, line: &'a [u8]) -> Cow<'a, [u8]> {
        match self {
            Self::Head { dtmf, .. } if line.is_empty() => {
                *self = Self::Body { dtmf: *dtmf };
                Cow::Borrowed(line)
            }
            Self::Head { secret, dtmf } => head_line(line, secret, dtmf),
            Self::Body { dtmf: true } => Cow::Owned(without_digits(line)),
            Self::Body { dtmf: false } => body_line(line),
        }
    }
}

fn head_line<'a>(line: &'a [u8], secret: &mut bool, dtmf: &mut bool) -> Cow<'a, [u8]> {
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        return if *secret { Cow::Owned(STARS.to_vec()) } else { Cow::Borrowed(line) };
    }
    *secret = false;
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return Cow::Borrowed(line) };
    let (name, value) = line.split_at(colon);
    let name = name.trim_ascii().to_ascii_lowercase();
    if name == b"content-type" || name == b"c" {
        let value = value.to_ascii_lowercase();
        *dtmf |= value.windows(4).any(|part| part == b"dtmf");
    }
    if !SECRET_HEADERS.contains(&name.as_slice()) {
        return Cow::Borrowed(line);
    }
    *secret = true;
    // `: Digest username=...` keeps its scheme; Authentication-Info has none.
    let scheme = value.get(1..).unwrap_or_default().trim_ascii_start();
    let length = scheme.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let scheme = scheme.get(..length).filter(|_| scheme.get(length) == Some(&b' ')).unwrap_or_default();
    let mut kept = line.get(..=colon).unwrap_or_default().to_vec();
    if !scheme.is_empty() {
        kept.push(b' ');
        kept.extend(scheme);
    }
    kept.extend(STARS);
    Cow::Owned(kept)
}

fn body_line(line: &[u8]) -> Cow<'_, [u8]> {
    let lower = line.to_ascii_lowercase();
    let from = if lower.starts_with(b"a=crypto:") {
        // Each key parameter begins so; after the first everything but the session parameters is key.
        lower.windows(INLINE.len()).position(|part| part == INLINE).map(|at| at + INLINE.len())
    } else {
        SECRET_LINES.iter().find(|start| lower.starts_with(start)).map(|start| start.len())
    };
    from.map_or(Cow::Borrowed(line), |from| Cow::Owned(starred(line, from)))
}

/// The line with a star for each byte from there on.
fn starred(line: &[u8], from: usize) -> Vec<u8> {
    line.iter().enumerate().map(|(at, byte)| if at < from { *byte } else { b'*' }).collect()
}

/// `Signal=5` is `Signal=*`; a line that is only digits is stars.
fn without_digits(line: &[u8]) -> Vec<u8> {
    let name = line.iter().position(|byte| *byte == b'=').map(|at| line.split_at(at + 1).0);
    let is_duration = name.is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(b"duration="));
    if is_duration { line.to_vec() } else { starred(line, name.map_or(0, <[u8]>::len)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(message: &str) -> String {
        String::from_utf8(redact(message.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn what_answers_a_challenge_is_gone_and_its_scheme_stays() {
        let message = "REGISTER sip:a SIP/2.0\r\nauthorization : Digest username=\"1001\",\r\n response=\"abc\"\r\n\
                       Proxy-Authorization:Digest x\r\nAuthentication-Info: rspauth=\"f00\"\r\nTo: b\r\n\r\n";
        let expected = "REGISTER sip:a SIP/2.0\r\nauthorization : Digest ***\r\n ***\r\n\
                        Proxy-Authorization: Digest ***\r\nAuthentication-Info: ***\r\nTo: b\r\n\r\n";
        assert_eq!(redacted(message), expected);
    }

    #[test]
    fn keys_of_a_session_description_are_gone_and_its_length_stays() {
        let message = "INVITE sip:a SIP/2.0\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\
                       a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^20|1:32\r\na=ice-pwd:secret\r\nk=clear:x\r\n";
        let kept = redacted(message);
        assert_eq!(kept.len(), message.len());
        assert!(kept.contains("inline:*****") && kept.contains("a=ice-pwd:******\r\n"), "{kept}");
        assert!(!kept.contains("c2V") && !kept.contains("secret") && !kept.contains("clear"), "{kept}");
    }

    #[test]
    fn digits_dialled_in_a_call_are_gone() {
        let message = "INFO sip:a SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=160\r\n";
        assert!(redacted(message).ends_with("\r\n\r\nSignal=*\r\nDuration=160\r\n"));
        assert!(redacted("INFO sip:a SIP/2.0\nc: application/dtmf\n\n5").ends_with("\n\n*"));
    }

    #[test]
    fn a_message_without_secrets_is_not_copied() {
        let message = b"OPTIONS sip:a SIP/2.0\r\nSubject: authorization\r\n\r\n";
        assert!(matches!(redact(message), Cow::Borrowed(kept) if kept == message));
        assert!(matches!(redact(b""), Cow::Borrowed(b"")));
    }
}
