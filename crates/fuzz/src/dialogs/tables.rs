//! What messages are made of. The first entry of each table is the usual one.

use crate::choices::Choices;

pub(super) const DIALLED: [&str; 10] = ["1002", "1003", "1001", "1004", "1005", "112", "2001", "3001", "9999", "1900"];

/// What follows the common headers of an INVITE.
pub(super) const INVITE_EXTRAS: [&str; 12] = [
    "",
    "Supported: 100rel, timer, replaces\r\n",
    "Require: 100rel\r\nSupported: timer\r\n",
    "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\nMin-SE: 90\r\n",
    "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n",
    "Supported: timer\r\nSession-Expires: 30\r\n",
    "Privacy: id\r\n",
    "Privacy: header; session; user; critical\r\n",
    "Diversion: <sip:1009@10.0.0.1>;reason=no-answer\r\nHistory-Info: <sip:1009@10.0.0.1>;index=1\r\n",
    "Record-Route: <sip:10.9.9.9;lr>\r\n",
    "Alert-Info: <http://10.0.0.1/ring>\r\nPriority: emergency\r\nSubject: x\r\n",
    "Expires: 5\r\n",
];

/// What follows those of an answer.
pub(super) const ANSWER_EXTRAS: [&str; 10] = [
    "",
    "Supported: timer, replaces\r\nSession-Expires: 90;refresher=uas\r\nRequire: timer\r\n",
    "Session-Expires: 90;refresher=uac\r\nRequire: timer\r\n",
    "Require: 100rel\r\nRSeq: 1\r\n",
    "Require: 100rel\r\nRSeq: 2\r\n",
    "Require: 100rel\r\nRSeq: 4294967295\r\n",
    "Retry-After: 1\r\n",
    "Min-SE: 600\r\n",
    "Record-Route: <sip:10.9.9.9;lr>\r\n",
    "WWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\nWarning: 399 x \"y\"\r\n",
];

pub(super) const PROVISIONAL: [u16; 6] = [180, 183, 100, 181, 182, 199];
pub(super) const FAILURES: [u16; 24] = [
    486, 404, 302, 408, 480, 481, 487, 491, 500, 503, 603, 401, 407, 422, 423, 415, 420, 488, 300, 305, 380, 410, 501,
    600,
];

/// Session descriptions without their first lines; the usual one offers and answers everything.
const DESCRIPTIONS: [&str; 9] = [
    "m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n",
    "m=audio 4000 RTP/AVP 8\r\n",
    "m=audio 4000 RTP/AVP 0 8\r\na=sendonly\r\n",
    "m=audio 4000 RTP/AVP 0 8\r\na=inactive\r\n",
    "m=audio 0 RTP/AVP 0 8\r\n",
    "m=audio 4000 RTP/AVP 18\r\n",
    "m=audio 4010 RTP/AVP 0 8\r\na=rtcp-mux\r\nm=video 4020 RTP/AVP 31\r\n",
    "m=image 4006 udptl t38\r\na=T38FaxVersion:0\r\n",
    "m=audio 4000 RTP/SAVP 0\r\n",
];
/// What a message carries.
#[derive(Clone, Copy)]
pub(super) enum Body {
    None,
    /// One of the descriptions by its place; a place after the last stands for nonsense.
    Sdp(usize),
    /// Text whose type the other headers say.
    Text(&'static str),
}

impl Body {
    /// One of those that describe sessions, or none.
    pub(super) fn choose(choices: &mut Choices<'_>) -> Self {
        choices.below(DESCRIPTIONS.len() + 2).checked_sub(1).map_or(Self::None, Self::Sdp)
    }

    /// The header that says what it is, and the text. `version` counts the descriptions of a phone.
    pub(super) fn print(self, host: usize, version: u32) -> (&'static str, String) {
        let kind = match self {
            Self::None => return ("", String::new()),
            Self::Text(text) => return ("", text.to_owned()),
            Self::Sdp(kind) => kind,
        };
        let media = DESCRIPTIONS.get(kind).copied().unwrap_or("nonsense");
        let text = format!(
            "v=0\r\no=- 1 {version} IN IP4 192.0.2.{host}\r\ns=-\r\nc=IN IP4 192.0.2.{host}\r\nt=0 0\r\n{media}"
        );
        ("Content-Type: application/sdp\r\n", text)
    }
}

/// A request that is not INVITE: its method, the headers that it needs besides, its body.
pub(super) type Form = (&'static str, &'static str, Body);

const TEXT: &str = "Content-Type: text/plain\r\n";

/// Within a dialog.
pub(super) const WITHIN: [Form; 12] = [
    ("BYE", "", Body::None),
    ("UPDATE", "", Body::Sdp(2)),
    ("UPDATE", "Session-Expires: 90;refresher=uac\r\nSupported: timer\r\n", Body::None),
    ("INFO", "Content-Type: application/dtmf-relay\r\n", Body::Text("Signal=5\r\nDuration=160\r\n")),
    ("OPTIONS", "", Body::None),
    (
        "NOTIFY",
        "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\nContent-Type: message/sipfrag\r\n",
        Body::Text("SIP/2.0 200 OK\r\n"),
    ),
    ("NOTIFY", "Event: dialog\r\nSubscription-State: active\r\n", Body::None),
    ("MESSAGE", TEXT, Body::Text("Hello")),
    ("SUBSCRIBE", "Event: dialog\r\nExpires: 60\r\n", Body::None),
    ("SUBSCRIBE", "Event: dialog\r\nExpires: 0\r\n", Body::None),
    ("SUBSCRIBE", "Event: refer\r\nExpires: 0\r\n", Body::None),
    ("UPDATE", "", Body::Sdp(0)),
];

/// Outside of dialogs.
pub(super) const OUTSIDE: [Form; 13] = [
    ("SUBSCRIBE", "Event: dialog\r\nExpires: 300\r\nSupported: eventlist\r\n", Body::None),
    ("SUBSCRIBE", "Event: presence\r\nExpires: 300\r\n", Body::None),
    ("SUBSCRIBE", "Event: message-summary\r\nExpires: 300\r\n", Body::None),
    ("SUBSCRIBE", "Event: reg\r\nExpires: 300\r\n", Body::None),
    ("SUBSCRIBE", "Event: dialog\r\nExpires: 0\r\n", Body::None),
    ("SUBSCRIBE", "Event: nothing\r\n", Body::None),
    ("MESSAGE", TEXT, Body::Text("Hello")),
    ("MESSAGE", "Content-Type: text/plain\r\nExpires: 20\r\n", Body::Text("Hello")),
    (
        "PUBLISH",
        "Event: presence\r\nExpires: 60\r\nContent-Type: application/pidf+xml\r\n",
        Body::Text(include_str!("../../../../fuzz/corpus/pidf/away.xml")),
    ),
    ("PUBLISH", "Event: presence\r\nExpires: 0\r\nSIP-If-Match: 0\r\n", Body::None),
    ("OPTIONS", "", Body::None),
    ("NOTIFY", "Event: refer\r\nSubscription-State: active\r\n", Body::None),
    ("BYE", "", Body::None),
];

pub(super) const SPANS_MS: [u64; 12] =
    [20, 200, 500, 1000, 2000, 4000, 10_000, 16_000, 33_000, 61_000, 120_000, 700_000];
