//! SIP without I/O: messages, digest, transactions and dialogs.
//!
//! Time, bytes and randomness come in as arguments; what is to be sent and what has happened comes out as values.
//! Sockets, the asking of DNS and who may call whom are left to others.

pub mod body;
pub mod dialog;
pub mod digest;
pub mod endpoint;
pub mod framer;
pub mod grammar;
pub mod header;
pub mod message;
pub mod method;
pub mod print;
pub mod random;
pub mod resolve;
pub mod sealed;
pub mod status;
pub mod stun;
pub mod tag;
pub mod transaction;
pub mod uas;
pub mod uri;
pub mod wheel;
pub mod write;
