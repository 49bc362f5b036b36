//! Reliable provisional responses (RFC 3262): `RSeq` in the response, `RAck` in the PRACK for it.

use super::{CSeq, HeaderError, HeaderName};
use crate::grammar::{number, trim};
use crate::message::Message;
use crate::method::Method;
use crate::print::Print;
use crate::status::Status;

/// The option tag of whoever sends and understands them.
pub const OPTION: &str = "100rel";

/// Which response a PRACK is for (RFC 3262 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RAck<'a> {
    /// The response's `RSeq`.
    pub rseq: u32,
    /// The response's `CSeq`.
    pub cseq: CSeq<'a>,
}

impl<'a> RAck<'a> {
    /// Parses `776656 1 INVITE`.
    ///
    /// # Errors
    /// [`HeaderError::Number`] unless it starts with a number, otherwise as [`CSeq::parse`].
    pub fn parse(value: &'a [u8]) -> Result<Self, HeaderError> {
        let value = trim(value);
        let digits = value.iter().position(|b| !b.is_ascii_digit()).unwrap_or(value.len());
        let (rseq, cseq) = value.split_at(digits);
        let rseq = number(rseq).ok_or(HeaderError::Number)?;
        Ok(Self { rseq, cseq: CSeq::parse(cseq)? })
    }

    /// Whether it is for the response with this number to the INVITE with this one.
    #[must_use]
    pub fn is_for(&self, rseq: u32, invite_sequence: u32) -> bool {
        self.rseq == rseq && self.cseq.sequence == invite_sequence && self.cseq.method() == Method::Invite
    }
}

impl Print for RAck<'_> {
    fn print(&self, out: &mut Vec<u8>) {
        self.rseq.print(out);
        out.push(b' ');
        self.cseq.print(out);
    }
}

impl Message {
    /// The `RSeq` of a provisional response to INVITE that must be confirmed by PRACK; `None` for any other message.
    #[must_use]
    pub fn rseq(&self) -> Option<u32> {
        let status = self.status()?;
        let is_numbered = status.is_provisional() && status != Status::TRYING;
        let is_reliable = is_numbered && self.method() == Method::Invite && self.requires(OPTION);
        self.header(HeaderName::RSeq).filter(|_| is_reliable).and_then(number)
    }

    /// What a PRACK is for; `None` when it does not say so.
    #[must_use]
    pub fn rack(&self) -> Option<RAck<'_>> {
        RAck::parse(self.header(HeaderName::RAck)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn ringing(status: &str, headers: &str) -> Message {
        let text = format!(
            "SIP/2.0 {status} x\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n\
             Call-ID: 1\r\nCSeq: 1 INVITE\r\n{headers}\r\n"
        );
        Message::parse(Bytes::from(text)).expect("parses")
    }

    #[test]
    fn a_prack_names_number_sequence_and_method() {
        let rack = RAck::parse(b"776656  1 INVITE").expect("sound");
        assert_eq!(rack.printed(), b"776656 1 INVITE");
        assert!(rack.is_for(776_656, 1));
        assert!(!rack.is_for(776_657, 1) && !rack.is_for(776_656, 2));
        assert!(!RAck::parse(b"1 1 UPDATE").expect("sound").is_for(1, 1));
        for bad in [&b""[..], b"1", b"1 INVITE", b"x 1 INVITE", b"4294967296 1 INVITE"] {
            assert!(RAck::parse(bad).is_err(), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn a_response_is_reliable_if_it_says_so_and_is_numbered() {
        let headers = "Require: timer, 100rel\r\nRSeq: 7\r\n";
        assert_eq!(ringing("180", headers).rseq(), Some(7));
        for (status, headers) in
            [("180", "RSeq: 7\r\n"), ("180", "Require: 100rel\r\n"), ("100", headers), ("200", headers)]
        {
            assert_eq!(ringing(status, headers).rseq(), None, "{status} {headers}");
        }
    }
}
