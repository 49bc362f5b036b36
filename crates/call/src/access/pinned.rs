//! Devices that need no password at the address that they are pinned to: analogue adapters, which often know none.
//!
//! This trusts the network: who can send datagrams with a source of their choice can be such a device. So it must be
//! asked for, one device at a time, and serves private addresses only.

use warden_sip::header::HeaderName;
use warden_sip::message::Message;

use super::Claim;
use crate::bridge::is_private;
use crate::directory::{Device, Directory};

/// The device that a request comes from without having to prove it.
///
/// It is the one that From names. A caller who withholds the number is the only device of the address; one who calls for
/// help is any of them, since there is no password that it could be asked for.
pub(super) fn device<'d>(claim: &Claim<'_>, directory: &'d Directory) -> Option<&'d Device> {
    let source = claim.flow.remote.ip().to_canonical();
    if !directory.exceptions.is_pinned(source) {
        return None;
    }
    let is_here = |device: &&Device| device.access.pinned_to.is_some_and(|address| address.to_canonical() == source);
    let named = claimed(claim.request).and_then(|name| directory.devices.get(&*name)).filter(is_here);
    if named.is_some() {
        return named;
    }
    // Who signs in as somebody else is to do so.
    if claim.request.header(HeaderName::Authorization).is_some() && !claim.is_emergency {
        return None;
    }
    let mut here: Vec<_> = directory.devices.values().filter(is_here).collect();
    here.sort_unstable_by_key(|device| &device.extension);
    let is_only = here.len() == 1 && is_private(claim.request);
    here.first().copied().filter(|_| is_only || claim.is_emergency)
}

/// The user that From names, which is also the sign-in name of an extension's first device.
pub(super) fn claimed(request: &Message) -> Option<Vec<u8>> {
    let from = request.from().ok()?;
    from.uri().ok()?.dialled()
}
