//! The package `reg` (RFC 3680): the phones of an extension, always all of them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

use warden_sip::print::Print;

use super::body::Draft;
use super::xml;
use crate::directory::Extension;
use crate::registrar::{Binding, Registrar};

/// The phones that are registered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Contacts(Vec<Contact>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Contact {
    uri: Box<[u8]>,
    expires_at: Instant,
    q_permille: u16,
    call_id: Box<[u8]>,
    sequence: u32,
}

impl Contacts {
    pub(super) fn of(extension: &Extension, registrar: &Registrar) -> Self {
        let contact = |binding: &Binding| Contact {
            uri: binding.contact.text().into(),
            expires_at: binding.expires_at,
            q_permille: binding.q_permille,
            call_id: binding.call_id.clone(),
            sequence: binding.sequence,
        };
        Self(registrar.bindings_of(extension).map(contact).collect())
    }

    /// How long each has left is as of `now`.
    pub(super) fn draft(&self, extension: &Extension, host: &str, now: Instant) -> Draft {
        let mut head = xml::HEAD.to_vec();
        head.extend_from_slice(b"<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"");
        let mut out = b"\" state=\"full\">\r\n<registration aor=\"".to_vec();
        xml::push_uri(extension.text(), host, &mut out);
        out.extend_from_slice(b"\" id=\"registration\" state=\"");
        out.extend_from_slice(if self.0.is_empty() { b"terminated" } else { b"active" });
        out.extend_from_slice(b"\">\r\n");
        for contact in &self.0 {
            contact.write(now, &mut out);
        }
        out.extend_from_slice(b"</registration>\r\n</reginfo>\r\n");
        Draft::versioned(head, &out)
    }
}

impl Contact {
    fn write(&self, now: Instant, out: &mut Vec<u8>) {
        let left = self.expires_at.saturating_duration_since(now).as_secs();
        // The same for the same Contact, whatever comes and goes beside it.
        let mut hasher = DefaultHasher::new();
        self.uri.hash(&mut hasher);
        out.extend_from_slice(format!("<contact id=\"c{:016x}", hasher.finish()).as_bytes());
        out.extend_from_slice(b"\" state=\"active\" event=\"registered\" expires=\"");
        u32::try_from(left).unwrap_or(u32::MAX).print(out);
        if self.q_permille < 1000 {
            out.extend_from_slice(format!("\" q=\"0.{:03}", self.q_permille).as_bytes());
        }
        out.extend_from_slice(b"\" callid=\"");
        xml::push_bytes(&self.call_id, out);
        out.extend_from_slice(b"\" cseq=\"");
        self.sequence.print(out);
        out.extend_from_slice(b"\"><uri>");
        xml::push_bytes(&self.uri, out);
        out.extend_from_slice(b"</uri></contact>\r\n");
    }
}
