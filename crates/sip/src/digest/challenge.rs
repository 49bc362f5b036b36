//! The client's side: picks a challenge and answers it.

use super::response::{Count, Inputs};
use super::{Algorithm, Ha1, hex};
use crate::grammar::Commas;
use crate::header::{AuthParams, Scheme, print_quoted};

/// A challenge that Warden can answer. It serves for many requests, each with the next nonce count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    realm: Vec<u8>,
    nonce: Vec<u8>,
    opaque: Option<Vec<u8>>,
    /// `None` when it was not named, which means MD5; then the answer does not name it either.
    algorithm: Option<Algorithm>,
    /// Whether `qop=auth` was offered; if not, the answer is that of RFC 2069.
    qop: bool,
    stale: bool,
}

/// The request for which a challenge is answered.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The method's name as in the request line.
    pub method: &'a [u8],
    /// The Request-URI as in the request line.
    pub uri: &'a [u8],
    /// How many requests have used this nonce, this one counted: 1 in the first.
    pub nc: u32,
    /// Fresh random text; see [`Random::hex`](crate::random::Random::hex).
    pub cnonce: &'a [u8],
}

impl Challenge {
    /// Reads a `WWW-Authenticate` or `Proxy-Authenticate` value.
    ///
    /// `None` when it is malformed, or asks for another scheme, an unsupported algorithm or only `qop=auth-int`.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let params = AuthParams::parse(value).ok().filter(|params| params.scheme == Scheme::Digest)?;
        let algorithm = match params.value("algorithm") {
            Some(name) => Some(Algorithm::from_name(&name)?),
            None => None,
        };
        let qop = match params.value("qop") {
            Some(offered) if Commas::new(&offered).any(|qop| qop.eq_ignore_ascii_case(b"auth")) => true,
            Some(_) => return None,
            None => false,
        };
        Some(Self {
            realm: params.value("realm")?,
            nonce: params.value("nonce")?,
            opaque: params.value("opaque"),
            algorithm,
            qop,
            stale: params.value("stale").is_some_and(|stale| stale.eq_ignore_ascii_case(b"true")),
        })
    }

    /// The best of the challenges in a response: the first for SHA-256, else the first that can be answered.
    pub fn choose<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        values.filter_map(Self::parse).min_by_key(|challenge| match challenge.algorithm() {
            Algorithm::Sha256 => 0,
            Algorithm::Md5 => 1,
        })
    }

    /// The realm, without quotes and escapes.
    #[must_use]
    pub fn realm(&self) -> &[u8] {
        &self.realm
    }

    /// The algorithm of the answer.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm.unwrap_or(Algorithm::Md5)
    }

    /// Whether the server says that the password was right and only the nonce was not: worth another try.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// The value for `Authorization` or `Proxy-Authorization`.
    ///
    /// `ha1` must be derived from the same user name and [`Challenge::realm`]. Control bytes are left out of the
    /// header, so an answer to a challenge that holds some is refused by whoever sent it.
    #[must_use]
    pub fn answer(&self, username: &[u8], ha1: &Ha1, exchange: &Exchange<'_>) -> Vec<u8> {
        let nc: [u8; 8] = hex::encode(exchange.nc.to_be_bytes());
        let count = self.qop.then_some(Count { nc: &nc, cnonce: exchange.cnonce });
        let Exchange { method, uri, .. } = *exchange;
        let inputs = Inputs { algorithm: self.algorithm(), nonce: &self.nonce, count, method, uri };
        let response = inputs.response(ha1);
        let mut value = b"Digest ".to_vec();
        quoted("username=", username, &mut value);
        quoted(", realm=", &self.realm, &mut value);
        quoted(", nonce=", &self.nonce, &mut value);
        quoted(", uri=", uri, &mut value);
        quoted(", response=", response.text(), &mut value);
        self.print_choices(&inputs, &mut value);
        value
    }

    /// Appends what depends on the challenge: algorithm, opaque and nonce count.
    fn print_choices(&self, inputs: &Inputs<'_>, value: &mut Vec<u8>) {
        if let Some(algorithm) = self.algorithm {
            value.extend_from_slice(b", algorithm=");
            value.extend_from_slice(algorithm.name().as_bytes());
        }
        if let Some(opaque) = &self.opaque {
            quoted(", opaque=", opaque, value);
        }
        if let Some(Count { nc, cnonce }) = inputs.count {
            quoted(", qop=auth, cnonce=", cnonce, value);
            value.extend_from_slice(b", nc=");
            value.extend_from_slice(nc);
        }
    }
}

fn quoted(name: &str, text: &[u8], value: &mut Vec<u8>) {
    value.extend_from_slice(name.as_bytes());
    print_quoted(text, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC2617: &[u8] = br#"Digest realm="testrealm@host.com", qop="auth,auth-int",
        nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;

    fn answer(challenge: &[u8], nc: u32) -> String {
        let challenge = Challenge::parse(challenge).expect("supported");
        let ha1 = Ha1::derive(b"Mufasa", challenge.realm(), b"Circle Of Life");
        let exchange = Exchange { method: b"GET", uri: b"/dir/index.html", nc, cnonce: b"0a4f113b" };
        String::from_utf8(challenge.answer(b"Mufasa", &ha1, &exchange)).expect("text")
    }

    #[test]
    fn the_challenge_of_rfc_2617_is_answered_as_it_says() {
        let expected = concat!(
            r#"Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", "#,
            r#"uri="/dir/index.html", response="6629fae49393a05397450978507c4ef1", "#,
            r#"opaque="5ccc069c403ebaf9f0171e9517f40e41", qop=auth, cnonce="0a4f113b", nc=00000001"#,
        );
        assert_eq!(answer(RFC2617, 1), expected);
        assert!(answer(RFC2617, 0xabc).ends_with("nc=00000abc"));
    }

    #[test]
    fn a_challenge_without_qop_is_answered_without_count() {
        let challenge = br#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#;
        let value = answer(challenge, 1);
        assert!(value.ends_with(r#"response="670fd8c2df070c60b045671b8b24ff02""#), "{value}");
    }

    #[test]
    fn quotes_and_backslashes_in_a_challenge_are_escaped_again() {
        let value = answer(br#"Digest realm="a\"b\\c", nonce="1""#, 1);
        assert!(value.contains(r#"realm="a\"b\\c", nonce="1""#), "{value}");
    }

    #[test]
    fn sha_256_is_chosen_before_md5_and_what_cannot_be_answered_is_skipped() {
        let offers: [&[u8]; 7] = [
            br#"Bearer scope="x""#,
            br#"Digest realm="1", nonce="n", algorithm=SHA-512-256, qop="auth""#,
            br#"Digest realm="2", nonce="n", algorithm=SHA-256, qop="auth-int""#,
            br#"Digest realm="3", nonce="n", algorithm=MD5, qop="auth""#,
            br#"Digest realm="4", nonce="n", algorithm="sha-256", qop=auth, stale=TRUE"#,
            br#"Digest realm="5", nonce="n", algorithm=SHA-256, qop="auth""#,
            br#"Digest realm="6", algorithm=SHA-256, qop="auth""#,
        ];
        let best = Challenge::choose(offers.into_iter()).expect("some");
        assert_eq!((best.realm(), best.algorithm(), best.is_stale()), (&b"4"[..], Algorithm::Sha256, true));
        let best = Challenge::choose(offers[..4].iter().copied()).expect("some");
        assert_eq!((best.realm(), best.algorithm(), best.is_stale()), (&b"3"[..], Algorithm::Md5, false));
        assert_eq!(Challenge::choose(offers[..3].iter().copied()), None);
    }
}
