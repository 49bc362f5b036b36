//! Who this machine is to those who connect by TLS: one certificate for every port, replaced while all go on.

mod certificate;
mod clients;
mod identity;
mod self_signed;

pub use certificate::{Certificate, CertificateError, CertificateFiles, Facts};
pub use clients::{Authorities, AuthoritiesError};
pub use identity::{Identity, Offer, TlsError};
pub use self_signed::{SelfSignedError, VALIDITY, make_self_signed};
pub use tokio_rustls::TlsAcceptor as Acceptor;
