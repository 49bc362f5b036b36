//! One binding: a phone that can be reached.

use std::net::SocketAddr;
use std::time::Instant;

use warden_sip::endpoint::Flow;
use warden_sip::header::{HeaderName, Transport};
use warden_sip::message::Message;
use warden_sip::uri::OwnedUri;

use crate::directory::Extension;

/// Where a phone of an extension is reached, and until when.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Whose it is.
    pub extension: Extension,
    /// What the phone wants in the Request-URI.
    pub contact: OwnedUri,
    /// The way it registered by, which is also the way to it.
    pub flow: Flow,
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
}

/// A longer name tells nobody anything.
const MAX_USER_AGENT: usize = 256;

impl Binding {
    pub(super) fn new(
        extension: &Extension,
        request: &Message,
        flow: Flow,
        contact: OwnedUri,
        expires_at: Instant,
        q_permille: u16,
    ) -> Self {
        let user_agent = request.header(HeaderName::UserAgent).unwrap_or_default();
        let user_agent = user_agent.get(..MAX_USER_AGENT).unwrap_or(user_agent);
        Self {
            extension: extension.clone(),
            contact,
            flow,
            expires_at,
            q_permille,
            call_id: request.call_id().into(),
            sequence: request.sequence(),
            user_agent: String::from_utf8_lossy(user_agent).into_owned(),
        }
    }

    /// A binding over UDP that was kept by an earlier run; `None` when `contact` is no URI.
    ///
    /// Preference, Call-ID, sequence and user agent are the caller's to fill in; they begin as 1000, empty, 0 and empty.
    #[must_use]
    pub fn over_udp(
        extension: Extension,
        contact: &[u8],
        [local, remote]: [SocketAddr; 2],
        expires_at: Instant,
    ) -> Option<Self> {
        Some(Self {
            extension,
            contact: OwnedUri::parse(contact).ok()?,
            flow: Flow { transport: Transport::Udp, local, remote, connection: None },
            expires_at,
            q_permille: 1000,
            call_id: Box::default(),
            sequence: 0,
            user_agent: String::new(),
        })
    }

    /// Whether the way to the phone needs no connection, so that it outlives a restart.
    #[must_use]
    pub fn outlives_restart(&self) -> bool {
        self.flow.connection.is_none() && !self.flow.transport.is_reliable()
    }

    /// Whether it is for this Contact URI (RFC 3261 §10.3 step 7 compares as §19.1.4 does).
    pub(crate) fn is_at(&self, contact: &OwnedUri) -> bool {
        self.contact.text() == contact.text() || self.contact.view().is_equivalent(&contact.view())
    }

    /// Whether `request` was sent before the one that made this.
    pub(super) fn is_newer_than(&self, request: &Message) -> bool {
        *self.call_id == *request.call_id() && self.sequence >= request.sequence()
    }
}
