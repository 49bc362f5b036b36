//! Requests to a registered phone that begin a dialog or stand alone.

use warden_sip::dialog::Opening;
use warden_sip::endpoint::Request;
use warden_sip::method::Method;
use warden_sip::tag::Tag;

use crate::bridge::{address_for, name_addr};
use crate::directory::Directory;
use crate::registrar::Binding;

/// What one request to a phone needs besides the registration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToPhone<'a> {
    pub(crate) method: Method,
    pub(crate) binding: &'a Binding,
    /// The From value without tag.
    pub(crate) from: &'a [u8],
    pub(crate) tag: Tag,
    pub(crate) call_id: &'a [u8],
    pub(crate) max_forwards: u8,
}

impl ToPhone<'_> {
    /// To its Contact, through the proxies that it has registered through (RFC 3327 §5.3); headers may be added.
    pub(crate) fn request(&self, directory: &Directory) -> Request {
        self.numbered(1, directory)
    }

    /// The same with another number: it has been sent in another way before.
    pub(crate) fn numbered(&self, sequence: u32, directory: &Directory) -> Request {
        let Self { method, binding, from, tag, call_id, max_forwards } = *self;
        let host = address_for(&binding.flow, directory);
        let to = name_addr("", binding.extension.text(), host);
        let uri = binding.contact.text();
        let mut request = Opening { method, uri, from, tag, to: &to, call_id, sequence, max_forwards }.request();
        binding.path.add_route(&mut request.headers);
        request
    }
}
