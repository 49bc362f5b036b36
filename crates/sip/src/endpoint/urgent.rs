//! Calls that must get through: those to the numbers that the owner names.

use std::sync::Arc;

use crate::message::Message;
use crate::method::Method;

/// The numbers, which are emergency numbers.
#[derive(Default)]
pub(super) struct Urgent {
    numbers: Arc<[Box<str>]>,
}

impl Urgent {
    pub(super) fn new(numbers: Arc<[Box<str>]>) -> Self {
        Self { numbers }
    }

    /// Whether somebody dials one of the numbers.
    pub(super) fn is_dialled_by(&self, request: &Message) -> bool {
        let number = request.request_uri().ok().and_then(|uri| uri.dialled());
        request.method() == Method::Invite && self.has(number)
    }

    /// The same, or whether a request belongs to such a call: its To is still what was dialled (RFC 3261 §12.2.1.1).
    pub(super) fn is_concerned_by(&self, request: &Message) -> bool {
        let called = || request.to().ok().and_then(|to| to.uri().ok()?.dialled());
        self.is_dialled_by(request) || (request.to_tag().is_some() && self.has(called()))
    }

    fn has(&self, number: Option<Vec<u8>>) -> bool {
        number.is_some_and(|number| self.numbers.iter().any(|urgent| urgent.as_bytes() == number))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_call_is_urgent_from_its_invite_to_its_end_and_nothing_else_is() {
        let is_urgent = |method: &str, uri: &str, to: &str| {
            let text = format!(
                "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: {to}\r\n\
                 Call-ID: c\r\nCSeq: 1 {method}\r\n\r\n"
            );
            Urgent::new(["911".into()].into()).is_concerned_by(&Message::parse(Bytes::from(text)).unwrap())
        };
        assert!(is_urgent("INVITE", "sip:911@a", "<sip:911@a>") && is_urgent("INVITE", "tel:911", "<sip:x@a>"));
        assert!(is_urgent("INVITE", "sip:a", "<sip:911@a>;tag=2") && is_urgent("BYE", "sip:a", "<sip:911@a>;tag=2"));
        assert!(
            !is_urgent("INVITE", "sip:1001@a", "<sip:911@a>") && !is_urgent("REGISTER", "sip:911@a", "<sip:911@a>")
        );
        assert!(!is_urgent("BYE", "sip:a", "<sip:1001@a>;tag=2"));
    }
}
