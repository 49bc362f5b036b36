//! A call as a ladder: every message with its time, who sent it to whom, and what became of it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use warden_trace::summary;

use crate::network::Fate;

/// One message sent.
pub(crate) struct Rung {
    pub(crate) at: Duration,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Bytes,
    pub(crate) fate: Fate,
}

/// Draws the ladder from `beginning` on; `name` gives each address the name that people know.
pub(crate) fn draw(rungs: &[Rung], beginning: Duration, name: impl Fn(SocketAddr) -> String) -> String {
    let mut text = String::new();
    for rung in rungs {
        let Some(at) = rung.at.checked_sub(beginning) else { continue };
        let note = match rung.fate {
            Fate::Delivered => "",
            Fate::Doubled => "  (twice)",
            Fate::Lost => "  (lost)",
        };
        let (from, to, message) = (name(rung.from), name(rung.to), summary(&rung.bytes));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:>7.3}  {from:>6} → {to:<6}  {message}{note}", at.as_secs_f64());
    }
    text
}
