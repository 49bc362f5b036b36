//! Who this machine is to those who connect by TLS: one certificate for every port, replaced while all go on. And who
//! others are to whom we connect.

mod certificate;
mod client;
mod clients;
mod identity;
mod self_signed;

pub use certificate::{Certificate, CertificateError, CertificateFiles, Facts};
pub(crate) use client::Client;
pub use client::{Trust, TrustError};
pub use clients::{Authorities, AuthoritiesError};
pub use identity::{Identity, Offer, TlsError};
pub use self_signed::{SelfSignedError, VALIDITY, make_self_signed};
pub use tokio_rustls::TlsAcceptor as Acceptor;
