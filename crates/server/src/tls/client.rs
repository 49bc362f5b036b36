//! TLS to servers that we connect to: who they are is checked as RFC 5922 says.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;
use tracing::warn;
use warden_sip::uri::{Host, Uri};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::identity::TlsError;

/// A file of authorities cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path} holds no certificate in PEM form that can be read", path = path.display())]
pub struct TrustError {
    path: PathBuf,
}

/// Who may say who a server is.
#[derive(Clone, Debug)]
pub struct Trust(RootCertStore);

impl Default for Trust {
    /// Nobody.
    fn default() -> Self {
        Self(RootCertStore::empty())
    }
}

impl Trust {
    /// Those that the operating system trusts, as of now.
    #[must_use]
    pub fn of_system() -> Self {
        let found = rustls_native_certs::load_native_certs();
        let mut store = RootCertStore::empty();
        // Some that cannot be read are in most systems; servers that they vouch for are not trusted.
        let (_known, _unknown) = store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            warn!(
                "the system has no certificates of authorities (package ca-certificates): servers cannot be verified"
            );
        }
        Self(store)
    }

    /// And those of a file in PEM form.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn add_file(&mut self, path: &Path) -> Result<(), TrustError> {
        let error = || TrustError { path: path.to_owned() };
        let text = fs::read(path).map_err(|_| error())?;
        let certificates: Vec<_> =
            CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|_| error())?;
        if certificates.is_empty() {
            return Err(error());
        }
        certificates.into_iter().try_for_each(|certificate| self.0.add(certificate)).map_err(|_| error())
    }
}

/// How servers are connected to.
#[derive(Clone)]
pub(crate) struct Client {
    verifying: TlsConnector,
    trusting: TlsConnector,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    pub(crate) fn new(trust: Trust) -> Result<Self, TlsError> {
        let provider = Arc::new(default_provider());
        let connector = |authorities| {
            let verifier = Verifier { authorities, provider: Arc::clone(&provider) };
            let config =
                ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
            let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
            Ok::<_, TlsError>(TlsConnector::from(Arc::new(config)))
        };
        Ok(Self { verifying: connector(Some(trust.0))?, trusting: connector(None)? })
    }

    pub(crate) fn connector(&self, any_certificate: bool) -> &TlsConnector {
        if any_certificate { &self.trusting } else { &self.verifying }
    }
}

/// Checks a server's certificate: who has signed it, until when it holds, and whom it names.
#[derive(Debug)]
struct Verifier {
    /// `None`: it may be anybody. Then only the handshake is checked, so that it is at least who it was before.
    authorities: Option<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authorities) = &self.authorities else { return Ok(ServerCertVerified::assertion()) };
        let parsed = ParsedCertificate::try_from(certificate)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, authorities, chain, now, algorithms)?;
        let domains = sip_domains(certificate);
        let is_named = if domains.is_empty() {
            // A wildcard counts, which RFC 5922 §7.2 would not have: large providers have nothing else.
            verify_server_name(&parsed, name)
        } else if domains.iter().any(|domain| domain.eq_ignore_ascii_case(&name.to_str())) {
            Ok(())
        } else {
            Err(CertificateError::NotValidForName.into())
        };
        is_named.map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The domains that the certificate names by SIP URIs without a user; where there are any, no other names count
/// (RFC 5922 §7.1).
fn sip_domains(der: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = x509_cert::Certificate::from_der(der) else { return Vec::new() };
    let names = certificate.tbs_certificate.get::<SubjectAltName>().ok().flatten();
    let names = names.map_or_else(Vec::new, |(_, names)| names.0);
    names.iter().filter_map(sip_domain).collect()
}

fn sip_domain(name: &GeneralName) -> Option<String> {
    let GeneralName::UniformResourceIdentifier(uri) = name else { return None };
    let uri = Uri::parse(uri.as_bytes()).ok()?;
    let uri = uri.as_sip().filter(|uri| uri.user.is_none() && !uri.secure)?;
    match uri.host.host {
        Host::Name(name) => Some(String::from_utf8_lossy(name).into_owned()),
        Host::Address(address) => Some(address.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    /// What a certificate that we trust, with these URIs and this DNS name, is good for.
    fn verify(uris: &[&str], dns: &str, domain: &'static str) -> Result<(), Error> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([dns.to_owned()]).unwrap();
        let uri = |uri: &&str| SanType::URI((*uri).try_into().unwrap());
        params.subject_alt_names.extend(uris.iter().map(uri));
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let mut authorities = RootCertStore::empty();
        authorities.add(certificate.clone()).unwrap();
        let verifier = Verifier { authorities: Some(authorities), provider: Arc::new(default_provider()) };
        let name = ServerName::try_from(domain).unwrap();
        verifier.verify_server_cert(&certificate, &[], &name, &[], UnixTime::now()).map(drop)
    }

    #[test]
    fn where_a_certificate_names_sip_domains_other_names_do_not_count() {
        assert_eq!(verify(&[], "example.com", "example.com"), Ok(()));
        assert_eq!(verify(&["sip:example.com"], "host.example.com", "Example.com"), Ok(()));
        assert!(verify(&["sip:example.com"], "host.example.com", "host.example.com").is_err());
        // These are no domains: a user, another scheme.
        assert_eq!(verify(&["sip:bob@example.com", "im:x.example"], "host.example", "host.example"), Ok(()));
        assert!(verify(&["sip:bob@example.com"], "host.example", "example.com").is_err());
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert_eq!(verify(&[], "*.provider.example", "sip.provider.example"), Ok(()));
        assert!(verify(&[], "*.provider.example", "provider.example").is_err());
        assert!(verify(&[], "*.provider.example", "a.b.provider.example").is_err());
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let missing = Trust::default().add_file(Path::new("/nonexistent/ca.pem")).unwrap_err();
        assert_eq!(missing.to_string(), "/nonexistent/ca.pem holds no certificate in PEM form that can be read");
        assert!(Trust::default().add_file(Path::new("/dev/null")).is_err());
    }
}
