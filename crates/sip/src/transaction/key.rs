//! How transactions are found: 128 bits of a keyed hash stand for what RFC 3261 §17.2.3 compares.
//!
//! The key of the hash is random, so nobody can choose two requests that collide, and a lingering transaction keeps
//! 16 bytes instead of the header values.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use siphasher::sip128::{Hasher128, SipHasher13};

use crate::message::Message;
use crate::method::Method;

/// What identifies a server transaction, or the INVITE that an ACK belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Hashed(u128);

impl Hashed {
    /// 64 bits of it, for a To tag that the same request always gets.
    pub(crate) fn half(self) -> u64 {
        (self.0 >> 64) as u64
    }
}

/// Makes keys with one process-wide secret.
#[derive(Clone)]
pub(crate) struct KeyHasher {
    secret: [u64; 2],
}

impl KeyHasher {
    pub(crate) fn new(secret: [u64; 2]) -> Self {
        Self { secret }
    }

    /// The transaction that `request` belongs to, as if its method were `method` (RFC 3261 §17.2.3).
    pub(crate) fn transaction(&self, request: &Message, method: Method) -> Hashed {
        let name = if method == Method::Other { request.method_name() } else { method.name().as_bytes() };
        match request.branch() {
            Some(branch) => self.hash(&[branch, request.sent_by(), name]),
            None => self.hash(&[
                request.request_uri_text(),
                request.from_tag(),
                request.call_id(),
                &request.sequence().to_be_bytes(),
                request.header(crate::header::HeaderName::Via).unwrap_or_default(),
                name,
            ]),
        }
    }

    /// The request as its sender numbers it: the same on every path that it takes (RFC 3261 §8.2.2.2), and the same for
    /// an INVITE and the ACK for its 2xx.
    pub(crate) fn origin(&self, request: &Message, method: Method) -> Hashed {
        let sequence = request.sequence().to_be_bytes();
        self.hash(&[request.call_id(), request.from_tag(), &sequence, method.name().as_bytes(), b"origin"])
    }

    fn hash(&self, parts: &[&[u8]]) -> Hashed {
        let mut hasher = SipHasher13::new_with_keys(self.secret[0], self.secret[1]);
        for part in parts {
            hasher.write_usize(part.len());
            hasher.write(part);
        }
        Hashed(hasher.finish128().as_u128())
    }
}

/// A map whose keys are random, or numbered by ourselves: nobody outside can make them collide.
pub(crate) type RandomKeys<K, V> = HashMap<K, V, BuildHasherDefault<TakeLast>>;

/// Takes the last eight bytes written as the hash.
#[derive(Default)]
pub(crate) struct TakeLast(u64);

impl Hasher for TakeLast {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }

    #[expect(clippy::cast_possible_truncation, reason = "any 64 of the 128 random bits will do")]
    fn write_u128(&mut self, word: u128) {
        self.0 = word as u64;
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn request(method: &str, via: &str, to: &str) -> Message {
        let text = format!(
            "{method} sip:bob@b SIP/2.0\r\nVia: {via}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:bob@b>{to}\r\nCall-ID: x\r\n\
             CSeq: 7 {method}\r\n\r\n"
        );
        Message::parse(Bytes::from(text)).expect("parses")
    }

    #[test]
    fn an_ack_for_a_failure_has_its_invites_key_and_a_cancel_can_ask_for_it() {
        let keys = KeyHasher::new([1, 2]);
        for via in ["SIP/2.0/UDP h:5060;branch=z9hG4bKabc", "SIP/2.0/UDP h:5060"] {
            let invite = keys.transaction(&request("INVITE", via, ""), Method::Invite);
            assert_eq!(keys.transaction(&request("ACK", via, ";tag=2"), Method::Invite), invite);
            assert_eq!(keys.transaction(&request("CANCEL", via, ""), Method::Invite), invite);
            assert_ne!(keys.transaction(&request("CANCEL", via, ""), Method::Cancel), invite);
        }
    }

    #[test]
    fn branch_sender_and_secret_all_matter() {
        let keys = KeyHasher::new([1, 2]);
        let key = |via| keys.transaction(&request("OPTIONS", via, ""), Method::Options);
        let base = key("SIP/2.0/UDP h:5060;branch=z9hG4bKabc");
        assert_ne!(key("SIP/2.0/UDP h:5061;branch=z9hG4bKabc"), base);
        assert_ne!(key("SIP/2.0/UDP h:5060;branch=z9hG4bKabd"), base);
        let others = KeyHasher::new([1, 3]);
        let same = request("OPTIONS", "SIP/2.0/UDP h:5060;branch=z9hG4bKabc", "");
        assert_ne!(others.transaction(&same, Method::Options), base);
    }

    #[test]
    fn a_request_that_came_by_two_ways_has_one_origin() {
        let keys = KeyHasher::new([1, 2]);
        let one = request("INVITE", "SIP/2.0/UDP p1;branch=z9hG4bK1", "");
        let two = request("INVITE", "SIP/2.0/UDP p2;branch=z9hG4bK2", "");
        assert_eq!(keys.origin(&one, Method::Invite), keys.origin(&two, Method::Invite));
        assert_ne!(keys.transaction(&one, Method::Invite), keys.transaction(&two, Method::Invite));
    }
}
