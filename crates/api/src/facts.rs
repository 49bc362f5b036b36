//! What the API wants to know about the running system, and how the server's `Handle` answers it.

use std::net::IpAddr;
use std::pin::Pin;

use warden_server::websocket::{WebSocketConnection, WebSocketEnds};
use warden_server::{Handle, Registration, Status, Stopped};

/// What the signalling thread says, when it says something.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Stopped>> + Send + 'a>>;

/// How many phones can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registrations {
    /// Extensions with a phone or more.
    pub extensions: usize,
    /// Phones.
    pub phones: usize,
}

/// How many calls there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Those under way.
    pub active: usize,
    /// All since the start.
    pub total: u64,
}

/// The running system, as far as the API asks about it.
pub trait Facts: Send + Sync {
    /// Who can be reached.
    fn registrations(&self) -> Answer<'_, Registrations>;
    /// Who talks.
    fn calls(&self) -> Answer<'_, Calls>;
    /// What has been received and sent; never waits.
    fn counters(&self) -> Status;
    /// A place for a WebSocket that carries SIP; `None` when there are too many connections.
    fn admit_websocket(&self, ends: WebSocketEnds) -> Option<WebSocketConnection>;
    /// Whether connections from there are taken at all.
    fn takes_connections_from(&self, source: IpAddr) -> bool;
}

impl Facts for Handle {
    fn registrations(&self) -> Answer<'_, Registrations> {
        Box::pin(async { Ok(count(&self.bindings().await?)) })
    }

    fn calls(&self) -> Answer<'_, Calls> {
        Box::pin(async { Ok(Calls { active: self.calls().await?.len(), total: self.status().calls }) })
    }

    fn counters(&self) -> Status {
        self.status()
    }

    fn admit_websocket(&self, ends: WebSocketEnds) -> Option<WebSocketConnection> {
        self.admit_websocket(ends)
    }

    fn takes_connections_from(&self, source: IpAddr) -> bool {
        self.takes_connections_from(source)
    }
}

/// `registrations` are in order of extension.
fn count(registrations: &[Registration]) -> Registrations {
    let extensions = registrations.chunk_by(|one, next| one.extension == next.extension).count();
    Registrations { extensions, phones: registrations.len() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn two_phones_of_one_extension_are_one_registered_extension() {
        let registrations = ["1001", "1001", "1002"].map(|extension| Registration {
            extension: extension.to_owned(),
            contact: String::new(),
            local: ([127, 0, 0, 1], 5060).into(),
            source: ([127, 0, 0, 1], 5062).into(),
            transport: "UDP",
            user_agent: String::new(),
            expires_in: Duration::from_mins(1),
            round_trip: None,
            silent_for: None,
        });
        assert_eq!(count(&registrations), Registrations { extensions: 2, phones: 3 });
        assert_eq!(count(&[]), Registrations::default());
    }
}
