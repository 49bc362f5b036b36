//! `sip:` and `sips:` URIs (RFC 3261 §19.1).

use std::borrow::Cow;

use super::escape::unescape;
use super::{HostPort, UriError, parse_params};
use crate::grammar::{is_space, split_unquoted};
use crate::header::Params;
use crate::print::Print;

/// A SIP URI read in place; user part and parameters keep their escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SipUri<'a> {
    /// `sips:`.
    pub secure: bool,
    /// The user part with its parameters, without the password.
    pub user: Option<&'a [u8]>,
    /// What follows `user:`; deprecated, kept for printing only.
    pub password: Option<&'a [u8]>,
    /// Where the resource is.
    pub host: HostPort<'a>,
    /// `;transport=tcp;lr` and the like.
    pub params: Params<'a>,
    /// What follows `?`, without it; empty when there is none.
    pub headers: &'a [u8],
}

impl<'a> SipUri<'a> {
    /// Parses what follows `sip:`.
    ///
    /// # Errors
    /// [`UriError`] names the part.
    pub(super) fn parse(secure: bool, text: &'a [u8]) -> Result<Self, UriError> {
        let (userinfo, rest) = match text.iter().position(|&b| b == b'@') {
            Some(at) => (text.get(..at), text.get(at + 1..).unwrap_or_default()),
            None => (None, text),
        };
        let (user, password) = match userinfo {
            Some(userinfo) => split_unquoted_colon(userinfo),
            None => (None, None),
        };
        if user.is_some_and(|user| user.is_empty() || !is_user(user)) || password.is_some_and(|text| !is_user(text)) {
            return Err(UriError::User);
        }
        let (rest, headers) = split_at(rest, b'?');
        let (host, params) = split_at(rest, b';');
        let params = parse_params(params.unwrap_or_default())?;
        let headers = headers.unwrap_or_default();
        if !headers.iter().all(|&b| b.is_ascii_graphic() && !b"<>\"@".contains(&b)) {
            return Err(UriError::Parameter);
        }
        // White space around the port's colon is for Vias.
        if host.iter().any(|&b| is_space(b)) {
            return Err(UriError::Host);
        }
        Ok(Self { secure, user, password, host: HostPort::parse(host)?, params, headers })
    }

    /// The user part unescaped and without its parameters (`1001;phone-context=…` gives `1001`).
    #[must_use]
    pub fn number(&self) -> Option<Vec<u8>> {
        let (number, _) = split_unquoted(self.user?, b';');
        Some(unescape(number).into_owned())
    }

    /// The value of the first header called `name` that a request to it is to carry, unescaped (RFC 3261 §19.1.1).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.headers.split(|&b| b == b'&').find_map(|header| {
            let (found, value) = split_at(header, b'=');
            unescape(found).eq_ignore_ascii_case(name.as_bytes()).then(|| unescape(value.unwrap_or_default()))
        })
    }

    /// RFC 3261 §19.1.4. User parts are compared with regard to case, all else without.
    ///
    /// With more than 32 parameters on either side these must be the same text.
    #[must_use]
    pub fn is_equivalent(&self, other: &SipUri<'_>) -> bool {
        let same_text = |a: Option<&[u8]>, b: Option<&[u8]>| a.map(unescape) == b.map(unescape);
        self.secure == other.secure
            && same_text(self.user, other.user)
            && same_text(self.password, other.password)
            && self.host.host.is_equivalent(&other.host.host)
            && self.host.port == other.host.port
            && have_equivalent_params(self.params, other.params)
            && self.headers.eq_ignore_ascii_case(other.headers)
    }
}

fn have_equivalent_params(a: Params<'_>, b: Params<'_>) -> bool {
    // Each is looked up among the others: a bound keeps a long URI from costing seconds.
    let is_short = |params: Params<'_>| params.iter().nth(32).is_none();
    a == b || (is_short(a) && is_short(b) && params_agree(a, b) && params_agree(b, a))
}

/// A parameter in both must be equal; `user`, `ttl`, `method`, `maddr` and `transport` must be in both or in none.
fn params_agree(ours: Params<'_>, theirs: Params<'_>) -> bool {
    const MUST_MATCH: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];
    ours.iter().all(|param| {
        let twin = theirs.iter().find(|twin| twin.name.eq_ignore_ascii_case(param.name));
        match twin {
            Some(twin) => {
                let (a, b) = (param.value.unwrap_or_default(), twin.value.unwrap_or_default());
                unescape(a).eq_ignore_ascii_case(&unescape(b))
            }
            None => !MUST_MATCH.iter().any(|name| param.name.eq_ignore_ascii_case(name.as_bytes())),
        }
    })
}

