//! What is wrong with a session description, in the words of the standard (RFC 3261 §20.43).

use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::write::Headers;

/// One warning that a machine can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Warning {
    code: u16,
    text: &'static str,
}

/// All that there are; 399 says nothing.
const KNOWN: [Warning; 11] = [
    Warning { code: 300, text: "Incompatible network protocol" },
    Warning { code: 301, text: "Incompatible network address formats" },
    Warning::MEDIA_TRANSPORT,
    Warning { code: 303, text: "Incompatible bandwidth units" },
    Warning { code: 304, text: "Media type not available" },
    Warning::MEDIA_FORMAT,
    Warning { code: 306, text: "Attribute not understood" },
    Warning { code: 307, text: "Session description parameter not understood" },
    Warning { code: 330, text: "Multicast not available" },
    Warning { code: 331, text: "Unicast not available" },
    Warning { code: 370, text: "Insufficient bandwidth" },
];

impl Warning {
    pub(super) const MEDIA_FORMAT: Self = Self { code: 305, text: "Incompatible media format" };
    pub(super) const MEDIA_TRANSPORT: Self = Self { code: 302, text: "Incompatible transport protocol" };
    pub(super) const UNSAFE_KEYS: Self =
        Self { code: 302, text: "Keys for encrypted audio are not taken over unencrypted signalling: use TLS" };

    /// The first that a phone's refusal has. Its own words are left behind: nobody knows what they tell.
    pub(super) fn told(response: &Message) -> Option<Self> {
        let code = |value: &[u8]| std::str::from_utf8(value.get(..3)?).ok()?.parse::<u16>().ok();
        let known = |value: &[u8]| code(value).and_then(|code| KNOWN.into_iter().find(|known| known.code == code));
        response.members(HeaderName::Warning).find_map(known)
    }

    pub(super) fn add(self, headers: &mut Headers) {
        let Self { code, text } = self;
        headers.add(HeaderName::Warning, format!("{code} warden \"{text}\"").as_bytes());
    }
}
