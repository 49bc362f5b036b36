//! The computation that both sides do (RFC 7616 §3.4.1, RFC 2617 §3.2.2.1).

use super::hash::Hash;
use super::{Algorithm, Ha1};

/// What the response of one request is computed from.
pub(super) struct Inputs<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) nonce: &'a [u8],
    /// `None` answers a challenge without `qop` (RFC 2069).
    pub(super) count: Option<Count<'a>>,
    pub(super) method: &'a [u8],
    pub(super) uri: &'a [u8],
}

/// What `qop=auth` adds, both as written on the wire.
pub(super) struct Count<'a> {
    pub(super) nc: &'a [u8],
    pub(super) cnonce: &'a [u8],
}

impl Inputs<'_> {
    /// The response that proves knowledge of `ha1`.
    pub(super) fn response(&self, ha1: &Ha1) -> Hash {
        let ha1 = ha1.text(self.algorithm);
        let ha2 = Hash::of(self.algorithm, &[self.method, self.uri]);
        match &self.count {
            Some(Count { nc, cnonce }) => Hash::of(self.algorithm, &[ha1, self.nonce, nc, cnonce, b"auth", ha2.text()]),
            None => Hash::of(self.algorithm, &[ha1, self.nonce, ha2.text()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfc7616(algorithm: Algorithm) -> Hash {
        let inputs = Inputs {
            algorithm,
            nonce: b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            count: Some(Count { nc: b"00000001", cnonce: b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ" }),
            method: b"GET",
            uri: b"/dir/index.html",
        };
        inputs.response(&Ha1::derive(b"Mufasa", b"http-auth@example.org", b"Circle of Life"))
    }

    #[test]
    fn the_examples_of_rfc_7616_section_3_9_1_come_out() {
        assert_eq!(rfc7616(Algorithm::Md5).text(), b"8ca523f5e9506fed4657c9700eebdbec");
        let sha256 = b"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        assert_eq!(rfc7616(Algorithm::Sha256).text(), sha256);
    }

    #[test]
    fn the_example_of_rfc_2617_section_3_5_comes_out_with_and_without_qop() {
        let mut inputs = Inputs {
            algorithm: Algorithm::Md5,
            nonce: b"dcd98b7102dd2f0e8b11d0f600bfb0c093",
            count: Some(Count { nc: b"00000001", cnonce: b"0a4f113b" }),
            method: b"GET",
            uri: b"/dir/index.html",
        };
        let ha1 = Ha1::derive(b"Mufasa", b"testrealm@host.com", b"Circle Of Life");
        assert_eq!(inputs.response(&ha1).text(), b"6629fae49393a05397450978507c4ef1");
        inputs.count = None;
        assert_eq!(inputs.response(&ha1).text(), b"670fd8c2df070c60b045671b8b24ff02");
    }
}
