//! SRTP and SRTCP (RFC 3711, 6188, 7714): packets encrypted and authenticated in place.
//!
//! A leg has a [`Protection`]: a [`Sender`] for what it sends and a [`Receiver`] for what comes. Where their master keys
//! come from, `a=crypto` or DTLS, makes no difference. They must live as long as the keys: a new one with an old key would begin to
//! count again, which breaks the encryption. There is no MKI, and keys are derived once (key derivation rate 0).

mod counter;
mod derive;
mod galois;
mod header;
mod index;
mod protection;
mod receiver;
mod sender;
mod sources;
mod transform;

pub use protection::Protection;
pub use receiver::{RECEIVED_SOURCES, Receiver};
pub use sender::{SENT_SOURCES, Sender};
pub use warden_sdp::srtp::{MAX_MASTER_LEN, MasterKey, SrtpKeys, Suite};

/// The most bytes that a packet grows by when it is protected: the tag, and in RTCP four bytes for the index.
pub const MAX_GROWTH: usize = 20;

/// Why a packet was not taken, or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SrtpError {
    /// Not SRTP or SRTCP, or too short for it.
    #[error("the packet is malformed")]
    Malformed,
    /// It has come before, or is older than what is remembered.
    #[error("the packet has come before")]
    Replayed,
    /// Its tag does not fit: it comes from somebody else, was changed on its way, or has another key.
    #[error("the packet is forged")]
    Forged,
    /// The library that computes has refused the key.
    #[error("the key cannot be used")]
    Key,
}

#[cfg(test)]
mod vectors;
