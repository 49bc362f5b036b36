//! Who has sent a call on, as the next phone is told: Diversion (RFC 5806) and History-Info (RFC 7044).

mod brought;

use std::net::IpAddr;

use warden_sip::header::{HeaderName, NameAddr, Params};
use warden_sip::message::Message;
use warden_sip::print::Print;
use warden_sip::status::Status;
use warden_sip::write::Headers;

use super::identity::{add_user, address_for};
use super::leg::Fork;
use super::party;
use super::privacy::{NOBODY, asks_privacy};
use crate::directory::{Directory, Extension};
use crate::registrar::Binding;

/// What may be said of why (RFC 5806 §4).
const REASONS: [&str; 11] = [
    "unknown",
    "user-busy",
    "no-answer",
    "unavailable",
    "unconditional",
    "time-of-day",
    "do-not-disturb",
    "deflection",
    "follow-me",
    "out-of-service",
    "away",
];

pub(super) use self::brought::brought;

/// One that has sent a call on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Diversion {
    by: Extension,
    /// One of [`REASONS`].
    reason: &'static str,
    /// The status that it has done so by.
    status: u16,
    /// It does not want to be known.
    is_private: bool,
    /// We know that it was this one; else somebody has told us so.
    is_screened: bool,
}

impl Diversion {
    /// `fork` sends the call on by this 3xx. Why, the phone may say itself.
    pub(super) fn by(fork: &Fork, response: &Message) -> Self {
        let said = response.header(HeaderName::Diversion).and_then(|value| NameAddr::parse(value).ok());
        // One that has rung has asked somebody.
        let usual = if fork.progress.is_some() { "deflection" } else { "unconditional" };
        Self {
            by: fork.extension.clone(),
            reason: said.and_then(|said| known_reason(said.params)).unwrap_or(usual),
            status: response.status().map_or(302, Status::code),
            is_private: asks_privacy(response),
            is_screened: true,
        }
    }
}

/// The one of [`REASONS`] that stands in a `Diversion`; some write it in quotes.
fn known_reason(params: Params<'_>) -> Option<&'static str> {
    let said = params.value("reason")?;
    let said = said.strip_prefix(b"\"").and_then(|said| said.strip_suffix(b"\"")).unwrap_or(said);
    REASONS.into_iter().find(|reason| said.eq_ignore_ascii_case(reason.as_bytes()))
}

/// How many phones have sent a call on.
pub(super) fn hops(diversions: &[Diversion]) -> u8 {
    u8::try_from(diversions.len()).unwrap_or(u8::MAX)
}

/// Tells a phone by whom the call was sent on to it, the last one first. Those who have sent it on before it came to us were
/// `brought`, and the others sent it on since, in their order.
pub(super) fn tell(
    headers: &mut Headers,
    [brought, since]: [&[Diversion]; 2],
    binding: &Binding,
    directory: &Directory,
) {
    let all = || brought.iter().chain(since);
    for Diversion { by, reason, is_private, is_screened, .. } in all().rev() {
        headers.add_with(HeaderName::Diversion, |out| {
            let (address, privacy) = if *is_private {
                (NOBODY.to_vec(), "full")
            } else {
                (party::address(by, &binding.flow, directory), "off")
            };
            let screen = if *is_screened { "" } else { ";screen=no" };
            out.extend_from_slice(&address);
            out.extend_from_slice(format!(";reason={reason};counter=1;privacy={privacy}{screen}").as_bytes());
        });
    }
    let host = address_for(&binding.flow, directory);
    let mut index = String::from("1");
    for Diversion { by, status, is_private, .. } in all() {
        let by = (!is_private).then_some(by);
        headers.add_with(HeaderName::HistoryInfo, |out| add_entry(by, Some(*status), &index, host, out));
        index.push_str(".1");
    }
    if index.len() > 1 {
        headers.add_with(HeaderName::HistoryInfo, |out| add_entry(Some(&binding.extension), None, &index, host, out));
    }
}

/// `<sip:1002@host?Reason=SIP%3Bcause%3D302>;index=1`, and `mp` where the entry above it has sent the call.
fn add_entry(of: Option<&Extension>, status: Option<u16>, index: &str, host: IpAddr, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<sip:");
    match of {
        Some(extension) => {
            add_user(extension.text(), out);
            out.push(b'@');
            host.print(out);
        }
        None => out.extend_from_slice(b"anonymous@anonymous.invalid"),
    }
    if let Some(status) = status {
        out.extend_from_slice(format!("?Reason=SIP%3Bcause%3D{status}").as_bytes());
    }
    out.extend_from_slice(format!(">;index={index}").as_bytes());
    if let Some((before, _)) = index.rsplit_once('.') {
        out.extend_from_slice(format!(";mp={before}").as_bytes());
    }
}
