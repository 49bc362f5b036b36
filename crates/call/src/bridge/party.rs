//! Who is at the other end, as we know it and no phone has claimed it: P-Asserted-Identity (RFC 3325) and the older
//! Remote-Party-ID.

use warden_sip::endpoint::Flow;
use warden_sip::header::HeaderName;
use warden_sip::write::Headers;

use super::identity::{address_for, name_addr};
use crate::directory::{Directory, Extension};

/// Which end of a call somebody is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Calling,
    Called,
}

impl Role {
    /// The value of the parameter `party`.
    fn name(self) -> &'static [u8] {
        match self {
            Self::Calling => b"calling",
            Self::Called => b"called",
        }
    }
}

/// Somebody's address with name, for a phone on `flow`.
pub(super) fn address(extension: &Extension, flow: &Flow, directory: &Directory) -> Vec<u8> {
    let name = directory.people.get(extension).map_or("", |person| &person.name);
    name_addr(name, extension.text(), address_for(flow, directory))
}

/// Tells a phone who has this `address`, in the ways that are switched on. Not for one who wants to be withheld.
pub(super) fn tell(headers: &mut Headers, address: &[u8], role: Role, directory: &Directory) {
    let shown = directory.calls.identity;
    if shown.asserted {
        headers.add(HeaderName::PAssertedIdentity, address);
    }
    if shown.remote_party {
        headers.add_with(HeaderName::RemotePartyId, |out| {
            out.extend_from_slice(address);
            out.extend_from_slice(b";party=");
            out.extend_from_slice(role.name());
            out.extend_from_slice(b";privacy=off;screen=yes");
        });
    }
}
