//! The package `presence` (RFC 3856): whether somebody can be reached, in PIDF (RFC 3863) with the activities of RPID
//! (RFC 4480): what the registrar and the calls tell, and what the person's own programs publish.

use super::body::Draft;
use super::xml;
use crate::directory::Extension;

/// What there is to tell of one extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Presence {
    /// A phone can be called.
    pub(super) is_registered: bool,
    /// It has an answered call.
    pub(super) is_on_the_phone: bool,
    /// What was published last.
    pub(super) published: Option<Published>,
}

/// What somebody says of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Published {
    /// Ready to communicate; `None` when that was left open.
    pub(super) is_open: Option<bool>,
    /// Elements of RPID's activities, such as `away`; each is a name of that list.
    pub(super) activities: Vec<&'static str>,
    /// In the person's own words; empty when there are none.
    pub(super) note: String,
}

const NAMESPACES: &[u8] = b"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"";

/// Among the activities, what a call says.
const ON_THE_PHONE: &str = "on-the-phone";

impl Presence {
    pub(super) fn draft(&self, extension: &Extension, host: &str) -> Draft {
        let mut out = xml::HEAD.to_vec();
        out.extend_from_slice(NAMESPACES);
        xml::push_uri(extension.text(), host, &mut out);
        out.extend_from_slice(b"\">\r\n<tuple id=\"phones\"><status><basic>");
        out.extend_from_slice(if self.is_open() { b"open" } else { b"closed" });
        out.extend_from_slice(b"</basic></status><contact>");
        xml::push_uri(extension.text(), host, &mut out);
        out.extend_from_slice(b"</contact>");
        let note = self.published.as_ref().map(|published| published.note.as_str()).filter(|note| !note.is_empty());
        if let Some(note) = note {
            out.extend_from_slice(b"<note>");
            xml::push(note, &mut out);
            out.extend_from_slice(b"</note>");
        }
        out.extend_from_slice(b"</tuple>\r\n");
        self.write_person(note, &mut out);
        out.extend_from_slice(b"</presence>\r\n");
        Draft::fixed(out)
    }

    /// What the person says counts; without that, whether a phone can be called.
    fn is_open(&self) -> bool {
        self.published.as_ref().and_then(|published| published.is_open).unwrap_or(self.is_registered)
    }

    fn write_person(&self, note: Option<&str>, out: &mut Vec<u8>) {
        let published = self.published.iter().flat_map(|published| &published.activities).copied();
        let call = self.is_on_the_phone.then_some(ON_THE_PHONE);
        let activities: Vec<_> = call.into_iter().chain(published.filter(|it| Some(*it) != call)).collect();
        if activities.is_empty() && note.is_none() {
            return;
        }
        out.extend_from_slice(b"<dm:person id=\"person\">");
        if !activities.is_empty() {
            out.extend_from_slice(b"<rpid:activities>");
            for activity in activities {
                out.extend_from_slice(format!("<rpid:{activity}/>").as_bytes());
            }
            out.extend_from_slice(b"</rpid:activities>");
        }
        if let Some(note) = note {
            out.extend_from_slice(b"<dm:note>");
            xml::push(note, out);
            out.extend_from_slice(b"</dm:note>");
        }
        out.extend_from_slice(b"</dm:person>\r\n");
    }
}
