//! The configuration file, `config.yml`: text in, [`Config`] out, or every problem at once with its line and column.
//!
//! Opening the file, the environment and acting on what it says are left to others. The keys are described in
//! `docs/configuration.md`.

mod address;
mod blf_lists;
mod caller_id;
mod capture;
mod clashes;
mod codecs;
mod config;
mod dialplan;
mod dotenv;
mod dtmf;
mod emergency;
mod extensions;
mod later;
mod logging;
mod music_on_hold;
mod nearest;
mod networks;
mod numbers;
mod ports;
mod problem;
mod reader;
mod recording;
mod scalar;
mod secret;
mod security;
mod server;
mod sip;
mod srtp;
mod syntax;
mod tls;
mod tree;
mod trunks;
mod variables;
mod web;
mod yaml;

pub use address::Host;
pub use blf_lists::BlfList;
pub use caller_id::CallerId;
pub use capture::{Capture, Hep};
pub use codecs::{Codec, Codecs};
pub use config::{Accepted, Config};
pub use dialplan::{Action, Dialplan, Pattern};
pub use dotenv::Variables;
pub use dtmf::{Dtmf, DtmfMethod};
pub use emergency::E911Protection;
pub use extensions::{Authentication, Extension, LONGEST_NUMBER, LONGEST_PASSWORD, Nat, SHORTEST_PASSWORD};
pub use logging::{Level, Logging};
pub use music_on_hold::{DEFAULT_MUSIC_CLASS, MusicClass, MusicOnHold};
pub use networks::Network;
pub use ports::{PORTS_PER_CALL, PortRange};
pub use problem::{Position, Problem, Report};
pub use recording::{Recording, RecordingFormat};
pub use secret::Secret;
pub use security::{DigestAlgorithm, Networks, RateLimiting, Security};
pub use server::{Server, SipKeepAlive};
pub use sip::{CallerIdHeaders, Sip};
pub use srtp::Srtp;
pub use tls::{ClientCertificates, SecurityTls, TlsFiles, TlsVersion};
pub use trunks::{Trunk, TrunkTransport};
pub use web::{Tls, Web};
