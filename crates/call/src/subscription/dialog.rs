//! The package `dialog` (RFC 4235): the calls of an extension, always all of them. Watchers count our versions.

use super::body::Draft;
use super::xml;
use crate::bridge::{Progress, WatchedDialog};
use crate::directory::{Directory, Extension};

/// What there is to tell of one extension.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    /// The person's name.
    name: String,
    dialogs: Vec<WatchedDialog>,
    /// Those that were there before and are over: said once, for phones that do not miss what is no longer there.
    over: Vec<WatchedDialog>,
}

impl Calls {
    /// What has become of `before`.
    pub(super) fn after(
        before: Option<&Self>,
        dialogs: Vec<WatchedDialog>,
        extension: &Extension,
        directory: &Directory,
    ) -> Self {
        let name = directory.people.get(extension).map(|person| person.name.clone()).unwrap_or_default();
        let is_over = |dialog: &&WatchedDialog| dialogs.iter().all(|other| other.tag != dialog.tag);
        let over = before.map(|before| before.dialogs.iter().filter(is_over).cloned().collect()).unwrap_or_default();
        Self { name, dialogs, over }
    }

    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.dialogs == other.dialogs && self.name == other.name
    }

    pub(super) fn draft(&self, extension: &Extension, host: &str) -> Draft {
        let mut head = xml::HEAD.to_vec();
        head.extend_from_slice(b"<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"");
        let mut out = b"\" state=\"full\" entity=\"".to_vec();
        xml::push_uri(extension.text(), host, &mut out);
        out.extend_from_slice(b"\">\r\n");
        for dialog in &self.dialogs {
            self.write(dialog, state(dialog.progress), extension, host, &mut out);
        }
        for dialog in &self.over {
            self.write(dialog, "terminated", extension, host, &mut out);
        }
        if self.dialogs.is_empty() && self.over.is_empty() {
            // Phones are used to being told of an idle line in this way; some show nothing for an empty document.
            out.extend_from_slice(b"<dialog id=\"idle\"><state>terminated</state></dialog>\r\n");
        }
        out.extend_from_slice(b"</dialog-info>\r\n");
        Draft::versioned(head, &out)
    }

    fn write(&self, dialog: &WatchedDialog, state: &str, extension: &Extension, host: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<dialog id=\"");
        out.extend_from_slice(dialog.tag.text());
        push_attribute("call-id", &dialog.call_id, out);
        if !dialog.phone_tag.is_empty() {
            push_attribute("local-tag", &dialog.phone_tag, out);
        }
        push_attribute("remote-tag", dialog.tag.text(), out);
        push_attribute("direction", if dialog.has_dialled { b"initiator" } else { b"recipient" }, out);
        out.extend_from_slice(b"\">\r\n<state>");
        out.extend_from_slice(state.as_bytes());
        out.extend_from_slice(b"</state>\r\n<local>");
        push_identity(&self.name, extension.text(), host, out);
        out.extend_from_slice(b"<target uri=\"");
        xml::push_uri(extension.text(), host, out);
        out.extend_from_slice(b"\"><param pname=\"+sip.rendering\" pval=\"");
        out.extend_from_slice(if dialog.holds { b"no" } else { b"yes" });
        out.extend_from_slice(b"\"/></target></local>\r\n");
        if let Some(peer) = &dialog.peer {
            out.extend_from_slice(b"<remote>");
            push_identity(&peer.name, &peer.number, host, out);
            out.extend_from_slice(b"<target uri=\"");
            xml::push_uri(&peer.number, host, out);
            out.extend_from_slice(b"\"/></remote>\r\n");
        }
        out.extend_from_slice(b"</dialog>\r\n");
    }
}

fn state(progress: Progress) -> &'static str {
    match progress {
        Progress::Trying => "trying",
        Progress::Early => "early",
        Progress::Confirmed => "confirmed",
    }
}

/// Ends the attribute before, and begins this one.
fn push_attribute(name: &str, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"\" ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    xml::push_bytes(value, out);
}

fn push_identity(name: &str, number: &str, host: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<identity");
    if !name.is_empty() {
        out.extend_from_slice(b" display=\"");
        xml::push(name, out);
        out.push(b'"');
    }
    out.push(b'>');
    xml::push_uri(number, host, out);
    out.extend_from_slice(b"</identity>");
}
