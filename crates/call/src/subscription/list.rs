//! Lists (RFC 4662): one subscription for many extensions, told in one NOTIFY: who is meant, and what there is to tell of
//! each. First of all of them, then of those that have changed.

use bytes::Bytes;
use warden_sip::print::Print;

use super::package::Package;
use super::xml;
use crate::directory::{Directory, Extension};

/// Of the whole. The boundary cannot stand in what we write: every line of it begins otherwise.
pub(super) const CONTENT_TYPE: &str = "multipart/related;type=\"application/rlmi+xml\";start=\"<list@warden>\";\
                                       boundary=\"warden-list\"";
const BEGIN: &[u8] = b"--warden-list\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <";
const END: &[u8] = b"--warden-list--\r\n";

/// One whole NOTIFY body.
pub(super) struct ListBody<'a> {
    pub(super) list: &'a Extension,
    pub(super) package: Package,
    pub(super) host: &'a str,
    pub(super) version: u32,
    /// Whether all members are in it.
    pub(super) is_full: bool,
    /// Each member that is told of, with its place in the list and its own body.
    pub(super) members: Vec<(usize, &'a Extension, Bytes)>,
}

impl ListBody<'_> {
    pub(super) fn write(&self, directory: &Directory) -> Bytes {
        let mut out = BEGIN.to_vec();
        out.extend_from_slice(b"list@warden>\r\nContent-Type: application/rlmi+xml;charset=\"UTF-8\"\r\n\r\n");
        self.write_list(directory, &mut out);
        for (place, _, body) in &self.members {
            out.extend_from_slice(BEGIN);
            out.extend_from_slice(format!("{place}@warden").as_bytes());
            out.extend_from_slice(b">\r\nContent-Type: ");
            out.extend_from_slice(self.package.content_type().as_bytes());
            out.extend_from_slice(b"\r\n\r\n");
            out.extend_from_slice(body);
        }
        out.extend_from_slice(END);
        out.into()
    }

    fn write_list(&self, directory: &Directory, out: &mut Vec<u8>) {
        out.extend_from_slice(xml::HEAD);
        out.extend_from_slice(b"<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"");
        xml::push_uri(self.list.text(), self.host, out);
        out.extend_from_slice(b"\" version=\"");
        self.version.print(out);
        out.extend_from_slice(if self.is_full {
            b"\" fullState=\"true\">\r\n"
        } else {
            b"\" fullState=\"false\">\r\n"
        });
        if let Some(list) = directory.lists.get(self.list) {
            push_name(&list.name, out);
        }
        for (place, extension, _) in &self.members {
            out.extend_from_slice(b"<resource uri=\"");
            xml::push_uri(extension.text(), self.host, out);
            out.extend_from_slice(b"\">");
            push_name(directory.people.get(*extension).map_or("", |person| &person.name), out);
            out.extend_from_slice(
                format!("<instance id=\"i{place}\" state=\"active\" cid=\"{place}@warden\"/>").as_bytes(),
            );
            out.extend_from_slice(b"</resource>\r\n");
        }
        out.extend_from_slice(b"</list>\r\n");
    }
}

fn push_name(name: &str, out: &mut Vec<u8>) {
    if !name.is_empty() {
        out.extend_from_slice(b"<name>");
        xml::push(name, out);
        out.extend_from_slice(b"</name>");
    }
}
