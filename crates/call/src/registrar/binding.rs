//! One binding: a way to a phone.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Instant;

use warden_sip::endpoint::Flow;
use warden_sip::header::{HeaderName, Transport};
use warden_sip::message::Message;
use warden_sip::uri::OwnedUri;

use super::Registering;
use super::gruu::Gruu;
use super::instance::Instance;
use super::nat::{is_behind_nat, way};
use super::path::Path;
use super::request::{Identity, Put};
use crate::directory::Extension;

/// One binding of this run: it stays the same as long as the phone refreshes within one Call-ID.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BindingId(pub(super) u64);

/// Where a phone of an extension is reached, and until when.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Which; given by the registrar.
    pub(super) id: BindingId,
    /// Whose it is.
    pub extension: Extension,
    /// What the phone wants in the Request-URI.
    pub contact: OwnedUri,
    /// The way to it.
    pub flow: Flow,
    /// Where its REGISTER came from; over UDP not always where the way leads.
    pub source: SocketAddr,
    /// When it ends unless it is refreshed.
    pub expires_at: Instant,
    /// Preference in **thousandths**, 0 to 1000; higher is tried first.
    pub q_permille: u16,
    /// The Call-ID of the REGISTER; within one, [`Binding::sequence`] rises.
    pub call_id: Box<[u8]>,
    /// The `CSeq` number of the REGISTER.
    pub sequence: u32,
    /// What the phone calls itself; empty when it does not say. At most 256 bytes.
    pub user_agent: String,
    /// Which phone it is, if it says so.
    pub instance: Option<Instance>,
    /// Which of the phone's ways this is, for one that keeps several (RFC 5626).
    pub reg_id: Option<NonZeroU32>,
    /// Who is in between.
    pub path: Path,
    /// Parameters of its Contact that it is shown again, without the first `;`. At most 512 bytes.
    pub parameters: Box<[u8]>,
}

/// A longer name tells nobody anything.
const MAX_USER_AGENT: usize = 256;

impl Binding {
    pub(super) fn new(id: BindingId, registering: &Registering<'_>, put: Put, path: Path, now: Instant) -> Self {
        let Registering { extension, request, flow, nat } = *registering;
        let Put { identity, expires, q_permille, parameters } = put;
        let user_agent = request.header(HeaderName::UserAgent).unwrap_or_default();
        let user_agent = user_agent.get(..MAX_USER_AGENT).unwrap_or(user_agent);
        Self {
            id,
            extension: extension.clone(),
            flow: if path.is_empty() { way(request, flow, &identity.contact, nat) } else { flow },
            contact: identity.contact,
            source: flow.remote,
            expires_at: now + expires,
            q_permille,
            call_id: request.call_id().into(),
            sequence: request.sequence(),
            user_agent: String::from_utf8_lossy(user_agent).into_owned(),
            instance: identity.instance,
            reg_id: identity.reg_id,
            path,
            parameters,
        }
    }

    /// A binding over UDP that was kept by an earlier run; `None` when `contact` is no URI.
    ///
    /// Preference begins as 1000, the source as the remote end, all else as empty; they are the caller's to fill in.
    #[must_use]
    pub fn over_udp(
        extension: Extension,
        contact: &[u8],
        [local, remote]: [SocketAddr; 2],
        expires_at: Instant,
    ) -> Option<Self> {
        Some(Self {
            id: BindingId::default(),
            extension,
            contact: OwnedUri::parse(contact).ok()?,
            flow: Flow { transport: Transport::Udp, local, remote, connection: None },
            source: remote,
            expires_at,
            q_permille: 1000,
            call_id: Box::default(),
            sequence: 0,
            user_agent: String::new(),
            instance: None,
            reg_id: None,
            path: Path::default(),
            parameters: Box::default(),
        })
    }

    /// Which one it is, among all of this run.
    #[must_use]
    pub fn id(&self) -> BindingId {
        self.id
    }

    /// What it is known by among those of its extension, also after a restart: the phone and its way, or the Contact.
    #[must_use]
    pub fn key(&self) -> Cow<'_, [u8]> {
        let Some(instance) = &self.instance else { return self.contact.text().into() };
        let reg_id = self.reg_id.map_or(0, NonZeroU32::get);
        // No URI begins so.
        [b"<", instance.text(), b">", reg_id.to_string().as_bytes()].concat().to_ascii_lowercase().into()
    }

    /// Whether the way to the phone needs no connection, so that it outlives a restart.
    #[must_use]
    pub fn outlives_restart(&self) -> bool {
        self.flow.connection.is_none() && !self.flow.transport.is_reliable()
    }

    /// Whether its phone was seen elsewhere than where its Contact says: a router between changes addresses.
    #[must_use]
    pub fn is_behind_nat(&self) -> bool {
        is_behind_nat(&self.contact, self.source)
    }

    /// Whether it is for this Contact URI (RFC 3261 §10.3 step 7 compares as §19.1.4 does).
    pub(crate) fn is_at(&self, contact: &OwnedUri) -> bool {
        self.contact.text() == contact.text() || self.contact.view().is_equivalent(&contact.view())
    }

    /// Whether it is a way to the phone of a GRUU.
    pub(crate) fn is_of(&self, gruu: &Gruu) -> bool {
        self.instance.as_ref() == Some(&gruu.instance) && self.extension == gruu.extension
    }

    /// Whether both lead to one phone.
    pub(crate) fn is_same_phone(&self, other: &Binding) -> bool {
        self.id == other.id || (self.instance.is_some() && self.instance == other.instance)
    }

    /// Whether a REGISTER from `source` that is about `identity` is about this binding.
    ///
    /// A phone that has a name is known by it and by its `reg-id`, whatever its Contact (RFC 5626 §6): so it is found
    /// after it has come back with another address. Two names at one address and one Contact are one phone after the other.
    pub(super) fn concerns(&self, identity: &Identity, source: SocketAddr) -> bool {
        match (&self.instance, &identity.instance) {
            (Some(own), Some(other)) if own == other => self.reg_id == identity.reg_id,
            (Some(_), Some(_)) => self.source == source && self.is_at(&identity.contact),
            (None, _) | (_, None) => self.is_at(&identity.contact),
        }
    }

    /// Whether `request` was sent before the one that made this.
    pub(super) fn is_newer_than(&self, request: &Message) -> bool {
        *self.call_id == *request.call_id() && self.sequence >= request.sequence()
    }
}
