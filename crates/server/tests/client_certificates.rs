//! Phones that must show a certificate, or may, on the port for SIP over TLS.

#![cfg(test)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion, version};
use warden_server::tls::{Authorities, Certificate, CertificateFiles, Identity, Offer, make_self_signed};
use warden_server::{Beginning, Handle, Server, Settings};

/// A server, and a folder for files that is removed in the end.
struct Office {
    folder: PathBuf,
    files: CertificateFiles,
    identity: Arc<Identity>,
    server: Handle,
}

impl Drop for Office {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.folder);
    }
}

/// What a phone shows: its certificate and its key.
type Shown = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Office {
    fn open(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("warden-clients-{name}-{}", std::process::id()));
        let files = CertificateFiles { certificate: folder.join("a.pem"), key: folder.join("a.key") };
        make_self_signed(&files, &["localhost".to_owned()], SystemTime::now()).unwrap();
        let identity = Identity::new(Certificate::load(&files).unwrap(), Offer::default());
        let listen_tls = vec!["127.0.0.1:0".parse().unwrap()];
        let beginning = Beginning { identity: Some(Arc::clone(&identity)), ..Beginning::default() };
        let (server, _saves) = Server::start(&Settings { listen_tls, ..Settings::default() }, beginning).unwrap();
        Self { folder, files, identity, server }
    }

    fn demand(&self, authority: &CertifiedIssuer<'static, KeyPair>, is_required: bool) {
        let path = self.folder.join("ca.pem");
        fs::write(&path, authority.pem()).unwrap();
        self.identity.demand_of_phones(Some(Authorities::load(&path, is_required).unwrap()));
    }

    /// Whether a phone that shows this is served.
    fn serves(&self, shown: Option<&Shown>, version: &'static SupportedProtocolVersion) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.files.certificate).unwrap()).unwrap();
        let builder = ClientConfig::builder_with_protocol_versions(&[version]).with_root_certificates(roots);
        let config = match shown {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder.with_client_auth_cert(chain.clone(), key.clone_key()).unwrap(),
        };
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TcpStream::connect(self.server.listening_tls()[0]).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut tls = StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream);
        let mut answer = [0; 2];
        // Of TLS 1.3 a phone is through before the server has seen its certificate: only an answer tells.
        tls.write_all(b"\r\n\r\n").is_ok() && tls.read_exact(&mut answer).is_ok() && answer == *b"\r\n"
    }
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn phone_of(authority: &CertifiedIssuer<'static, KeyPair>, edit: impl FnOnce(&mut CertificateParams)) -> Shown {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["1001.phones.example.com".to_owned()]).unwrap();
    edit(&mut params);
    let certificate = params.signed_by(&key, authority).unwrap();
    (vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

#[test]
fn a_certificate_is_demanded_checked_or_not_asked_for_as_it_is_told() {
    let office = Office::open("demand");
    let (ours, theirs) = (authority(), authority());
    let (good, strange) = (phone_of(&ours, |_| {}), phone_of(&theirs, |_| {}));
    let expired = phone_of(&ours, |params| params.not_after = (SystemTime::now() - Duration::from_hours(1)).into());
    let all = [None, Some(&good), Some(&strange), Some(&expired)];
    for version in [&version::TLS12, &version::TLS13] {
        office.identity.demand_of_phones(None);
        assert_eq!(all.map(|shown| office.serves(shown, version)), [true; 4]);
        office.demand(&ours, true);
        assert_eq!(all.map(|shown| office.serves(shown, version)), [false, true, false, false]);
        office.demand(&ours, false);
        assert_eq!(all.map(|shown| office.serves(shown, version)), [true, true, false, false]);
        office.demand(&theirs, true);
        assert_eq!(all.map(|shown| office.serves(shown, version)), [false, false, true, false]);
    }
}

#[test]
fn a_file_without_authorities_is_told() {
    let office = Office::open("files");
    let load = |path: &PathBuf| Authorities::load(path, true).unwrap_err().to_string();
    let missing = office.folder.join("missing.pem");
    assert_eq!(load(&missing), format!("cannot read {}", missing.display()));
    let bad = office.folder.join("bad.pem");
    for text in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        fs::write(&bad, text).unwrap();
        let expected = "holds no certificates of authorities in PEM form that can be read";
        assert!(load(&bad).ends_with(expected), "{text}");
    }
    assert_eq!(Authorities::load(&office.files.certificate, true).unwrap().count(), 1);
}
