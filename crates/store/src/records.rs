//! Call records: put once, listed newest first.

use std::time::Duration;

use sea_orm::sea_query::{ExprTrait, Query};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use warden_call::call_event::{CallEvent, CallId};
use warden_call::directory::Extension;

use crate::call_party;
use crate::call_record::{CallRecord, micros, row};
use crate::entity::{call_events, call_party as party, call_record};
use crate::error::StoreError;
use crate::finished::FinishedCall;
use crate::store::Store;
use crate::stored_event::{FORMAT, decode_events};

/// Rows per statement. Few different numbers, so that the statements are prepared once and found again.
const ROWS: [usize; 3] = [64, 8, 1];

/// The most parties in one statement; a call has few, and most have none.
const MOST_PARTIES: usize = 64;

/// The most records that one list has.
const LONGEST_LIST: u64 = 1000;

/// Which records to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordFilter {
    /// Only calls that began at this time, since the Unix epoch, or later.
    pub from: Option<Duration>,
    /// Only calls that began before this time, since the Unix epoch.
    pub to: Option<Duration>,
    /// Only calls that this extension made, answered or joined later, or whose dialled number it is.
    pub extension: Option<Extension>,
    /// At most this many; 0 and more than 1000 are 1000.
    pub limit: u64,
    /// Only those after this one in the list.
    pub before: Option<RecordKey>,
}

/// The place of a record in the list; that of the last record asks for the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordKey {
    /// When the call began, since the Unix epoch.
    pub started_at: Duration,
    /// Which call.
    pub call: CallId,
}

impl CallRecord {
    /// Its place in the list.
    #[must_use]
    pub fn key(&self) -> RecordKey {
        RecordKey { started_at: self.started_at, call: self.call }
    }
}

impl Store {
    /// Puts calls and their events in one transaction. A call that is there already stays as it is.
    ///
    /// # Errors
    /// [`StoreError`]; then none of them is there.
    pub async fn insert_records(&self, calls: &[FinishedCall]) -> Result<(), StoreError> {
        let doing = StoreError::doing("save call records");
        if calls.is_empty() {
            return Ok(());
        }
        let transaction = self.begin().await.map_err(&doing)?;
        let mut rest = calls;
        for size in ROWS {
            while let Some((batch, after)) = rest.split_at_checked(size) {
                insert(&transaction, batch).await.map_err(&doing)?;
                rest = after;
            }
        }
        transaction.commit().await.map_err(&doing)
    }

    /// Records, the newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer, or holds what Warden did not write.
    pub async fn records(&self, filter: &RecordFilter) -> Result<Vec<CallRecord>, StoreError> {
        use call_record::Column;
        let limit = if (1..LONGEST_LIST).contains(&filter.limit) { filter.limit } else { LONGEST_LIST };
        let mut query =
            call_record::Entity::find().order_by_desc(Column::StartedAt).order_by_desc(Column::CallId).limit(limit);
        if let Some(from) = filter.from {
            query = query.filter(Column::StartedAt.gte(micros(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(Column::StartedAt.lt(micros(to)));
        }
        if let Some(extension) = &filter.extension {
            let is = |column: Column| column.eq(extension.text());
            let joined = Query::select()
                .column(party::Column::CallId)
                .from(party::Entity)
                .and_where(party::Column::Extension.eq(extension.text()))
                .to_owned();
            let has_joined = Column::CallId.in_subquery(joined);
            query = query.filter(is(Column::Caller).or(is(Column::Callee)).or(is(Column::Dialled)).or(has_joined));
        }
        if let Some(key) = filter.before {
            let at = micros(key.started_at);
            let same_time = Column::StartedAt.eq(at).and(Column::CallId.lt(key.call.to_string()));
            query = query.filter(Column::StartedAt.lt(at).or(same_time));
        }
        let doing = StoreError::doing("list call records");
        let rows = query.all(self.readers()).await.map_err(&doing)?;
        let record = |row: call_record::Model| {
            let key = row.call_id.clone();
            CallRecord::of_row(row).ok_or(StoreError::Damaged { what: "a call record", key })
        };
        let mut records = rows.into_iter().map(record).collect::<Result<Vec<_>, _>>()?;
        call_party::complete(&mut records, self.readers()).await.map_err(doing)?;
        Ok(records)
    }

    /// The events of a call in order, each with its time since the Unix epoch; `None` for a call that is not there.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer, or holds events that this Warden does not know.
    pub async fn call_events(&self, call: CallId) -> Result<Option<Vec<(Duration, CallEvent)>>, StoreError> {
        let doing = StoreError::doing("read the events of a call");
        let row = call_events::Entity::find_by_id(call.to_string()).one(self.readers()).await.map_err(doing)?;
        let Some(row) = row else { return Ok(None) };
        let events = (row.format == FORMAT).then(|| decode_events(&row.events)).flatten();
        events.ok_or(StoreError::Damaged { what: "events of a call", key: row.call_id }).map(Some)
    }
}

async fn insert(transaction: &DatabaseTransaction, calls: &[FinishedCall]) -> Result<(), DbErr> {
    let rows = calls.iter().map(|call| row(&call.cdr).into_active_model());
    call_record::Entity::insert_many(rows).on_conflict_do_nothing().exec_without_returning(transaction).await?;
    let rows = calls.iter().map(|call| {
        let (call_id, events) = (call.cdr.call.to_string(), call.events.clone());
        call_events::Model { call_id, format: FORMAT, events }.into_active_model()
    });
    call_events::Entity::insert_many(rows).on_conflict_do_nothing().exec_without_returning(transaction).await?;
    let rows: Vec<_> = calls.iter().flat_map(|call| call_party::rows(&call.cdr)).collect();
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let some = rows.by_ref().take(MOST_PARTIES).map(IntoActiveModel::into_active_model);
        party::Entity::insert_many(some).on_conflict_do_nothing().exec_without_returning(transaction).await?;
    }
    Ok(())
}
