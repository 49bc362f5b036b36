//! What a REGISTER asks for.

use std::num::NonZeroU32;
use std::time::Duration;

use warden_sip::endpoint::Reply;
use warden_sip::header::{HeaderName, NameAddr, Params, Star, contacts};
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::uri::{OwnedUri, Uri};

use super::instance::Instance;
use super::outbound;
use crate::directory::RegistrationLimits;

/// A longer Contact URI is none that a phone has, in **bytes**.
const MAX_CONTACT: usize = 512;
/// Parameters of a Contact beyond this are not shown again, in **bytes**.
const MAX_PARAMETERS: usize = 512;

/// All that one REGISTER wants.
pub(super) enum Wish {
    /// No Contact: only to be told.
    List,
    /// `Contact: *` with `Expires: 0`.
    RemoveAll,
    /// At least one.
    Change(Vec<Change>),
}

/// What one Contact wants.
pub(super) enum Change {
    Put(Put),
    Remove(Identity),
}

/// A binding to be made.
pub(super) struct Put {
    pub(super) identity: Identity,
    pub(super) expires: Duration,
    pub(super) q_permille: u16,
    pub(super) parameters: Box<[u8]>,
}

/// What a binding is known by.
pub(super) struct Identity {
    pub(super) contact: OwnedUri,
    pub(super) instance: Option<Instance>,
    pub(super) reg_id: Option<NonZeroU32>,
}

impl Change {
    pub(super) fn identity(&self) -> &Identity {
        match self {
            Self::Put(Put { identity, .. }) | Self::Remove(identity) => identity,
        }
    }

    fn identity_mut(&mut self) -> &mut Identity {
        match self {
            Self::Put(Put { identity, .. }) | Self::Remove(identity) => identity,
        }
    }

    pub(super) fn is_put(&self) -> bool {
        matches!(self, Self::Put(_))
    }
}

impl Wish {
    /// Reads the Contacts and how long each is to last.
    ///
    /// # Errors
    /// The answer: 400, 423 with `Min-Expires`, 416 for a contact that cannot be called, or 439.
    pub(super) fn read(request: &Message, limits: &RegistrationLimits) -> Result<Self, Box<Reply>> {
        let mut changes = Vec::new();
        let mut all = false;
        for contact in request.headers(HeaderName::Contact).flat_map(contacts) {
            match contact {
                Ok(Star::All) => all = true,
                Ok(Star::One(address)) => changes.push(read_contact(&address, request, limits)?),
                Err(_) => return Err(refuse(Status::BAD_REQUEST, "Malformed Contact").into()),
            }
        }
        if all {
            // RFC 3261 §10.3 step 6.
            let is_sole = changes.is_empty() && request.expires_s() == Some(0);
            return if is_sole {
                Ok(Self::RemoveAll)
            } else {
                Err(refuse(Status::BAD_REQUEST, "Contact * Needs Expires 0 and No Other Contact").into())
            };
        }
        read_flow(&mut changes, request)?;
        Ok(if changes.is_empty() { Self::List } else { Self::Change(changes) })
    }

    /// Whether it is about one of several ways to a phone.
    pub(super) fn is_for_flow(&self) -> bool {
        match self {
            Self::List | Self::RemoveAll => false,
            Self::Change(changes) => changes.iter().any(|change| change.identity().reg_id.is_some()),
        }
    }
}

/// A `reg-id` names the way that the REGISTER came by, so there is one Contact with it; without help from the first hop it
/// means nothing (RFC 5626 §6).
fn read_flow(changes: &mut [Change], request: &Message) -> Result<(), Box<Reply>> {
    let mut named = changes.iter_mut().map(Change::identity_mut).filter(|identity| identity.reg_id.is_some());
    let Some(identity) = named.next() else { return Ok(()) };
    if named.next().is_some() {
        return Err(refuse(Status::BAD_REQUEST, "Two Contacts With reg-id").into());
    }
    if !outbound::is_usable(request)? {
        identity.reg_id = None;
    }
    Ok(())
}

fn read_contact(address: &NameAddr<'_>, request: &Message, limits: &RegistrationLimits) -> Result<Change, Box<Reply>> {
    match address.uri() {
        Ok(Uri::Sip(_)) => {}
        Ok(Uri::Tel(_) | Uri::Other(_)) => {
            return Err(refuse(Status::UNSUPPORTED_URI_SCHEME, "Contact Must Be a SIP URI").into());
        }
        Err(_) => return Err(refuse(Status::BAD_REQUEST, "Malformed Contact").into()),
    }
    if address.uri_text.len() > MAX_CONTACT {
        return Err(refuse(Status::BAD_REQUEST, "Contact Too Long").into());
    }
    let contact = OwnedUri::parse(address.uri_text).map_err(|_| refuse(Status::BAD_REQUEST, "Malformed Contact"))?;
    let instance = Instance::of(address);
    let reg_id = instance.as_ref().and_then(|_| reg_id(address));
    let identity = Identity { contact, instance, reg_id };
    let wanted_s = address.expires_s().or_else(|| request.expires_s());
    let wanted = wanted_s.map_or(limits.usual, |s| Duration::from_secs(s.into()));
    if wanted.is_zero() {
        return Ok(Change::Remove(identity));
    }
    if wanted < limits.min {
        return Err(too_brief(limits.min).into());
    }
    let (q_permille, parameters) = (address.q_permille(), shown_again(address.params));
    Ok(Change::Put(Put { identity, expires: wanted.min(limits.max), q_permille, parameters }))
}

/// A positive number below 2^31; anything else counts as none.
fn reg_id(contact: &NameAddr<'_>) -> Option<NonZeroU32> {
    let value = std::str::from_utf8(contact.params.value("reg-id")?).ok()?;
    value.parse().ok().filter(|number: &NonZeroU32| number.get() < 1 << 31)
}

/// What the phone said of its Contact, without what we say of it.
fn shown_again(params: Params<'_>) -> Box<[u8]> {
    const OURS: [&str; 3] = ["expires", "pub-gruu", "temp-gruu"];
    let mut text = Vec::new();
    for param in params {
        let value = param.value.unwrap_or_default();
        let is_ours = OURS.iter().any(|name| param.name.eq_ignore_ascii_case(name.as_bytes()));
        if is_ours || text.len() + param.name.len() + value.len() + 2 > MAX_PARAMETERS {
            continue;
        }
        if !text.is_empty() {
            text.push(b';');
        }
        text.extend_from_slice(param.name);
        if param.value.is_some() {
            text.push(b'=');
            text.extend_from_slice(value);
        }
    }
    text.into()
}

fn too_brief(min: Duration) -> Reply {
    let mut reply = Reply::new(Status::INTERVAL_TOO_BRIEF);
    reply.headers.add_value(HeaderName::MinExpires, &u32::try_from(min.as_secs()).unwrap_or(u32::MAX));
    reply
}

fn refuse(status: Status, reason: &'static str) -> Reply {
    Reply { reason: Some(reason), ..Reply::new(status) }
}
