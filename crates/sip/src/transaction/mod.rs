//! The four transaction machines of RFC 3261 §17 with RFC 6026, as tables: state and input in, state and deed out.
//!
//! A machine holds its timers inside the state that needs them, so a stale one cannot fire. It keeps no message:
//! [`Endpoint`](crate::endpoint::Endpoint) sends, resends and reports what a machine decides.

mod invite_client;
mod invite_server;
mod key;
mod non_invite_client;
mod non_invite_server;
mod timers;
#[cfg(test)]
pub(crate) mod timers_test;

pub use invite_client::InviteClient;
pub use invite_server::InviteServer;
pub(crate) use key::{Hashed, KeyHasher, RandomKeys};
pub use non_invite_client::NonInviteClient;
pub use non_invite_server::NonInviteServer;
pub use timers::{Resend, Timers};

/// What a client transaction wants done with a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnResponse {
    /// Hand it to the user.
    Report,
    /// Acknowledge it (a final response to INVITE other than 2xx) and hand it to the user.
    AcknowledgeAndReport,
    /// Acknowledge it again; the user has had it.
    Acknowledge,
    /// The user has had it.
    Ignore,
}

/// What a transaction wants done when its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnTimeout {
    /// Nothing.
    Nothing,
    /// Send the request, or the last response, again.
    Resend,
    /// Tell the user that no answer, no PRACK or no ACK came.
    GiveUp,
}

/// What a server transaction wants done with a request that it has seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRepeat {
    /// Send the last response again, if there is one.
    Resend,
    /// Nothing.
    Ignore,
}
