//! `security.tls`, the certificate and what TLS is offered with it.

use std::path::PathBuf;

use crate::reader::{Field, Fields, Reader};

/// The section `security.tls:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityTls {
    /// A certificate from elsewhere. `None`: a self-signed one in the data directory.
    pub files: Option<TlsFiles>,
    /// The oldest version that is spoken. Default TLS 1.2.
    pub min_version: TlsVersion,
    /// The cipher suites to use, by their numbers (IANA, "TLS Cipher Suites"). Empty, the default: all that are built in.
    pub ciphers: Vec<u16>,
    /// What phones must show that connect to `server.sips_port`. `None`, the default: nothing.
    pub clients: Option<ClientCertificates>,
    /// A file in PEM form with authorities that are believed besides those of the system, of servers that Warden connects
    /// to.
    pub ca: Option<PathBuf>,
}

/// What a phone's certificate is checked by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificates {
    /// A file with the certificates of those whose signature counts, in PEM; a relative one counts from the directory that
    /// Warden was started in.
    pub authorities: PathBuf,
    /// Whether a phone without a certificate is refused. Default true.
    pub is_required: bool,
}

/// The files of `security.tls:`, in PEM; relative ones count from the directory that Warden was started in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, then those that lead to a known authority.
    pub certificate: PathBuf,
    /// Its private key, without a passphrase.
    pub key: PathBuf,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2.
    #[default]
    V1_2,
    /// TLS 1.3.
    V1_3,
}

/// Every suite that is built in: its number, its name, and its name in OpenSSL, which for TLS 1.3 is the same.
const SUITES: [(u16, &str, &str); 9] = [
    (0x1302, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"),
    (0x1301, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
    (0x1303, "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
    (0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
    (0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    (0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
    (0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
    (0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
    (0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"),
];

fn is_of_1_3(suite: u16) -> bool {
    suite >> 8 == 0x13
}

/// Reads the section; what is wrong keeps its default.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> SecurityTls {
    let mut tls = SecurityTls::default();
    let Some(mut fields) = section.fields(reader) else { return tls };
    let mut path = |name: &'static str, reader: &mut Reader<'_>| {
        let path = fields.take(name).and_then(|field| field.line(reader));
        path.map(|path| PathBuf::from(path.value))
    };
    tls.ca = path("ca", reader);
    let (certificate, key) = (path("certificate", reader), path("key", reader));
    if certificate.is_some() != key.is_some() {
        section.problem(reader, "certificate and key belong together: give both or neither");
    }
    tls.files = certificate.zip(key).map(|(certificate, key)| TlsFiles { certificate, key });
    if let Some(version) = fields.take("min_version").and_then(|field| read_version(&field, reader)) {
        tls.min_version = version;
    }
    if let Some(field) = fields.take("ciphers") {
        let suites = field.list(reader).unwrap_or_default();
        tls.ciphers = suites.iter().filter_map(|suite| read_suite(suite, reader)).collect();
        if tls.min_version == TlsVersion::V1_3
            && !tls.ciphers.is_empty()
            && !tls.ciphers.iter().any(|it| is_of_1_3(*it))
        {
            field.problem(reader, "none of these is for TLS 1.3, and min_version allows nothing older");
        }
    }
    tls.clients = read_clients(&mut fields, reader);
    fields.later(&["fips_ciphers_only"], reader);
    fields.finish(reader);
    tls
}

fn read_clients(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<ClientCertificates> {
    let authorities = fields.take("client_ca");
    let demand = fields.take("client_certificates");
    let is_required = demand.as_ref().and_then(|field| read_demand(field, reader)).unwrap_or(true);
    let Some(authorities) = authorities else {
        if let Some(demand) = demand {
            demand.problem(reader, "needs client_ca, the file that certificates are checked by");
        }
        return None;
    };
    let authorities = PathBuf::from(authorities.line(reader)?.value);
    Some(ClientCertificates { authorities, is_required })
}

fn read_demand(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<bool> {
    let text = field.line(reader)?;
    match text.value.as_str() {
        "required" => Some(true),
        "optional" => Some(false),
        _ => {
            field.problem(reader, format!("{} is neither required nor optional", text.shown));
            None
        }
    }
}

fn read_version(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<TlsVersion> {
    let text = field.line(reader)?;
    match text.value.as_str() {
        "TLSv1.2" | "1.2" => Some(TlsVersion::V1_2),
        "TLSv1.3" | "1.3" => Some(TlsVersion::V1_3),
        _ => {
            field.problem(reader, format!("{} is neither TLSv1.2 nor TLSv1.3", text.shown));
            None
        }
    }
}

fn read_suite(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<u16> {
    let text = field.line(reader)?;
    let found = SUITES.iter().find(|(_, name, openssl)| text.value == *name || text.value == *openssl);
    if found.is_none() {
        let names: Vec<_> = SUITES.iter().map(|(_, _, openssl)| *openssl).collect();
        field.problem(reader, format!("{} is none of {}", text.shown, names.join(", ")));
    }
    found.map(|(number, _, _)| *number)
}
