//! Challenges and credentials: `WWW-Authenticate`, `Authorization` and their proxy twins (RFC 3261 §20.7, RFC 7616).

use super::{HeaderError, Param, unquote};
use crate::grammar::{Commas, find_outside_quotes, is_token, take_token, trim};

/// The authentication scheme in front of the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 7616.
    Digest,
    /// RFC 8898.
    Bearer,
    /// Anything else.
    Other,
}

/// `Digest name=value, name="value"`; parsed while walking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthParams<'a> {
    /// The first word.
    pub scheme: Scheme,
    text: &'a [u8],
}

impl<'a> AuthParams<'a> {
    /// Splits scheme and parameters.
    ///
    /// # Errors
    /// [`HeaderError::Syntax`] unless every member is `token=token` or `token="text"`.
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        let (scheme, rest) = take_token(trim(value));
        let scheme = match scheme {
            b"" => return Err(HeaderError::Syntax),
            name if name.eq_ignore_ascii_case(b"Digest") => Scheme::Digest,
            name if name.eq_ignore_ascii_case(b"Bearer") => Scheme::Bearer,
            _ => Scheme::Other,
        };
        let params = Self { scheme, text: trim(rest) };
        if scheme == Scheme::Digest && !params.iter().all(|param| is_token(param.name) && param.value.is_some()) {
            return Err(HeaderError::Syntax);
        }
        Ok(params)
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + use<'a> {
        Commas::new(self.text).map(|member| match find_outside_quotes(member, b'=', false) {
            Some(at) => {
                Param { name: trim(member.get(..at).unwrap_or_default()), value: member.get(at + 1..).map(trim) }
            }
            None => Param { name: member, value: None },
        })
    }

    /// The first value called `name` as it stands, its quotes kept.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&'a [u8]> {
        self.iter().find(|param| param.name.eq_ignore_ascii_case(name.as_bytes()))?.value
    }

    /// The first value called `name`, without quotes and escapes.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Vec<u8>> {
        self.raw(name).map(unquote)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_with_and_without_quotes() {
        let params = AuthParams::parse(br#"digest realm="a, \"b\"", nc=00000001 ,qop = auth"#).expect("valid");
        assert_eq!(params.scheme, Scheme::Digest);
        assert_eq!(params.value("realm"), Some(br#"a, "b""#.to_vec()));
        assert_eq!(params.raw("NC"), Some(&b"00000001"[..]));
        assert_eq!(params.raw("qop"), Some(&b"auth"[..]));
        assert_eq!(params.raw("opaque"), None);
    }

    #[test]
    fn a_member_without_value_is_refused() {
        assert!(AuthParams::parse(b"").is_err());
        assert!(AuthParams::parse(b"Digest realm").is_err());
        assert!(AuthParams::parse(b"Digest realm=\"a\",").is_err());
        assert_eq!(AuthParams::parse(b"Bearer abc").map(|params| params.scheme), Ok(Scheme::Bearer));
    }
}
