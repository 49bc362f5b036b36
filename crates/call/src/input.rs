//! What the call core is told.

use std::sync::Arc;

use warden_sip::endpoint;

use crate::directory::Directory;
use crate::registrar::Binding;

/// One thing that happened; after it, drain [`Pbx::poll`](crate::Pbx::poll).
#[derive(Debug)]
pub enum Input {
    /// The configuration has changed. Calls go on; registrations of people who are gone end.
    Directory(Arc<Directory>),
    /// The transaction layer tells.
    Sip(endpoint::Event),
    /// Bindings that an earlier run has saved. Those of unknown people are dropped.
    Restore(Vec<Binding>),
}
