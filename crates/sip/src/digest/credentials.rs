//! An `Authorization` value taken apart once, its quotes and escapes removed; nothing in it is believed yet.

use std::borrow::Cow;

use crate::header::{AuthParams, Scheme, unquote};

/// The longest `Authorization` value that is looked at, in **bytes**; a longer one is malformed.
pub const MAX_CREDENTIALS: usize = 4096;

/// Why a header value gave no credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoCredentials {
    /// Another scheme.
    OtherScheme,
    /// Too long, or not a list of parameters.
    Malformed,
}

/// Parameters of one `Authorization` value, each `None` when absent. Of equal names the first counts.
#[derive(Debug, Default)]
pub struct Credentials<'a> {
    pub(super) username: Option<Cow<'a, [u8]>>,
    pub(super) realm: Option<Cow<'a, [u8]>>,
    pub(super) nonce: Option<Cow<'a, [u8]>>,
    pub(super) uri: Option<Cow<'a, [u8]>>,
    pub(super) response: Option<Cow<'a, [u8]>>,
    pub(super) algorithm: Option<Cow<'a, [u8]>>,
    pub(super) cnonce: Option<Cow<'a, [u8]>>,
    pub(super) qop: Option<Cow<'a, [u8]>>,
    pub(super) nc: Option<Cow<'a, [u8]>>,
}

impl<'a> Credentials<'a> {
    /// The user name as claimed, without quotes and escapes.
    #[must_use]
    pub fn username(&self) -> Option<&[u8]> {
        self.username.as_deref()
    }

    pub(super) fn parse(value: &'a [u8]) -> Result<Self, NoCredentials> {
        if value.len() > MAX_CREDENTIALS {
            return Err(NoCredentials::Malformed);
        }
        let params = AuthParams::parse(value).map_err(|_| NoCredentials::Malformed)?;
        match params.scheme {
            Scheme::Digest => {}
            Scheme::Bearer | Scheme::Other => return Err(NoCredentials::OtherScheme),
        }
        let mut credentials = Self::default();
        for param in params.iter() {
            if let (Some(place), Some(value)) = (credentials.place(param.name), param.value)
                && place.is_none()
            {
                *place = Some(plain(value));
            }
        }
        Ok(credentials)
    }

    fn place(&mut self, name: &[u8]) -> Option<&mut Option<Cow<'a, [u8]>>> {
        let places: [(&str, &mut Option<_>); 9] = [
            ("username", &mut self.username),
            ("realm", &mut self.realm),
            ("nonce", &mut self.nonce),
            ("uri", &mut self.uri),
            ("response", &mut self.response),
            ("algorithm", &mut self.algorithm),
            ("cnonce", &mut self.cnonce),
            ("qop", &mut self.qop),
            ("nc", &mut self.nc),
        ];
        places.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes())).map(|(_, place)| place)
    }
}

/// Without quotes and escapes; copied only when there are escapes.
fn plain(value: &[u8]) -> Cow<'_, [u8]> {
    if value.contains(&b'\\') {
        return Cow::Owned(unquote(value));
    }
    let inner = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    Cow::Borrowed(inner.unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_lose_quotes_and_escapes_and_the_first_of_equal_names_counts() {
        let value = br#"digest UserName="a\"b", realm="r, s", nc=00000001, qop="auth", opaque=x, nc=2"#;
        let credentials = Credentials::parse(value).expect("valid");
        assert_eq!(credentials.username.as_deref(), Some(&b"a\"b"[..]));
        assert_eq!(credentials.realm.as_deref(), Some(&b"r, s"[..]));
        assert_eq!(credentials.nc.as_deref(), Some(&b"00000001"[..]));
        assert_eq!(credentials.qop.as_deref(), Some(&b"auth"[..]));
        assert!(credentials.nonce.is_none());
    }

    #[test]
    fn other_schemes_and_overlong_values_give_no_credentials() {
        assert_eq!(Credentials::parse(b"Bearer abc").err(), Some(NoCredentials::OtherScheme));
        assert_eq!(Credentials::parse(b"Digest realm").err(), Some(NoCredentials::Malformed));
        let long = [&b"Digest a=\""[..], &[b'x'; MAX_CREDENTIALS], b"\""].concat();
        assert_eq!(Credentials::parse(&long).err(), Some(NoCredentials::Malformed));
    }
}
