//! Whose sound is encrypted (SRTP with keys in the description, RFC 4568), and over which signalling keys may travel.

use std::collections::HashMap;

use warden_sip::endpoint::Flow;
use warden_sip::header::Transport;

pub use warden_sdp::srtp::Srtp;

use crate::directory::Extension;

/// What is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptionPolicy {
    /// For extensions without an entry of their own.
    pub usual: Srtp,
    /// By extension.
    pub own: HashMap<Extension, Srtp>,
    /// Keys are said and taken over UDP, TCP and WS too, where everybody on the way can read them.
    pub over_unencrypted_signalling: bool,
}

impl Default for EncryptionPolicy {
    /// Wherever the phone's signalling is encrypted and the phone can do it.
    fn default() -> Self {
        Self { usual: Srtp::Optional, own: HashMap::new(), over_unencrypted_signalling: false }
    }
}

/// The phone's sound must be encrypted, and its signalling is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnsafeWay;

impl EncryptionPolicy {
    /// What the configuration wants for this extension's phones, however they are reached.
    #[must_use]
    pub fn wanted(&self, extension: &Extension) -> Srtp {
        self.own.get(extension).copied().unwrap_or(self.usual)
    }

    /// Whether keys may be said and taken on this way.
    pub(crate) fn trusts(&self, flow: &Flow) -> bool {
        self.over_unencrypted_signalling || is_encrypted(flow.transport)
    }

    /// What is done with the sound of this extension's phone on this way.
    ///
    /// # Errors
    /// [`UnsafeWay`]: there can be no call.
    pub(crate) fn on(&self, extension: &Extension, flow: &Flow) -> Result<Srtp, UnsafeWay> {
        match (self.wanted(extension), self.trusts(flow)) {
            (wanted, true) => Ok(wanted),
            (Srtp::Off | Srtp::Optional, false) => Ok(Srtp::Off),
            (Srtp::Required, false) => Err(UnsafeWay),
        }
    }
}

fn is_encrypted(transport: Transport) -> bool {
    match transport {
        Transport::Tls | Transport::Wss => true,
        Transport::Udp | Transport::Tcp | Transport::Ws => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(transport: Transport) -> Flow {
        let address = std::net::SocketAddr::from(([192, 0, 2, 1], 5060));
        Flow { transport, local: address, remote: address, connection: None }
    }

    #[test]
    fn keys_travel_over_encrypted_signalling_only_unless_it_is_configured() {
        let extension = Extension::parse(b"1001").expect("an extension");
        let mut policy = EncryptionPolicy::default();
        let on = |policy: &EncryptionPolicy, transport| policy.on(&extension, &flow(transport));
        let ways = [Transport::Tls, Transport::Wss, Transport::Udp, Transport::Tcp, Transport::Ws];
        let (optional, off, required) = (Ok(Srtp::Optional), Ok(Srtp::Off), Ok(Srtp::Required));
        assert_eq!(ways.map(|way| on(&policy, way)), [optional, optional, off, off, off]);
        policy.own.insert(extension.clone(), Srtp::Required);
        let refused = Err(UnsafeWay);
        assert_eq!(ways.map(|way| on(&policy, way)), [required, required, refused, refused, refused]);
        policy.over_unencrypted_signalling = true;
        assert_eq!(ways.map(|way| on(&policy, way)), [required; 5]);
    }
}
