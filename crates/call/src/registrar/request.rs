//! What a REGISTER asks for.

use std::time::Duration;

use warden_sip::endpoint::Reply;
use warden_sip::header::{HeaderName, NameAddr, Star, contacts};
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::uri::{OwnedUri, Uri};

use crate::directory::RegistrationLimits;

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
    Put { contact: OwnedUri, expires: Duration, q_permille: u16 },
    Remove { contact: OwnedUri },
}

impl Change {
    pub(super) fn contact(&self) -> &OwnedUri {
        match self {
            Self::Put { contact, .. } | Self::Remove { contact } => contact,
        }
    }

    pub(super) fn is_put(&self) -> bool {
        matches!(self, Self::Put { .. })
    }
}

impl Wish {
    /// Reads the Contacts and how long each is to last.
    ///
    /// # Errors
    /// The answer: 400, 423 with `Min-Expires`, or 416 for a contact that cannot be called.
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
        Ok(if changes.is_empty() { Self::List } else { Self::Change(changes) })
    }
}

fn read_contact(address: &NameAddr<'_>, request: &Message, limits: &RegistrationLimits) -> Result<Change, Box<Reply>> {
    match address.uri() {
        Ok(Uri::Sip(_)) => {}
        Ok(Uri::Tel(_) | Uri::Other(_)) => {
            return Err(refuse(Status::UNSUPPORTED_URI_SCHEME, "Contact Must Be a SIP URI").into());
        }
        Err(_) => return Err(refuse(Status::BAD_REQUEST, "Malformed Contact").into()),
    }
    let contact = OwnedUri::parse(address.uri_text).map_err(|_| refuse(Status::BAD_REQUEST, "Malformed Contact"))?;
    let wanted_s = address.expires_s().or_else(|| request.expires_s());
    let wanted = wanted_s.map_or(limits.usual, |s| Duration::from_secs(s.into()));
    if wanted.is_zero() {
        return Ok(Change::Remove { contact });
    }
    if wanted < limits.min {
        return Err(too_brief(limits.min).into());
    }
    Ok(Change::Put { contact, expires: wanted.min(limits.max), q_permille: address.q_permille() })
}

fn too_brief(min: Duration) -> Reply {
    let mut reply = Reply::new(Status::INTERVAL_TOO_BRIEF);
    reply.headers.add_value(HeaderName::MinExpires, &u32::try_from(min.as_secs()).unwrap_or(u32::MAX));
    reply
}

fn refuse(status: Status, reason: &'static str) -> Reply {
    Reply { reason: Some(reason), ..Reply::new(status) }
}
