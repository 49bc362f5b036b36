//! An account at another server, as it is configured and as people see it.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_sip::header::Transport;
use warden_sip::uri::OwnedUri;

/// A password; `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub Box<str>);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where Warden registers, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What it is called here, unlike any other: letters, digits, `-` and `_`. It is also the user part of its Contact, so
    /// that several accounts at one server are told apart, and stay the same ones after a restart.
    pub name: Box<str>,
    /// The registrar, a `sip:` or `sips:` URI without a user; its parameters say how it is reached.
    pub registrar: OwnedUri,
    /// Everything goes there first, if there is one.
    pub outbound_proxy: Option<OwnedUri>,
    /// The user part of the address that is registered.
    pub username: Box<str>,
    /// The user name of the password, most often the same.
    pub sign_in: Box<str>,
    /// Known to the server too.
    pub password: Password,
    /// How long a registration shall last; the server decides.
    pub expires: Duration,
    /// Any certificate of the server will do.
    pub any_certificate: bool,
}

/// How an account fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// As in [`Account::name`].
    pub name: Box<str>,
    /// As whom.
    pub username: Box<str>,
    /// Where: the registrar's URI.
    pub registrar: OwnedUri,
    /// Until when calls come; `None` while it is not registered.
    pub registered_until: Option<Instant>,
    /// The server that holds the registration, or that is asked now.
    pub server: Option<(Transport, SocketAddr)>,
    /// When it is tried or refreshed next; `None` while that is under way.
    pub next_at: Option<Instant>,
    /// What went wrong last, in words for people; `None` since all is well.
    pub error: Option<String>,
}

/// What has become of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountNews {
    /// Calls come from now on, or go on coming.
    Registered {
        /// Until it must be refreshed at the latest.
        expires: Duration,
        /// It was registered before.
        refreshed: bool,
    },
    /// It is not registered, or was not refreshed.
    Failed {
        /// Why, in words for people.
        reason: String,
        /// When it is tried again.
        retry: Duration,
        /// The registration before still holds.
        still_registered: bool,
    },
    /// It is given up, as it is not configured any more or Warden stops.
    Left,
}
