//! When what Warden sends may be unreadable.

use warden_sip::header::HeaderName;
use warden_sip::message::{Defect, Malformed};

/// What cannot be read has a reason to be so: it answers what lacks a header, or what came through a proxy, which is not
/// for us.
pub(crate) fn check_unreadable(bytes: &[u8], malformed: &Malformed) {
    let is_forwarded = malformed.defect == Defect::Repeated(HeaderName::Via) && bytes.starts_with(b"SIP/2.0 ");
    let is_refusal = [&b"SIP/2.0 4"[..], b"SIP/2.0 505"].iter().any(|start| bytes.starts_with(start));
    assert!(is_forwarded || is_refusal, "cannot be read: {}", bytes.escape_ascii());
}
