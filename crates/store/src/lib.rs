//! What outlives the process: the database, and the spool that call events pass on their way into it.
//!
//! [`Store`] is SQLite or PostgreSQL, chosen by the URL; everything above it is the same. [`spool::Spool`] takes the
//! events of calls with one `write` per turn, and [`spool::Keeper`] moves finished calls into the database.

mod address;
mod bans;
mod bindings;
mod call_party;
mod call_record;
mod clock;
mod entity;
mod error;
mod extensions;
mod finished;
mod messages;
mod migration;
mod records;
pub mod spool;
mod store;
mod stored_event;
mod words;

pub use bindings::SavedBinding;
pub use call_party::JoinedParty;
pub use call_record::{CallRecord, RecordedLeg};
pub use clock::Clock;
pub use error::{OpenError, StoreError};
pub use extensions::{ExtensionError, NewExtension, SavedDevice, SavedExtension, Source};
pub use finished::FinishedCall;
pub use messages::SavedMessage;
pub use records::{RecordFilter, RecordKey};
pub use store::{Store, StoreOptions};
