//! The certificate that is shown at present.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};

use super::Acceptor;
use super::certificate::{Certificate, Facts};

/// TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
#[error("cannot offer TLS")]
pub struct TlsError(#[from] rustls::Error);

/// One for all ports. Handshakes take the certificate of the moment; connections that stand keep theirs.
#[derive(Debug)]
pub struct Identity {
    current: RwLock<Certificate>,
}

impl Identity {
    /// Shows this one.
    #[must_use]
    pub fn new(certificate: Certificate) -> Arc<Self> {
        Arc::new(Self { current: RwLock::new(certificate) })
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

    /// Takes connections with TLS 1.2 or 1.3, for the protocols of this list (RFC 7301).
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn acceptor(self: &Arc<Self>, protocols: &[&[u8]]) -> Result<Acceptor, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_protocol_versions(&[&version::TLS13, &version::TLS12])?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::new(Shown(Arc::clone(self))));
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(Acceptor::from(Arc::new(config)))
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
