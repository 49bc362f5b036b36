//! Whether calls are recorded, as health and status tell it.

use serde::Serialize;
use utoipa::ToSchema;
use warden_store::spool::SpoolStatus;

use crate::health::Outcome;

/// Whether calls are recorded. They go on in any case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallRecords {
    /// `failing` while the disk or the database does not take them; the log says why.
    pub(crate) status: Outcome,
    /// Calls that are over and wait for the database.
    waiting: usize,
    /// Parts of records that were given up, since the start.
    lost_events: u64,
}

impl From<&SpoolStatus> for CallRecords {
    fn from(spool: &SpoolStatus) -> Self {
        Self { status: spool.last_error.is_none().into(), waiting: spool.backlog_calls, lost_events: spool.lost_events }
    }
}
