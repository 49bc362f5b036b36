//! What a REFER asks for: the number, or the dialog whose far end the other party is to talk to.

use warden_sip::endpoint::Reply;
use warden_sip::header::{HeaderName, NameAddr, Replaces};
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::uri::Uri;

/// A dialog as a phone names it; it stands in another call of ours, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Named {
    pub(in super::super) call_id: Box<[u8]>,
    pub(in super::super) our_tag: Box<[u8]>,
    pub(in super::super) phone_tag: Box<[u8]>,
    /// Only as long as it is not answered.
    pub(in super::super) early_only: bool,
}

impl Named {
    pub(in super::super) fn of(replaces: &Replaces<'_>) -> Self {
        let Replaces { call_id, to_tag, from_tag, early_only } = *replaces;
        Self { call_id: call_id.into(), our_tag: to_tag.into(), phone_tag: from_tag.into(), early_only }
    }
}

/// Who the other party is to talk to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Who has this number.
    Number(String),
    /// Who is at the far end of the call with this dialog.
    FarEnd(Named),
}

impl Target {
    /// Reads `Refer-To`. Its host is not looked at, as that of a dialled number is not.
    ///
    /// # Errors
    /// The answer to the REFER.
    pub(super) fn of(refer: &Message) -> Result<Self, Box<Reply>> {
        let mut values = refer.headers(HeaderName::ReferTo);
        let value = values.next().ok_or_else(|| Box::new(bad("Missing Refer-To")))?;
        if values.next().is_some() {
            return Err(bad("More Than One Refer-To").into());
        }
        let malformed = || Box::new(bad("Malformed Refer-To"));
        let address = NameAddr::parse(value).map_err(|_| malformed())?;
        let uri = address.uri().map_err(|_| malformed())?;
        if let Uri::Other(_) = uri {
            return Err(Reply::new(Status::UNSUPPORTED_URI_SCHEME).into());
        }
        let method = uri.as_sip().and_then(|uri| uri.params.get("method"));
        if method.is_some_and(|method| method.value != Some(b"INVITE")) {
            return Err(refused(Status::FORBIDDEN, "Only Calls Are Transferred").into());
        }
        if let Some(replaces) = uri.as_sip().and_then(|uri| uri.header("Replaces")) {
            let named = Replaces::parse(&replaces).map_err(|_| Box::new(bad("Malformed Replaces")))?;
            return Ok(Self::FarEnd(Named::of(&named)));
        }
        let number = uri.dialled().ok_or_else(|| Box::new(bad("No Number In Refer-To")))?;
        // No number has other letters; what is none is unknown to the dialplan.
        Ok(Self::Number(String::from_utf8(number).unwrap_or_default()))
    }
}

fn bad(reason: &'static str) -> Reply {
    refused(Status::BAD_REQUEST, reason)
}

pub(super) fn refused(status: Status, reason: &'static str) -> Reply {
    Reply { reason: Some(reason), ..Reply::new(status) }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn target(refer_to: &str) -> Result<Target, (u16, &'static str)> {
        let text = format!(
            "REFER sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n\
             Call-ID: 1\r\nCSeq: 1 REFER\r\n{refer_to}\r\n"
        );
        let refer = Message::parse(Bytes::from(text)).expect("parses");
        Target::of(&refer).map_err(|reply| (reply.status.code(), reply.reason.unwrap_or_default()))
    }

    #[test]
    fn a_number_is_read_however_it_is_written() {
        let number = Ok(Target::Number("1003".into()));
        for refer_to in [
            "Refer-To: <sip:1003@b>",
            "r: sip:1003@b;x=y",
            "Refer-To: \"C\" <sip:1003@b;method=INVITE>",
            "Refer-To: tel:1003",
        ] {
            assert_eq!(target(&format!("{refer_to}\r\n")), number, "{refer_to}");
        }
    }

    #[test]
    fn a_dialog_is_read_with_our_tag_as_its_to_tag() {
        let named =
            Named { call_id: (*b"x@y").into(), our_tag: (*b"12").into(), phone_tag: (*b"34").into(), early_only: true };
        let refer_to =
            "Refer-To: <sip:b?Require=replaces&Replaces=x%40y%3Bto-tag%3D12%3Bfrom-tag%3D34%3Bearly-only>\r\n";
        assert_eq!(target(refer_to), Ok(Target::FarEnd(named)));
    }

    #[test]
    fn what_cannot_be_done_is_refused_in_words() {
        for (refer_to, refused) in [
            ("", (400, "Missing Refer-To")),
            ("Refer-To: <sip:1@b>\r\nRefer-To: <sip:2@b>\r\n", (400, "More Than One Refer-To")),
            ("Refer-To: <sip:1@b>, <sip:2@b>\r\n", (400, "Malformed Refer-To")),
            ("Refer-To: <sip:>\r\n", (400, "Malformed Refer-To")),
            ("Refer-To: <sip:b>\r\n", (400, "No Number In Refer-To")),
            ("Refer-To: <http://b/>\r\n", (416, "")),
            ("Refer-To: <sip:1@b;method=BYE>\r\n", (403, "Only Calls Are Transferred")),
            ("Refer-To: <sip:1@b?Replaces=x>\r\n", (400, "Malformed Replaces")),
        ] {
            assert_eq!(target(refer_to), Err(refused), "{refer_to}");
        }
    }
}
