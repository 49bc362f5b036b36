//! The package `dialog` (RFC 4235): the calls of an extension, always all of them. Watchers count our versions.
//!
//! The identifiers of a dialog are for the extension's own phones only, which may take its calls over (INVITE with
//! Replaces): whoever knows them can send requests that look as if they belonged to the call.

use warden_sip::print::Print;

use super::body::Draft;
use super::xml;
use crate::bridge::{Progress, WatchedDialog};
use crate::directory::{Directory, Extension};

/// What there is to tell of one extension.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    /// The person's name.
    name: String,
    dialogs: Vec<Numbered>,
    /// Those that were there before and are over: said once, for phones that do not miss what is no longer there.
    over: Vec<Numbered>,
    /// How many dialogs there have been since somebody watches.
    count: u32,
}

/// A dialog with what watchers know it by, which tells nothing of its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Numbered {
    number: u32,
    dialog: WatchedDialog,
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
        let known = before.map(|before| before.dialogs.as_slice()).unwrap_or_default();
        let is_over = |known: &&Numbered| dialogs.iter().all(|dialog| dialog.tag != known.dialog.tag);
        let over = known.iter().filter(is_over).cloned().collect();
        let mut count = before.map_or(0, |before| before.count);
        let mut next = || {
            count = count.wrapping_add(1);
            count
        };
        let number_of =
            |dialog: &WatchedDialog| known.iter().find(|it| it.dialog.tag == dialog.tag).map(|it| it.number);
        let numbered = |dialog| Numbered { number: number_of(&dialog).unwrap_or_else(&mut next), dialog };
        let dialogs = dialogs.into_iter().map(numbered).collect();
        Self { name, dialogs, over, count }
    }

    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.dialogs == other.dialogs && self.name == other.name
    }

    /// What a phone of this extension is told, if `is_own`, or another one.
    pub(super) fn draft(&self, extension: &Extension, host: &str, is_own: bool) -> Draft {
        let mut head = xml::HEAD.to_vec();
        head.extend_from_slice(b"<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"");
        let mut out = b"\" state=\"full\" entity=\"".to_vec();
        xml::push_uri(extension.text(), host, &mut out);
        out.extend_from_slice(b"\">\r\n");
        let present = self.dialogs.iter().map(|it| (it, state(it.dialog.progress)));
        let over = self.over.iter().map(|it| (it, "terminated"));
        for (Numbered { number, dialog }, state) in present.chain(over) {
            out.extend_from_slice(b"<dialog id=\"");
            number.print(&mut out);
            if is_own {
                push_identifiers(dialog, &mut out);
            }
            self.write(dialog, state, extension, host, &mut out);
        }
        if self.dialogs.is_empty() && self.over.is_empty() {
            // Phones are used to being told of an idle line in this way; some show nothing for an empty document.
            out.extend_from_slice(b"<dialog id=\"idle\"><state>terminated</state></dialog>\r\n");
        }
        out.extend_from_slice(b"</dialog-info>\r\n");
        Draft::versioned(head, &out)
    }

    /// All but what it is known by.
    fn write(&self, dialog: &WatchedDialog, state: &str, extension: &Extension, host: &str, out: &mut Vec<u8>) {
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

/// What Replaces names it by (RFC 3891).
fn push_identifiers(dialog: &WatchedDialog, out: &mut Vec<u8>) {
    push_attribute("call-id", &dialog.call_id, out);
    if !dialog.phone_tag.is_empty() {
        push_attribute("local-tag", &dialog.phone_tag, out);
    }
    push_attribute("remote-tag", dialog.tag.text(), out);
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
