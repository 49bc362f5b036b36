//! The one thing of STUN that a SIP port must know: phones ask over UDP where they are seen, to keep their way open
//! (RFC 5626 §4.4.2). Nothing of it is remembered, and nothing else of STUN is answered.

use std::net::{IpAddr, SocketAddr};

/// Type, length, cookie and transaction identifier.
const HEADER: usize = 20;
/// In every message since RFC 5389; with the two zero bits in front it tells STUN from SIP.
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0, 1];
const BINDING_SUCCESS: [u8; 2] = [1, 1];
const XOR_MAPPED_ADDRESS: [u8; 2] = [0, 0x20];
/// A longer request is none that a phone sends to keep a way open.
const MAX_REQUEST: usize = 548;

/// A Binding request (RFC 8489 §6), sound in every length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindingRequest {
    transaction: [u8; 12],
}

impl BindingRequest {
    /// Reads a datagram; `None` when it is anything else.
    ///
    /// A request with an attribute that must be understood is none that can be answered here, and counts as something
    /// else: the error response would be more than this is for.
    #[must_use]
    pub fn parse(datagram: &[u8]) -> Option<Self> {
        let (head, mut attributes) = datagram.split_at_checked(HEADER).filter(|_| datagram.len() <= MAX_REQUEST)?;
        let [t0, t1, l0, l1, c0, c1, c2, c3, transaction @ ..] = *head.first_chunk::<HEADER>()?;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if [t0, t1] != BINDING_REQUEST || [c0, c1, c2, c3] != COOKIE || length != attributes.len() {
            return None;
        }
        while !attributes.is_empty() {
            attributes = skip_attribute(attributes)?;
        }
        Some(Self { transaction })
    }

    /// The answer: the request was seen to come from `source` (XOR-MAPPED-ADDRESS, RFC 8489 §14.2).
    ///
    /// 32 bytes for IPv4, 44 for IPv6, whatever came; the shortest request has 20.
    #[must_use]
    pub fn answer(&self, source: SocketAddr) -> Vec<u8> {
        let mut mask = COOKIE.iter().chain(&self.transaction);
        let mut address = Vec::with_capacity(16);
        let family = match source.ip().to_canonical() {
            IpAddr::V4(v4) => {
                address.extend(v4.octets().iter().zip(mask.by_ref()).map(|(byte, mask)| byte ^ mask));
                1
            }
            IpAddr::V6(v6) => {
                address.extend(v6.octets().iter().zip(mask.by_ref()).map(|(byte, mask)| byte ^ mask));
                2
            }
        };
        let [p0, p1] = source.port().to_be_bytes();
        let [c0, c1, ..] = COOKIE;
        let length = u8::try_from(4 + address.len()).unwrap_or(u8::MAX);
        let mut out = Vec::with_capacity(44);
        out.extend(BINDING_SUCCESS);
        out.extend([0, 4 + length]);
        out.extend(COOKIE);
        out.extend(self.transaction);
        out.extend(XOR_MAPPED_ADDRESS);
        out.extend([0, length, 0, family, p0 ^ c0, p1 ^ c1]);
        out.extend(address);
        out
    }
}

/// What follows the first attribute; `None` when it reaches beyond the end, or must be understood (RFC 8489 §14).
fn skip_attribute(attributes: &[u8]) -> Option<&[u8]> {
    let [t0, _, l0, l1] = *attributes.first_chunk()?;
    let length = usize::from(u16::from_be_bytes([l0, l1])).next_multiple_of(4);
    let is_optional = t0 >= 0x80;
    attributes.get(4 + length..).filter(|_| is_optional)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSACTION: [u8; 12] = [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];

    fn request(attributes: &[u8]) -> Vec<u8> {
        let mut out = vec![0, 1, 0, u8::try_from(attributes.len()).expect("short")];
        out.extend(COOKIE);
        out.extend(TRANSACTION);
        out.extend(attributes);
        out
    }

    #[test]
    fn the_addresses_of_the_test_vectors_are_written_as_in_rfc_5769() {
        let request = BindingRequest::parse(&request(&[])).expect("a request");
        let v4 = request.answer("192.0.2.1:32853".parse().expect("an address"));
        assert_eq!(v4[..4], [1, 1, 0, 12]);
        assert_eq!(v4[20..], [0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]);
        let v6 = request.answer("[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().expect("an address"));
        assert_eq!(v6[..4], [1, 1, 0, 24]);
        let address = [0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9];
        assert_eq!(v6[20..28], [0, 0x20, 0, 20, 0, 2, 0xa1, 0x47]);
        assert_eq!(v6[28..], address);
        assert_eq!(v6[8..20], TRANSACTION);
    }

    #[test]
    fn only_a_binding_request_that_is_sound_in_every_length_is_answered() {
        let software = [0x80, 0x22, 0, 3, b'a', b'b', b'c', 0];
        assert!(BindingRequest::parse(&request(&software)).is_some());
        let whole = request(&software);
        for length in 0..whole.len() {
            assert_eq!(BindingRequest::parse(&whole[..length]), None, "cut to {length}");
        }
        assert_eq!(BindingRequest::parse(&[&whole[..], &[0]].concat()), None);
        let must_be_understood = [0, 6, 0, 4, b'a', b'b', b'c', b'd'];
        assert_eq!(BindingRequest::parse(&request(&must_be_understood)), None);
        assert_eq!(BindingRequest::parse(&request(&[0x80, 0x22, 0, 5, 0, 0, 0, 0])), None);
        for (index, byte) in [(0, 1), (0, 0x40), (1, 2), (4, 0)] {
            let mut other = request(&[]);
            other[index] = byte;
            assert_eq!(BindingRequest::parse(&other), None, "byte {index}");
        }
    }

    #[test]
    fn an_answer_is_never_answered() {
        let answer = BindingRequest { transaction: TRANSACTION }.answer("192.0.2.1:1".parse().expect("an address"));
        assert_eq!(BindingRequest::parse(&answer), None);
    }
}
