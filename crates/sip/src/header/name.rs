//! Header field names: long and compact forms, found without regard to case.

/// Declares the known names once: variant, spelling on the wire, compact form.
macro_rules! header_names {
    ($($name:ident = $text:literal $(/ $compact:literal)?;)*) => {
        /// The name of a header field.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum HeaderName {
            $(#[doc = concat!("`", $text, "`.")] $name,)*
            /// A name that Warden has no use for; its spelling stays in the message.
            Other,
        }

        const SPELLINGS: &[(HeaderName, &str)] = &[
            $((HeaderName::$name, $text), $((HeaderName::$name, $compact),)?)*
        ];

        impl HeaderName {
            /// How many names there are, [`HeaderName::Other`] included.
            pub const COUNT: usize = Self::Other as usize + 1;

            /// The long form as it is written on the wire; empty for [`HeaderName::Other`].
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other => "",
                }
            }
        }
    };
}

header_names! {
    Accept = "Accept";
    Alert = "Alert-Info";
    Allow = "Allow";
    AllowEvents = "Allow-Events" / "u";
    AnswerMode = "Answer-Mode";
    AuthenticationInfo = "Authentication-Info";
    Authorization = "Authorization";
    CallId = "Call-ID" / "i";
    CallInfo = "Call-Info";
    Contact = "Contact" / "m";
    ContentDisposition = "Content-Disposition";
    ContentEncoding = "Content-Encoding" / "e";
    ContentLength = "Content-Length" / "l";
    ContentTransferEncoding = "Content-Transfer-Encoding";
    ContentType = "Content-Type" / "c";
    CSeq = "CSeq";
    Date = "Date";
    Diversion = "Diversion";
    Event = "Event" / "o";
    Expires = "Expires";
    FlowTimer = "Flow-Timer";
    From = "From" / "f";
    HistoryInfo = "History-Info";
    MaxForwards = "Max-Forwards";
    MinExpires = "Min-Expires";
    MinSe = "Min-SE";
    PAssertedIdentity = "P-Asserted-Identity";
    PAutoAnswer = "P-Auto-Answer";
    Path = "Path";
    Privacy = "Privacy";
    ProxyAuthenticate = "Proxy-Authenticate";
    ProxyAuthorization = "Proxy-Authorization";
    ProxyRequire = "Proxy-Require";
    RAck = "RAck";
    Reason = "Reason";
    RecordRoute = "Record-Route";
    ReferSub = "Refer-Sub";
    ReferTo = "Refer-To" / "r";
    ReferredBy = "Referred-By" / "b";
    RemotePartyId = "Remote-Party-ID";
    Replaces = "Replaces";
    Require = "Require";
    RetryAfter = "Retry-After";
    Route = "Route";
    RSeq = "RSeq";
    Server = "Server";
    SessionExpires = "Session-Expires" / "x";
    SipEtag = "SIP-ETag";
    SipIfMatch = "SIP-If-Match";
    Subject = "Subject" / "s";
    SubscriptionState = "Subscription-State";
    Supported = "Supported" / "k";
    Timestamp = "Timestamp";
    To = "To" / "t";
    Unsupported = "Unsupported";
    UserAgent = "User-Agent";
    Via = "Via" / "v";
    Warning = "Warning";
    WwwAuthenticate = "WWW-Authenticate";
}

const SLOTS: usize = 256;

/// Open addressing with linear probing, laid out by the compiler: slot to `SPELLINGS` index plus one, 0 when empty.
const TABLE: [u8; SLOTS] = table();

#[expect(clippy::indexing_slicing, reason = "a const fn has no iterators; evaluated by the compiler")]
#[expect(clippy::cast_possible_truncation, reason = "fewer than 255 spellings")]
const fn table() -> [u8; SLOTS] {
    let mut table = [0; SLOTS];
    let mut index = 0;
    while index < SPELLINGS.len() {
        let text = SPELLINGS[index].1.as_bytes();
        let mut slot = slot(text.len(), text[0], text[text.len() - 1], text[text.len() / 2]);
        while table[slot] != 0 {
            slot = (slot + 1) % SLOTS;
        }
        table[slot] = index as u8 + 1;
        index += 1;
    }
    table
}

const fn slot(len: usize, first: u8, last: u8, middle: u8) -> usize {
    let (first, last, middle) = ((first | 0x20) as usize, (last | 0x20) as usize, (middle | 0x20) as usize);
    (len * 29 + first * 7 + last * 3 + middle * 13) % SLOTS
}

impl HeaderName {
    /// The name that `spelling` is the long or compact form of.
    #[inline]
    #[must_use]
    pub fn from_spelling(spelling: &[u8]) -> Self {
        let (Some(&first), Some(&last), Some(&middle)) =
            (spelling.first(), spelling.last(), spelling.get(spelling.len() / 2))
        else {
            return Self::Other;
        };
        let mut slot = slot(spelling.len(), first, last, middle);
        while let Some((name, text)) =
            TABLE.get(slot).and_then(|&entry| SPELLINGS.get(usize::from(entry).checked_sub(1)?))
        {
            // The usual spelling is compared at a stroke, any other byte by byte.
            if text.as_bytes() == spelling || text.as_bytes().eq_ignore_ascii_case(spelling) {
                return *name;
            }
            slot = (slot + 1) % SLOTS;
        }
        Self::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_found_in_any_case() {
        for (name, text) in SPELLINGS {
            assert_eq!(HeaderName::from_spelling(text.as_bytes()), *name);
            assert_eq!(HeaderName::from_spelling(text.to_ascii_uppercase().as_bytes()), *name);
            assert_eq!(HeaderName::from_spelling(text.to_ascii_lowercase().as_bytes()), *name);
        }
    }

    #[test]
    fn an_unknown_name_is_other() {
        for text in ["", "Q", "Viaa", "Fro", "NewFangledHeader", "Content_Length"] {
            assert_eq!(HeaderName::from_spelling(text.as_bytes()), HeaderName::Other, "{text}");
        }
    }
}
