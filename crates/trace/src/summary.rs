//! A message in one line: what it is, and the headers that say why.

use std::fmt::Write as _;

use bytes::Bytes;
use warden_sdp::Direction;
use warden_sdp::description::Description;
use warden_sip::header::HeaderName;
use warden_sip::message::Message;

/// Shown with its value wherever it stands, since it says why something happens.
const TELLING: [HeaderName; 12] = [
    HeaderName::Reason,
    HeaderName::RetryAfter,
    HeaderName::SessionExpires,
    HeaderName::MinSe,
    HeaderName::Require,
    HeaderName::ReferTo,
    HeaderName::ReferredBy,
    HeaderName::Replaces,
    HeaderName::Event,
    HeaderName::SubscriptionState,
    HeaderName::RSeq,
    HeaderName::RAck,
];

/// `INVITE 1`, `180 Ringing (1 INVITE)`, with `+ sdp` for a session description and the headers that tell most.
///
/// It holds what phones have written, control characters too.
#[must_use]
pub fn summary(bytes: &Bytes) -> String {
    let Ok(message) = Message::parse(bytes.clone()) else { return "unreadable".into() };
    let method = String::from_utf8_lossy(message.method_name()).into_owned();
    let sequence = message.sequence();
    let mut text = match message.status() {
        Some(status) => {
            let reason = String::from_utf8_lossy(message.reason()).into_owned();
            format!("{} {reason} ({sequence} {method})", status.code())
        }
        None => format!("{method} {sequence}"),
    };
    text.push_str(&description(&message));
    let redirects = message.status().is_some_and(|status| status.code() / 100 == 3);
    for name in TELLING.into_iter().chain(redirects.then_some(HeaderName::Contact)) {
        for value in message.headers(name) {
            // Writing to a String cannot fail.
            let _ = write!(text, "  {}: {}", name.text(), String::from_utf8_lossy(value));
        }
    }
    if message.has_content_type("message/sipfrag") {
        // Writing to a String cannot fail.
        let _ = write!(text, "  \"{}\"", String::from_utf8_lossy(message.body()).trim_end());
    }
    text
}

/// ` + sdp`, and the direction of its first stream unless that is the usual one; empty when there is none.
fn description(message: &Message) -> String {
    let Ok(Some(text)) = message.session_description() else { return String::new() };
    let description = Description::parse(text).ok();
    let direction = description.and_then(|description| description.media_at(0).map(|media| media.direction()));
    let unusual = direction.filter(|direction| *direction != Direction::SendRecv);
    unusual.map_or_else(|| " + sdp".into(), |direction| format!(" + sdp {}", direction.text()))
}