fn split_unquoted_colon(userinfo: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    let (user, password) = split_at(userinfo, b':');
    (Some(user), password)
}

fn split_at(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|&b| b == separator) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

/// Looser than RFC 3261 by `#` and its like, which phones send for feature codes; brackets and quotes never.
fn is_user(text: &[u8]) -> bool {
    text.iter().all(|&b| b.is_ascii_graphic() && !b"<>\"@".contains(&b))
}

impl Print for SipUri<'_> {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.secure { b"sips:" } else { b"sip:" });
        if let Some(user) = self.user {
            out.extend_from_slice(user);
            if let Some(password) = self.password {
                out.push(b':');
                out.extend_from_slice(password);
            }
            out.push(b'@');
        }
        self.host.print(out);
        if !self.params.is_empty() {
            out.push(b';');
            out.extend_from_slice(self.params.text());
        }
        if !self.headers.is_empty() {
            out.push(b'?');
            out.extend_from_slice(self.headers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Host, Uri};
    use super::*;

    fn sip(text: &str) -> Result<SipUri<'_>, UriError> {
        match Uri::parse(text.as_bytes())? {
            Uri::Sip(uri) => Ok(uri),
            other @ (Uri::Tel(_) | Uri::Other(_)) => panic!("{other:?} is not a SIP URI"),
        }
    }

    #[test]
    fn all_parts_are_found() {
        let uri = sip("sips:alice:pw@[::1]:5061;transport=TCP;lr?Subject=x").expect("valid");
        assert!(uri.secure);
        assert_eq!((uri.user, uri.password), (Some(&b"alice"[..]), Some(&b"pw"[..])));
        assert_eq!(uri.host.port, Some(5061));
        assert_eq!(uri.params.value("transport"), Some(&b"TCP"[..]));
        assert!(uri.params.has("lr"));
        assert_eq!(uri.headers, b"Subject=x");
        let uri = sip("sip:a@b?Require=replaces&replaces=c%40d%3Bto-tag%3D1").expect("valid");
        assert_eq!(uri.header("Replaces").as_deref(), Some(&b"c@d;to-tag=1"[..]));
        assert_eq!((uri.header("Subject"), uri.header("")), (None, None));
    }

    #[test]
    fn a_semicolon_before_the_at_sign_belongs_to_the_user() {
        let uri = sip("sip:user;par=u%40example.net@example.com").expect("valid");
        assert_eq!(uri.user, Some(&b"user;par=u%40example.net"[..]));
        assert_eq!(uri.host.host, Host::Name(b"example.com"));
        assert!(uri.params.is_empty());
    }

    #[test]
    fn broken_uris_name_the_part() {
        assert_eq!(sip("sip:@example.com"), Err(UriError::User));
        assert_eq!(sip("sip:a<b@example.com"), Err(UriError::User));
        assert_eq!(sip("sip:a@"), Err(UriError::Host));
        assert_eq!(sip("sip:a@b:x"), Err(UriError::Port));
        assert_eq!(sip("sip:a@b;;lr"), Err(UriError::Parameter));
        assert_eq!(sip("sip:a@b; lr=a b"), Err(UriError::Parameter));
        assert_eq!(sip("sip:a@b;lr\r\n "), Err(UriError::Parameter));
        assert_eq!(sip("sip:a@b\r\n :5060"), Err(UriError::Host));
    }

    #[test]
    fn equivalence_follows_the_rfc_3261_examples() {
        let same = |a: &str, b: &str| {
            let (a, b) = (sip(a).expect("valid"), sip(b).expect("valid"));
            a.is_equivalent(&b) && b.is_equivalent(&a)
        };
        assert!(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
        assert!(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
        assert!(same("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"));
        assert!(!same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
        assert!(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
        assert!(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
        assert!(!same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
        let long = format!("sip:a@b{}", ";x".repeat(33));
        assert!(same("sip:a@b;x;X=1", "sip:a@b;x;X=1"), "a repeated parameter is wrong, but the same");
        assert!(same(&long, &long) && !same(&long, "sip:a@b"));
    }
}
