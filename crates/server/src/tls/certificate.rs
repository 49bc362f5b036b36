//! A certificate with its key, read from files, and what it says in words.

use std::fmt::Write;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// Where a certificate is kept, both files in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, then those that lead to a known authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {path}", path = path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The file holds no certificate, or one that cannot be understood.
    #[error("{path} holds no certificate in PEM form that can be read", path = path.display())]
    Certificate {
        /// Which one.
        path: PathBuf,
    },
    /// The file holds no key, or one behind a passphrase.
    #[error("{path} holds no private key in PEM form without a passphrase", path = path.display())]
    Key {
        /// Which one.
        path: PathBuf,
    },
    /// They are not made for each other, or the key is of a kind that TLS does not use.
    #[error("the key in {key} does not fit the certificate in {certificate}", key = key.display(), certificate = certificate.display())]
    Unfit {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What the library says.
        #[source]
        source: rustls::Error,
    },
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whose it is, as `CN=pbx.example.com`.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The names and addresses that it is good for.
    pub names: Vec<String>,
    /// From when on it holds.
    pub not_before: SystemTime,
    /// Until when.
    pub not_after: SystemTime,
    /// SHA-256 of the certificate, as browsers show it: `AB:CD:…`.
    pub fingerprint: String,
}

impl Facts {
    /// Signed by nobody else: a browser warns of it.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer
    }

    /// How long it still holds; `None` when it has expired.
    #[must_use]
    pub fn left(&self, now: SystemTime) -> Option<Duration> {
        self.not_after.duration_since(now).ok()
    }
}

/// A certificate that can be used.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub(super) key: Arc<CertifiedKey>,
    facts: Facts,
}

impl Certificate {
    /// Reads both files.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn load(files: &CertificateFiles) -> Result<Self, CertificateError> {
        let CertificateFiles { certificate, key } = files;
        let read =
            |path: &PathBuf| fs::read(path).map_err(|source| CertificateError::Read { path: path.clone(), source });
        let bad_certificate = || CertificateError::Certificate { path: certificate.clone() };
        let chain = CertificateDer::pem_slice_iter(&read(certificate)?).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|_| bad_certificate())?;
        let facts = chain.first().and_then(facts).ok_or_else(bad_certificate)?;
        let private = PrivateKeyDer::from_pem_slice(&read(key)?);
        let private = private.map_err(|_| CertificateError::Key { path: key.clone() })?;
        let fitted = CertifiedKey::from_der(chain, private, &default_provider())
            .map_err(|source| CertificateError::Unfit { certificate: certificate.clone(), key: key.clone(), source })?;
        Ok(Self { key: Arc::new(fitted), facts })
    }

    /// What it says.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }
}

fn facts(der: &CertificateDer<'_>) -> Option<Facts> {
    let body = x509_cert::Certificate::from_der(der).ok()?.tbs_certificate;
    let names = body.get::<SubjectAltName>().ok()?.map_or_else(Vec::new, |(_, names)| names.0);
    let moment = |time: x509_cert::time::Time| SystemTime::UNIX_EPOCH.checked_add(time.to_unix_duration());
    Some(Facts {
        subject: body.subject.to_string(),
        issuer: body.issuer.to_string(),
        names: names.iter().filter_map(name).collect(),
        not_before: moment(body.validity.not_before)?,
        not_after: moment(body.validity.not_after)?,
        fingerprint: fingerprint(der),
    })
}

fn name(name: &GeneralName) -> Option<String> {
    if let GeneralName::DnsName(name) = name {
        return Some(name.to_string());
    }
    let GeneralName::IpAddress(bytes) = name else { return None };
    let v4 = <[u8; 4]>::try_from(bytes.as_bytes()).map(IpAddr::from);
    let address = v4.or_else(|_| <[u8; 16]>::try_from(bytes.as_bytes()).map(IpAddr::from)).ok()?;
    Some(address.to_string())
}

fn fingerprint(der: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(der) {
        let separator = if text.is_empty() { "" } else { ":" };
        // Writing to a text cannot fail.
        let _written = write!(text, "{separator}{byte:02X}");
    }
    text
}
