//! Encrypted sound (SRTP, RFC 3711) with keys in the description (RFC 4568): what is offered, taken and agreed on.
//!
//! What is done to packets with the keys is the media engine's. Keys are as secret as the signalling that carries them:
//! who may offer them over an unencrypted connection is decided elsewhere.

mod agree;
mod crypto;
mod encryption;
mod master_key;
mod suite;

pub(crate) use agree::{Chosen, KeyError, keys_of_answer, suites};
pub use crypto::{Crypto, CryptoError};
pub use encryption::{Encryption, Srtp, SrtpKeys};
pub use master_key::MasterKey;
pub use suite::{MAX_MASTER_LEN, Suite};
