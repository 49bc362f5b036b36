//! URIs: `sip:`, `sips:`, `tel:` and, uninterpreted, all others.

mod escape;
mod host;
mod owned;
mod sip;
mod tel;

pub use escape::{print_escaped_user, unescape};
pub use host::{Host, HostPort};
pub use owned::OwnedUri;
pub use sip::SipUri;
pub use tel::TelUri;

use crate::grammar::is_token_byte;
use crate::header::Params;
use crate::print::Print;

/// Why a URI was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// No `scheme:` in front.
    #[error("no scheme")]
    Scheme,
    /// The user part is empty or holds a byte that may not stand there unescaped.
    #[error("bad user part")]
    User,
    /// The host is empty, or neither a name nor an address.
    #[error("bad host")]
    Host,
    /// The port is not a number below 65536.
    #[error("bad port")]
    Port,
    /// A parameter without a name, or with bytes that may not stand in one.
    #[error("bad parameter")]
    Parameter,
    /// A `tel:` number without digits.
    #[error("bad telephone number")]
    Number,
}

/// A URI read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uri<'a> {
    /// `sip:` or `sips:`.
    Sip(SipUri<'a>),
    /// `tel:`.
    Tel(TelUri<'a>),
    /// Any other scheme; Warden answers 416 to a request for one.
    Other(&'a [u8]),
}

impl<'a> Uri<'a> {
    /// Parses a URI that stands alone: no `<…>`, no header parameters behind it.
    ///
    /// # Errors
    /// [`UriError`] names the part that is wrong.
    pub fn parse(text: &'a [u8]) -> Result<Self, UriError> {
        let colon = text.iter().position(|&b| b == b':').ok_or(UriError::Scheme)?;
        let (scheme, rest) = (text.get(..colon).unwrap_or_default(), text.get(colon + 1..).unwrap_or_default());
        if scheme.eq_ignore_ascii_case(b"sip") {
            SipUri::parse(false, rest).map(Self::Sip)
        } else if scheme.eq_ignore_ascii_case(b"sips") {
            SipUri::parse(true, rest).map(Self::Sip)
        } else if scheme.eq_ignore_ascii_case(b"tel") {
            TelUri::parse(rest).map(Self::Tel)
        } else if is_scheme(scheme)
            && !rest.is_empty()
            && rest.iter().all(|b| b.is_ascii_graphic() && !b"<>\"".contains(b))
        {
            Ok(Self::Other(text))
        } else {
            Err(UriError::Scheme)
        }
    }

    /// The SIP URI, if it is one.
    #[must_use]
    pub fn as_sip(&self) -> Option<&SipUri<'a>> {
        match self {
            Self::Sip(uri) => Some(uri),
            Self::Tel(_) | Self::Other(_) => None,
        }
    }

    /// What a call to this URI dials: the user part, unescaped and without parameters, or the telephone number.
    ///
    /// `None` when there is no user part or the scheme is not one that can be dialled.
    #[must_use]
    pub fn dialled(&self) -> Option<Vec<u8>> {
        match self {
            Self::Sip(uri) => uri.number(),
            Self::Tel(uri) => Some(uri.digits()),
            Self::Other(_) => None,
        }
    }

    /// Whether both name the same resource (RFC 3261 §19.1.4, RFC 3966 §4).
    #[must_use]
    pub fn is_equivalent(&self, other: &Uri<'_>) -> bool {
        match (self, other) {
            (Self::Sip(a), Uri::Sip(b)) => a.is_equivalent(b),
            (Self::Tel(a), Uri::Tel(b)) => a.is_equivalent(b),
            (Self::Other(a), Uri::Other(b)) => a == b,
            (Self::Sip(_) | Self::Tel(_) | Self::Other(_), _) => false,
        }
    }
}

impl Print for Uri<'_> {
    fn print(&self, out: &mut Vec<u8>) {
        match self {
            Self::Sip(uri) => uri.print(out),
            Self::Tel(uri) => uri.print(out),
            Self::Other(text) => out.extend_from_slice(text),
        }
    }
}

/// Parameters of a URI: unlike those of a header without white space, quotes and brackets that end a `<…>`.
fn parse_params(text: &[u8]) -> Result<Params<'_>, UriError> {
    let params = Params::new(text);
    let are_sound = text.iter().all(u8::is_ascii_graphic)
        && params.iter().all(|param| is_param_text(param.name) && param.value.is_none_or(is_param_text));
    are_sound.then_some(params).ok_or(UriError::Parameter)
}

fn is_param_text(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| is_token_byte(b) || b"[]/:&+$()".contains(&b))
}

fn is_scheme(scheme: &[u8]) -> bool {
    scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_found_in_any_case_and_an_unknown_one_is_kept() {
        assert!(matches!(Uri::parse(b"SIP:a@b"), Ok(Uri::Sip(_))));
        assert!(matches!(Uri::parse(b"tel:+1-201-555-0123"), Ok(Uri::Tel(_))));
        assert_eq!(Uri::parse(b"soap.beep://192.0.2.103:3002"), Ok(Uri::Other(b"soap.beep://192.0.2.103:3002")));
        for bad in [&b""[..], b"sip", b":a@b", b"1x:y", b"im:", b"im:a b", b"im:<a>"] {
            assert_eq!(Uri::parse(bad), Err(UriError::Scheme), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn what_is_dialled_is_unescaped_and_free_of_separators() {
        let dialled = |text: &'static str| Uri::parse(text.as_bytes()).expect("a URI").dialled();
        assert_eq!(dialled("sip:%2A72@pbx.example"), Some(b"*72".to_vec()));
        assert_eq!(dialled("sip:1001;phone-context=x@pbx.example"), Some(b"1001".to_vec()));
        assert_eq!(dialled("tel:+1-(201)555.0123;ext=5"), Some(b"+12015550123".to_vec()));
        assert_eq!(dialled("sip:pbx.example"), None);
    }
}
