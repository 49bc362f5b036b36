//! Digest authentication, both sides (RFC 3261 §22, RFC 7616, RFC 8760): MD5 and SHA-256 with `qop=auth`.
//!
//! [`Authenticator`] challenges and checks others; [`Challenge`] answers for Warden at a trunk. Passwords are known
//! here only as [`Ha1`]. Who may do what, and what a strike costs, is decided elsewhere.

mod algorithm;
mod authenticator;
mod challenge;
mod credentials;
mod ha1;
mod hash;
pub(crate) mod hex;
mod nonce;
mod response;
#[cfg(test)]
mod tests;
mod used;

pub use algorithm::Algorithm;
pub use authenticator::{Authenticator, DEFAULT_CAPACITY, Verdict};
pub use challenge::{Challenge, Exchange};
pub use credentials::{Credentials, MAX_CREDENTIALS};
pub use ha1::Ha1;
