//! Call records for whoever asks on the command line.

use warden_call::directory::Extension;
use warden_store::{RecordFilter, Store};

use crate::control::Record;

/// The newest records, of one extension or of all.
///
/// # Errors
/// In words: a number that cannot be one, or what the database says.
pub(crate) async fn records(store: &Store, extension: Option<&str>, limit: u64) -> Result<Vec<Record>, String> {
    let extension = extension.map(|number| Extension::parse(number.as_bytes()));
    let extension = extension.transpose().map_err(|error| error.to_string())?;
    let filter = RecordFilter { extension, limit, ..RecordFilter::default() };
    let records = store.records(&filter).await.map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
    Ok(records.into_iter().map(Record::from).collect())
}
