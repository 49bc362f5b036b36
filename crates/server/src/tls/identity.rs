//! The certificate that is shown at present.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ConfigBuilder, ServerConfig, WantsVerifier, version};

use super::Acceptor;
use super::certificate::{Certificate, Facts};
use super::clients::{Authorities, Demand};

/// TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
#[error("cannot offer TLS")]
pub struct TlsError(#[from] rustls::Error);

/// What is offered to who connects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Nothing older than TLS 1.3, instead of 1.2.
    pub only_1_3: bool,
    /// The cipher suites by their numbers (IANA, "TLS Cipher Suites"); empty: all that there are.
    pub suites: Vec<u16>,
}

/// One for all ports. Handshakes take the certificate of the moment; connections that stand keep theirs.
#[derive(Debug)]
pub struct Identity {
    current: RwLock<Certificate>,
    demand: Arc<Demand>,
    offer: Offer,
}

impl Identity {
    /// Shows this one.
    #[must_use]
    pub fn new(certificate: Certificate, offer: Offer) -> Arc<Self> {
        Arc::new(Self { current: RwLock::new(certificate), demand: Arc::default(), offer })
    }

    /// Shows another one from now on.
    pub fn replace(&self, certificate: Certificate) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = certificate;
    }

    /// What the certificate of the moment says.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.current.read().unwrap_or_else(PoisonError::into_inner).facts().clone()
    }

    /// From now on phones are asked for certificates that one of these has signed; with `None` they are not.
    pub fn demand_of_phones(&self, authorities: Option<Authorities>) {
        self.demand.replace(authorities);
    }

    /// Takes connections of the web, for the protocols of this list (RFC 7301).
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn web_acceptor(self: &Arc<Self>, protocols: &[&[u8]]) -> Result<Acceptor, TlsError> {
        let mut config = self.config()?.with_no_client_auth().with_cert_resolver(Arc::new(Shown(Arc::clone(self))));
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(Acceptor::from(Arc::new(config)))
    }

    /// Takes connections of phones. They name no protocol, and it would be SIP (RFC 7118 names one for WebSocket only).
    ///
    /// # Errors
    /// [`TlsError`].
    pub(crate) fn phone_acceptor(self: &Arc<Self>) -> Result<Acceptor, TlsError> {
        let demand: Arc<Demand> = Arc::clone(&self.demand);
        let builder = self.config()?.with_client_cert_verifier(demand);
        let mut config = builder.with_cert_resolver(Arc::new(Shown(Arc::clone(self))));
        // No session is resumed: it would be one whose certificate may count no more, and a connection of a phone lasts.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Acceptor::from(Arc::new(config)))
    }

    fn config(&self) -> Result<ConfigBuilder<ServerConfig, WantsVerifier>, TlsError> {
        let Offer { only_1_3, suites } = &self.offer;
        let mut provider = default_provider();
        provider.cipher_suites.retain(|suite| suites.is_empty() || suites.contains(&suite.suite().into()));
        let versions = if *only_1_3 { &[&version::TLS13][..] } else { &[&version::TLS13, &version::TLS12] };
        Ok(ServerConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(versions)?)
    }
}

/// What a handshake sees of an [`Identity`].
#[derive(Debug)]
struct Shown(Arc<Identity>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.current.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}
