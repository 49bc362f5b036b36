//! Header fields: their names, and the values that Warden acts on.

mod auth;
mod cseq;
mod name;
mod name_addr;
mod params;
pub mod reliable;
mod replaces;
mod session;
mod via;

pub use auth::{AuthParams, Scheme};
pub use cseq::CSeq;
pub use name::HeaderName;
pub use name_addr::{NameAddr, Star, contacts};
pub use params::{Param, Params, print_quoted, unquote};
pub use reliable::RAck;
pub use replaces::Replaces;
pub use session::{Refresher, SessionExpires};
pub use via::{Transport, Via};

use crate::uri::UriError;

/// Why a header value was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// It does not follow the header's grammar.
    #[error("malformed")]
    Syntax,
    /// A number is missing, negative or too large.
    #[error("bad number")]
    Number,
    /// Quotes or angle brackets that are not closed.
    #[error("unbalanced quotes or brackets")]
    Unbalanced,
    /// A URI inside is wrong.
    #[error("{0}")]
    Uri(#[from] UriError),
}
