//! A certificate that nobody else has signed: enough to encrypt, and to be recognised by its fingerprint.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rcgen::{PKCS_RSA_SHA256, RsaKeySize};

use super::certificate::CertificateFiles;

/// How long it holds; browsers refuse longer ones.
pub const VALIDITY: Duration = Duration::from_hours(24 * 825);
/// A phone's clock may be behind.
const BEFORE: Duration = Duration::from_hours(24);

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum SelfSignedError {
    /// A name cannot be in a certificate, or there is no randomness.
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
    /// It cannot be kept.
    #[error("cannot write {path}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
}

/// Makes a certificate for `names`, host names and addresses, and writes it in the place of whatever is there. The key can
/// be read by nobody else.
///
/// It is of RSA, which desk phones of every age understand.
/// # Errors
/// [`SelfSignedError`].
pub fn make_self_signed(files: &CertificateFiles, names: &[String], now: SystemTime) -> Result<(), SelfSignedError> {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, names.first().map_or("warden", String::as_str));
    params.not_before = (now - BEFORE).into();
    params.not_after = (now + VALIDITY - BEFORE).into();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.self_signed(&key)?;
    // The key first: a certificate without its key is not taken for a whole one.
    write(&files.key, &key.serialize_pem(), 0o600)?;
    write(&files.certificate, &certificate.pem(), 0o644)
}

/// Whole or not at all.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), SelfSignedError> {
    let new = path.with_added_extension("new");
    let written = || {
        if let Some(directory) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        if let Err(error) = fs::remove_file(&new)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    written().map_err(|source| SelfSignedError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::tls::{Certificate, CertificateError};

    fn in_directory(name: &str) -> CertificateFiles {
        let directory = std::env::temp_dir().join(format!("warden-tls-{name}-{}", std::process::id()));
        CertificateFiles { certificate: directory.join("a.pem"), key: directory.join("a.key") }
    }

    fn remove(files: &CertificateFiles) {
        fs::remove_dir_all(files.key.parent().unwrap()).unwrap();
    }

    #[test]
    fn it_is_for_the_names_that_were_asked_for_and_its_key_is_secret() {
        let files = in_directory("names");
        let names = ["pbx.example.com", "localhost", "192.0.2.1", "2001:db8::1"].map(str::to_owned);
        let now = SystemTime::now();
        make_self_signed(&files, &names, now).unwrap();
        let certificate = Certificate::load(&files).unwrap();
        let facts = certificate.facts();
        assert_eq!(facts.names, names);
        assert_eq!((facts.subject.as_str(), facts.is_self_signed()), ("CN=pbx.example.com", true));
        let days = |span: Duration| (span + Duration::from_hours(1)).as_secs() / 86_400;
        assert_eq!(facts.left(now).map(days), Some(824));
        assert_eq!(facts.left(now + VALIDITY), None);
        assert!(facts.not_before < now);
        assert_eq!(facts.fingerprint.len(), 32 * 3 - 1);
        assert_eq!(fs::metadata(&files.key).unwrap().permissions().mode() & 0o777, 0o600);
        make_self_signed(&files, &names, now).unwrap();
        assert_ne!(Certificate::load(&files).unwrap().facts().fingerprint, facts.fingerprint);
        remove(&files);
    }

    #[test]
    fn each_thing_that_can_be_wrong_with_files_is_told() {
        let (files, other) = (in_directory("mine"), in_directory("other"));
        let load = |files: &CertificateFiles| Certificate::load(files).unwrap_err();
        assert!(matches!(load(&files), CertificateError::Read { .. }));
        let names = ["localhost".to_owned()];
        make_self_signed(&files, &names, SystemTime::now()).unwrap();
        make_self_signed(&other, &names, SystemTime::now()).unwrap();
        let crossed = CertificateFiles { key: other.key.clone(), ..files.clone() };
        assert!(matches!(load(&crossed), CertificateError::Unfit { .. }));
        let no_key = CertificateFiles { key: files.certificate.clone(), ..files.clone() };
        assert!(matches!(load(&no_key), CertificateError::Key { .. }));
        let no_certificate = CertificateFiles { certificate: files.key.clone(), ..files.clone() };
        assert!(matches!(load(&no_certificate), CertificateError::Certificate { .. }));
        remove(&files);
        remove(&other);
    }
}
