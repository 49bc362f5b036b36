//! Addresses with names: `From`, `To`, `Contact`, `Route`, `Record-Route` and others (RFC 3261 §20.10).

use super::{HeaderError, Params, print_quoted, unquote};
use crate::grammar::{Commas, find_outside_quotes, is_space, is_token_byte, quoted_len, seconds, trim};
use crate::print::Print;
use crate::uri::{Uri, UriError};

/// `"Name" <uri>;params`, or a bare URI followed by parameters of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAddr<'a> {
    /// As written, quotes kept; `None` when there is none.
    pub display: Option<&'a [u8]>,
    /// The URI's text; [`NameAddr::uri`] parses it.
    pub uri_text: &'a [u8],
    /// The header's own parameters: `tag`, `expires`, `q` and others.
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// Parses one address. The URI inside is not looked at before [`NameAddr::uri`].
    ///
    /// # Errors
    /// [`HeaderError::Unbalanced`] or [`HeaderError::Syntax`]. A bare URI with `?` or `,` is refused, as it must be
    /// in `<…>` (RFC 3261 §20).
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        let value = trim(value);
        let Some(open) = find_outside_quotes(value, b'<', false) else {
            return Self::parse_bare(value);
        };
        let display = trim(value.get(..open).unwrap_or_default());
        let inside = value.get(open + 1..).unwrap_or_default();
        let close = memchr::memchr(b'>', inside).ok_or(HeaderError::Unbalanced)?;
        let rest = trim(inside.get(close + 1..).unwrap_or_default());
        if !is_display(display) {
            return Err(HeaderError::Syntax);
        }
        let params = match rest {
            [] => Params::default(),
            [b';', params @ ..] => Params::new(params),
            _ => return Err(HeaderError::Syntax),
        };
        if !params.are_well_formed() {
            return Err(HeaderError::Syntax);
        }
        let display = (!display.is_empty()).then_some(display);
        Ok(Self { display, uri_text: inside.get(..close).unwrap_or_default(), params })
    }

    fn parse_bare(value: &'a [u8]) -> Result<Self, HeaderError> {
        if value.contains(&b'"') && find_outside_quotes(value, b':', false).is_none() {
            return Err(HeaderError::Unbalanced);
        }
        let (uri_text, params) = match value.iter().position(|&b| b == b';') {
            Some(at) => (trim(value.get(..at).unwrap_or_default()), value.get(at + 1..).unwrap_or_default()),
            None => (value, &b""[..]),
        };
        let params = Params::new(params);
        if uri_text.is_empty()
            || uri_text.iter().any(|&b| is_space(b) || b"?,<>\"".contains(&b))
            || !params.are_well_formed()
        {
            return Err(HeaderError::Syntax);
        }
        Ok(Self { display: None, uri_text, params })
    }

    /// The URI.
    ///
    /// # Errors
    /// As [`Uri::parse`].
    pub fn uri(&self) -> Result<Uri<'a>, UriError> {
        Uri::parse(self.uri_text)
    }

    /// The `tag` parameter of a From or To.
    #[must_use]
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.params.value("tag")
    }

    /// The display name without quotes and escapes.
    #[must_use]
    pub fn name(&self) -> Option<Vec<u8>> {
        self.display.map(unquote).filter(|name| !name.is_empty())
    }

    /// A Contact's `expires` in **seconds**; a malformed value counts as absent (RFC 3261 §10.2.1.1).
    #[must_use]
    pub fn expires_s(&self) -> Option<u32> {
        seconds(self.params.value("expires")?)
    }

    /// A Contact's `q` in **thousandths**, 0 to 1000; 1000 when it is absent or malformed.
    #[must_use]
    pub fn q_permille(&self) -> u16 {
        self.params.value("q").and_then(permille).unwrap_or(1000)
    }
}

fn permille(value: &[u8]) -> Option<u16> {
    let (whole, fraction) = match value {
        [whole] => (whole, &b""[..]),
        [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return None,
    };
    let digits = [Some(whole), fraction.first(), fraction.get(1), fraction.get(2)];
    let mut value = 0;
    for digit in digits {
        let digit = *digit.unwrap_or(&b'0');
        value = value * 10 + digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
    }
    (value <= 1000).then_some(value)
}

/// Nothing, one quoted string, or tokens and white space; UTF-8 without quotes is let through, as phones send it.
fn is_display(text: &[u8]) -> bool {
    if text.first() == Some(&b'"') {
        return quoted_len(text) == Some(text.len());
    }
    text.iter().all(|&b| is_token_byte(b) || is_space(b) || b >= 0x80)
}

impl Print for NameAddr<'_> {
    fn print(&self, out: &mut Vec<u8>) {
        if let Some(name) = self.name() {
            print_quoted(&name, out);
            out.push(b' ');
        }
        out.push(b'<');
        out.extend_from_slice(self.uri_text);
        out.push(b'>');
        if !self.params.is_empty() {
            out.push(b';');
            out.extend_from_slice(self.params.text());
        }
    }
}

/// What one Contact member is: `*` (all bindings) is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Star<T> {
    /// `Contact: *`.
    All,
    /// An address.
    One(T),
}

/// The members of one `Contact` value.
pub fn contacts(value: &[u8]) -> impl Iterator<Item = Result<Star<NameAddr<'_>>, HeaderError>> {
    Commas::new(value).map(|member| if member == b"*" { Ok(Star::All) } else { NameAddr::parse(member).map(Star::One) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_uri_and_parameters_are_told_apart() {
        let address = NameAddr::parse(br#""J. \"R\" <x>" <sip:a@b;lr>;tag=1;q=0.5"#).expect("valid");
        assert_eq!(address.name(), Some(br#"J. "R" <x>"#.to_vec()));
        assert_eq!(address.uri_text, b"sip:a@b;lr");
        assert_eq!((address.tag(), address.q_permille()), (Some(&b"1"[..]), 500));
    }

    #[test]
    fn parameters_behind_a_bare_uri_are_the_headers() {
        let address = NameAddr::parse(b"sip:a@b;tag=7").expect("valid");
        assert_eq!((address.uri_text, address.tag()), (&b"sip:a@b"[..], Some(&b"7"[..])));
    }

    #[test]
    fn broken_addresses_are_refused() {
        for bad in [
            &b"\"Mr. J. User <sip:j.user@example.com>"[..],
            b"<sip:a@b",
            b"Bell, Alexander <sip:a.g.bell@bell-tel.com>;tag=43",
            b"sip:user@example.com?Route=%3Csip:sip.example.com%3E",
            b"<sip:a@b>garbage",
            b"<sip:a@b>;;tag=1",
            b"\"a\"b <sip:a@b>",
            b"",
        ] {
            assert!(NameAddr::parse(bad).is_err(), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn a_star_is_no_address() {
        let members: Vec<_> = contacts(b"*").collect();
        assert_eq!(members, [Ok(Star::All)]);
        assert_eq!(contacts(b"<sip:a@b>;expires=5, sip:c@d").filter_map(Result::ok).count(), 2);
    }

    #[test]
    fn q_is_read_in_thousandths() {
        let q = |text: &'static str| {
            NameAddr::parse(format!("<sip:a@b>;q={text}").as_bytes()).map(|address| address.q_permille())
        };
        assert_eq!(q("1.0"), Ok(1000));
        assert_eq!(q("0.123"), Ok(123));
        assert_eq!(q("0"), Ok(0));
        assert_eq!(q("1.1"), Ok(1000), "a malformed q counts as absent");
    }
}
