//! `tel:` URIs (RFC 3966).

use super::{UriError, parse_params};
use crate::grammar::split_unquoted;
use crate::header::Params;
use crate::print::Print;

/// A telephone number read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelUri<'a> {
    /// With its visual separators (`-`, `.`, `(`, `)`).
    pub number: &'a [u8],
    /// `;ext=`, `;phone-context=` and others.
    pub params: Params<'a>,
}

impl<'a> TelUri<'a> {
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, UriError> {
        let (number, params) = split_unquoted(text, b';');
        let tail = number.strip_prefix(b"+").unwrap_or(number);
        let is_number = tail.iter().all(|&b| b.is_ascii_hexdigit() || b"*#-.()".contains(&b));
        if !is_number || !tail.iter().any(|&b| is_digit(b)) {
            return Err(UriError::Number);
        }
        Ok(Self { number, params: parse_params(params.unwrap_or_default())? })
    }

    /// The number without visual separators, a leading `+` kept.
    #[must_use]
    pub fn digits(&self) -> Vec<u8> {
        self.number.iter().copied().filter(|&b| b == b'+' || is_digit(b)).collect()
    }

    /// Same digits and same `phone-context` and `ext` (RFC 3966 §4).
    #[must_use]
    pub fn is_equivalent(&self, other: &TelUri<'_>) -> bool {
        let same = |name| {
            let (a, b) = (self.params.value(name).unwrap_or_default(), other.params.value(name).unwrap_or_default());
            a.eq_ignore_ascii_case(b)
        };
        self.digits().eq_ignore_ascii_case(&other.digits()) && same("phone-context") && same("ext")
    }
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b'*' || byte == b'#'
}

impl Print for TelUri<'_> {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"tel:");
        out.extend_from_slice(self.number);
        if !self.params.is_empty() {
            out.push(b';');
            out.extend_from_slice(self.params.text());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Uri;
    use super::*;

    #[test]
    fn separators_do_not_matter_and_context_does() {
        let tel = |text: &'static str| Uri::parse(text.as_bytes()).expect("valid");
        assert!(tel("tel:+1-201-555-0123").is_equivalent(&tel("tel:+12015550123")));
        assert!(!tel("tel:7042;phone-context=a.example").is_equivalent(&tel("tel:7042;phone-context=b.example")));
        assert_eq!(Uri::parse(b"tel:1;a=\"<>\""), Err(UriError::Parameter));
        assert_eq!(Uri::parse(b"tel:+"), Err(UriError::Number));
        assert_eq!(Uri::parse(b"tel:call-me"), Err(UriError::Number));
    }
}
