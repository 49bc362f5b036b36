//! The answer to a REGISTER: every binding of the extension, with what the phones said of them (RFC 3261 §10.3 step 8).

use std::time::{Duration, Instant};

use warden_sip::endpoint::Reply;
use warden_sip::header::HeaderName;
use warden_sip::print::Print;
use warden_sip::status::Status;

use super::{Binding, Registering, Registrar};
use crate::pbx::CAPABILITIES;

impl Registrar {
    /// 200 with every contact and the seconds it has left, with GRUUs for a phone that knows them, and with the Path that
    /// the request has come (RFC 3327 §5.3).
    pub(super) fn listing(&mut self, registering: &Registering<'_>, now: Instant) -> Reply {
        let Registering { extension, request, .. } = *registering;
        let mut reply = Reply::new(Status::OK);
        let host =
            request.supports("gruu").then(|| request.to().ok()?.uri().ok()?.as_sip().map(|uri| uri.host.printed()));
        let host = host.flatten();
        for entry in self.entries.get(extension).map(Vec::as_slice).unwrap_or_default() {
            reply.headers.add_with(HeaderName::Contact, |out| {
                print_contact(&entry.binding, now, out);
                if let Some(host) = &host {
                    self.gruus.print(&entry.binding, host, out);
                }
            });
        }
        for path in request.headers(HeaderName::Path) {
            reply.headers.add(HeaderName::Path, path);
        }
        if request.header(HeaderName::Supported).is_some() {
            CAPABILITIES.add_supported(&mut reply.headers);
        }
        reply
    }
}

fn print_contact(binding: &Binding, now: Instant, out: &mut Vec<u8>) {
    out.push(b'<');
    out.extend_from_slice(binding.contact.text());
    out.extend_from_slice(b">;expires=");
    seconds_left(binding, now).print(out);
    if !binding.parameters.is_empty() {
        out.push(b';');
        out.extend_from_slice(&binding.parameters);
    }
}

/// Rounded up, so that a phone never finds less than it was granted.
fn seconds_left(binding: &Binding, now: Instant) -> u32 {
    let left = binding.expires_at.saturating_duration_since(now) + Duration::from_millis(999);
    u32::try_from(left.as_secs()).unwrap_or(u32::MAX)
}
