//! A call as a ladder: every message with its time, who sent it to whom, and what became of it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use warden_sip::message::Message;

use crate::network::Fate;

/// One message sent.
pub(crate) struct Rung {
    pub(crate) at: Duration,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Bytes,
    pub(crate) fate: Fate,
}

/// Draws the ladder; `name` gives each address the name that people know.
pub(crate) fn draw(rungs: &[Rung], name: impl Fn(SocketAddr) -> String) -> String {
    let mut text = String::new();
    for rung in rungs {
        let note = match rung.fate {
            Fate::Delivered => "",
            Fate::Doubled => "  (twice)",
            Fate::Lost => "  (lost)",
        };
        let (from, to, message) = (name(rung.from), name(rung.to), summary(&rung.bytes));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:>7.3}  {from:>6} → {to:<6}  {message}{note}", rung.at.as_secs_f64());
    }
    text
}

/// `INVITE 1`, `180 Ringing (1 INVITE)`, with `+ sdp` for a session description.
fn summary(bytes: &Bytes) -> String {
    let Ok(message) = Message::parse(bytes.clone()) else { return "unreadable".into() };
    let method = String::from_utf8_lossy(message.method_name()).into_owned();
    let body = if message.has_content_type("application/sdp") { " + sdp" } else { "" };
    let sequence = message.sequence();
    match message.status() {
        Some(status) => {
            let reason = String::from_utf8_lossy(message.reason()).into_owned();
            format!("{} {reason} ({sequence} {method}){body}", status.code())
        }
        None => format!("{method} {sequence}{body}"),
    }
}
