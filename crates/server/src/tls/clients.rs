//! Certificates of those who connect: whose signature counts, and whether there must be one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};

/// Why there is nobody whose signature counts.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    /// The file cannot be read.
    #[error("cannot read {path}", path = path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// It holds no certificate, or one that cannot be understood.
    #[error("{path} holds no certificates of authorities in PEM form that can be read", path = path.display())]
    Certificates {
        /// Which one.
        path: PathBuf,
    },
}

/// Whose signatures count, and whether who connects must show a certificate.
#[derive(Clone, Debug)]
pub struct Authorities {
    verifier: Arc<dyn ClientCertVerifier>,
    count: usize,
}

impl Authorities {
    /// Reads the certificates of authorities, in PEM. Who shows a certificate that none of them has signed is refused, and
    /// with `is_required` who shows none, too.
    ///
    /// # Errors
    /// [`AuthoritiesError`].
    pub fn load(path: &Path, is_required: bool) -> Result<Self, AuthoritiesError> {
        let bytes = fs::read(path).map_err(|source| AuthoritiesError::Read { path: path.to_owned(), source })?;
        let bad = || AuthoritiesError::Certificates { path: path.to_owned() };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&bytes) {
            roots.add(certificate.map_err(|_| bad())?).map_err(|_| bad())?;
        }
        let count = roots.len();
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()));
        let builder = if is_required { builder } else { builder.allow_unauthenticated() };
        // It fails when there is no certificate.
        Ok(Self { verifier: builder.build().map_err(|_| bad())?, count })
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }
}

/// What handshakes demand at present; nothing without authorities.
#[derive(Debug, Default)]
pub(super) struct Demand(RwLock<Option<Authorities>>);

impl Demand {
    pub(super) fn replace(&self, authorities: Option<Authorities>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = authorities;
    }

    fn verifier(&self) -> Option<Arc<dyn ClientCertVerifier>> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().map(|authorities| Arc::clone(&authorities.verifier))
    }

    fn ask<T>(&self, ask: impl FnOnce(&dyn ClientCertVerifier) -> Result<T, Error>) -> Result<T, Error> {
        // Who asked for a certificate a moment ago may have been told meanwhile to ask for none.
        let verifier = self.verifier().ok_or(Error::General("no certificate is asked for any more".to_owned()))?;
        ask(&*verifier)
    }
}

impl ClientCertVerifier for Demand {
    fn offer_client_auth(&self) -> bool {
        self.verifier().is_some()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.verifier().is_some_and(|verifier| verifier.client_auth_mandatory())
    }

    /// None: a phone has one certificate, and shows that.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.ask(|verifier| verifier.verify_client_cert(end_entity, intermediates, now))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.ask(|verifier| verifier.verify_tls12_signature(message, certificate, signature))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.ask(|verifier| verifier.verify_tls13_signature(message, certificate, signature))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier().map_or_else(Vec::new, |verifier| verifier.supported_verify_schemes())
    }
}
