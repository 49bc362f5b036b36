//! Why a call ends (RFC 3326), as the other end is told: a call that was taken elsewhere is no missed call.

use warden_sip::header::{HeaderName, Params};
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::write::Headers;

/// One reason for each protocol, as the standard allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reason {
    sip: Option<Status>,
    /// A cause of the telephone network, 1 to 127.
    q850: Option<u8>,
}

impl Reason {
    /// Another phone has taken the call.
    pub(super) const ANSWERED: Self = Self { sip: Some(Status::OK), q850: None };

    /// Why the phones that still ring are silenced when the caller gets `status`; a missed call needs no reason.
    pub(super) fn of(status: Status) -> Option<Self> {
        (status >= Status::BUSY_EVERYWHERE).then_some(Self { sip: Some(Status::DECLINE), q850: None })
    }

    /// What a phone says of why. Its words are left behind: those that go with the cause are known.
    pub(super) fn told(message: &Message) -> Option<Self> {
        let mut told = Self::default();
        for value in message.members(HeaderName::Reason) {
            let (protocol, params) = value.split_at(value.iter().position(|&b| b == b';').unwrap_or(value.len()));
            let cause = Params::new(params.strip_prefix(b";").unwrap_or_default()).value("cause");
            let Some(cause) = cause.and_then(warden_sip::grammar::number) else { continue };
            if protocol.trim_ascii().eq_ignore_ascii_case(b"SIP") {
                told.sip = told.sip.or(Status::from_code(cause));
            } else if protocol.trim_ascii().eq_ignore_ascii_case(b"Q.850") {
                told.q850 = told.q850.or(u8::try_from(cause).ok().filter(|cause| (1..=127).contains(cause)));
            }
        }
        (told != Self::default()).then_some(told)
    }

    /// The cause of the telephone network alone: in a response the status says the rest (RFC 6432).
    pub(super) fn of_network(self) -> Option<Self> {
        self.q850.map(|cause| Self { sip: None, q850: Some(cause) })
    }

    pub(super) fn add(self, headers: &mut Headers) {
        if let Some(status) = self.sip {
            let text = match status {
                Status::OK => "Call completed elsewhere",
                Status::DECLINE => "Declined",
                other => other.reason(),
            };
            headers.add(HeaderName::Reason, format!("SIP;cause={};text=\"{text}\"", status.code()).as_bytes());
        }
        if let Some(cause) = self.q850 {
            headers.add(HeaderName::Reason, format!("Q.850;cause={cause}").as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn passed_on(reasons: &str) -> String {
        let text = format!(
            "BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n\
             Call-ID: 1\r\nCSeq: 7 BYE\r\n{reasons}\r\n"
        );
        let mut headers = Headers::new();
        if let Some(reason) = Reason::told(&Message::parse(Bytes::from(text)).expect("parses")) {
            reason.add(&mut headers);
        }
        String::from_utf8_lossy(headers.text()).into_owned()
    }

    #[test]
    fn the_causes_are_passed_on_and_the_words_are_ours() {
        assert_eq!(
            passed_on("Reason: Q.850 ;cause=16;text=\"x, y\", SIP;cause=486;text=\"z\"\r\n"),
            "Reason: SIP;cause=486;text=\"Busy Here\"\r\nReason: Q.850;cause=16\r\n"
        );
        assert_eq!(
            passed_on("Reason: sip;cause=200\r\n"),
            "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n"
        );
    }

    #[test]
    fn what_is_no_cause_is_left_out() {
        for nothing in ["", "Reason: SIP\r\n", "Reason: Q.850;cause=300\r\n", "Reason: X;cause=1\r\n", "Reason: \r\n"] {
            assert_eq!(passed_on(nothing), "", "{nothing}");
        }
    }
}
