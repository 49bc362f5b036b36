//! What kind of request it is: each kind has its own conditions.

use warden_sip::message::Message;
use warden_sip::method::Method;

use crate::route::Dialplan;

/// The kinds of requests, with what they must show before they are heard.
///
/// | | sign-in | silent bans and pace |
/// |---|---|---|
/// | `Register`, `Call`, `Other` | yes | yes |
/// | `Options` | no: it tells nothing that a challenge would not | yes |
/// | `Emergency` | yes, also of who is banned; guesses are slowed | no |
/// | `Within` | only from another address than the phone's | no, if there is that call or subscription |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A phone tells where it is.
    Register,
    /// Somebody dials.
    Call,
    /// Somebody dials an emergency number, or gives it up.
    Emergency,
    /// Within a call or a subscription that there is, or is said to be.
    Within,
    /// What a phone asks when it wants to know whether we are there.
    Options,
    /// Everything else that costs or reveals something: subscriptions, messages, publications, transfers.
    Other,
}

impl Class {
    /// Which kind a request is.
    pub(crate) fn of(request: &Message, dialplan: &Dialplan) -> Self {
        match request.method() {
            Method::Register => Self::Register,
            _ if request.to_tag().is_some() => Self::Within,
            Method::Invite | Method::Cancel if calls_for_help(request, dialplan) => Self::Emergency,
            Method::Invite | Method::Cancel => Self::Call,
            Method::Options => Self::Options,
            // An ACK is never answered, and one of ours has a tag.
            Method::Ack
            | Method::Bye
            | Method::Info
            | Method::Update
            | Method::Prack
            | Method::Refer
            | Method::Subscribe
            | Method::Notify
            | Method::Message
            | Method::Publish
            | Method::Other => Self::Other,
        }
    }
}

fn calls_for_help(request: &Message, dialplan: &Dialplan) -> bool {
    let number = request.request_uri().ok().and_then(|uri| uri.dialled());
    number.is_some_and(|number| std::str::from_utf8(&number).is_ok_and(|number| dialplan.is_emergency(number)))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn class(method: &str, number: &str, to_tag: &str) -> Class {
        let text = format!(
            "{method} sip:{number}@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
             To: <sip:c@d>{to_tag}\r\nCall-ID: c\r\nCSeq: 1 {method}\r\n\r\n"
        );
        Class::of(&Message::parse(Bytes::from(text)).unwrap(), &Dialplan::new(["911"], []))
    }

    #[test]
    fn every_request_has_its_class() {
        assert_eq!(class("REGISTER", "911", ";tag=2"), Class::Register);
        assert_eq!(class("INVITE", "1001", ""), Class::Call);
        assert_eq!((class("INVITE", "911", ""), class("CANCEL", "911", "")), (Class::Emergency, Class::Emergency));
        assert_eq!((class("INVITE", "911", ";tag=2"), class("BYE", "1001", ";tag=2")), (Class::Within, Class::Within));
        assert_eq!((class("OPTIONS", "911", ""), class("SUBSCRIBE", "911", "")), (Class::Options, Class::Other));
    }
}
