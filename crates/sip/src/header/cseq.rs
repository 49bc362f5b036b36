//! `CSeq` (RFC 3261 §20.16).

use super::HeaderError;
use crate::grammar::{is_token, number, trim};
use crate::method::Method;
use crate::print::Print;

/// Sequence number and method of a request, repeated in its responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CSeq<'a> {
    /// Below 2^31.
    pub sequence: u32,
    /// The method's name as written.
    pub method_name: &'a [u8],
}

impl<'a> CSeq<'a> {
    /// Parses `4711 INVITE`.
    ///
    /// # Errors
    /// [`HeaderError::Number`] unless it starts with a number below 2^31, [`HeaderError::Syntax`] unless a method follows.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        let value = trim(value);
        let digits = value.iter().position(|b| !b.is_ascii_digit()).unwrap_or(value.len());
        let (sequence, rest) = value.split_at(digits);
        let sequence = number(sequence).filter(|&n| n < 1 << 31).ok_or(HeaderError::Number)?;
        let method_name = trim(rest);
        if rest.len() == method_name.len() || !is_token(method_name) {
            return Err(HeaderError::Syntax);
        }
        Ok(Self { sequence, method_name })
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        Method::from_name(self.method_name)
    }
}

impl Print for CSeq<'_> {
    fn print(&self, out: &mut Vec<u8>) {
        self.sequence.print(out);
        out.push(b' ');
        out.extend_from_slice(self.method_name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_method_are_both_needed() {
        assert_eq!(CSeq::parse(b"0009\r\n  INVITE"), Ok(CSeq { sequence: 9, method_name: b"INVITE" }));
        assert_eq!(CSeq::parse(b"2147483648 INVITE"), Err(HeaderError::Number));
        assert_eq!(CSeq::parse(b"36893488147419103232 REGISTER"), Err(HeaderError::Number));
        assert_eq!(CSeq::parse(b"-1 INVITE"), Err(HeaderError::Number));
        assert_eq!(CSeq::parse(b"1INVITE"), Err(HeaderError::Syntax));
        assert_eq!(CSeq::parse(b"1 "), Err(HeaderError::Syntax));
        assert_eq!(CSeq::parse(b"1 INVITE x"), Err(HeaderError::Syntax));
    }
}
