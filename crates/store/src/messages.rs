//! Messages between two runs: what waits for people who could not be reached.

use std::collections::BTreeMap;
use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use warden_call::directory::Extension;
use warden_call::instant_message::{InstantMessage, MessageChange, known_type};

use crate::clock::Clock;
use crate::entity::message::{Column, Entity, Model};
use crate::error::StoreError;
use crate::store::Store;

/// Rows per statement.
const ROWS: usize = 50;

/// An [`InstantMessage`] that does not depend on this run.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedMessage(Model);

impl SavedMessage {
    fn of(message: &InstantMessage, clock: Clock) -> Model {
        let left = message.expires_at.saturating_duration_since(clock.now);
        Model {
            id: message.id.cast_signed(),
            sender: message.from.text().into(),
            is_private: message.is_private,
            recipient: message.to.text().into(),
            content_type: message.content_type.into(),
            content: message.content.to_vec(),
            sent_at_ms: message.sent_at.and_then(|at| i64::try_from(at.as_millis()).ok()),
            expires_at_ms: i64::try_from(clock.wall_ms() + left.as_millis()).unwrap_or(i64::MAX),
        }
    }

    /// The message in this run; `None` when Warden did not write it. One that is too old meanwhile ends at `clock`.
    #[must_use]
    pub fn restore(self, clock: Clock) -> Option<InstantMessage> {
        let row = self.0;
        let left_ms = i128::from(row.expires_at_ms) - i128::try_from(clock.wall_ms()).ok()?;
        let left = Duration::from_millis(u64::try_from(left_ms.max(0)).ok()?);
        Some(InstantMessage {
            id: row.id.cast_unsigned(),
            from: Extension::parse(row.sender.as_bytes()).ok()?,
            is_private: row.is_private,
            to: Extension::parse(row.recipient.as_bytes()).ok()?,
            content_type: known_type(row.content_type.as_bytes())?,
            content: row.content.into(),
            sent_at: row.sent_at_ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis),
            expires_at: clock.now.checked_add(left)?,
        })
    }
}

impl Store {
    /// Applies changes in their order, in one transaction: once it is done, they have been written down.
    ///
    /// # Errors
    /// [`StoreError`]; then none of them is applied.
    pub async fn save_messages(&self, changes: &[MessageChange], clock: Clock) -> Result<(), StoreError> {
        let doing = StoreError::doing("save messages");
        // The last word on each message.
        let mut last: BTreeMap<u64, Option<Model>> = BTreeMap::new();
        for change in changes {
            match change {
                MessageChange::Put(message) => last.insert(message.id, Some(SavedMessage::of(message, clock))),
                MessageChange::Remove(id) => last.insert(*id, None),
            };
        }
        if last.is_empty() {
            return Ok(());
        }
        let all: Vec<i64> = last.keys().map(|id| id.cast_signed()).collect();
        let rows: Vec<_> = last.into_values().flatten().collect();
        let transaction = self.begin().await.map_err(&doing)?;
        for ids in all.chunks(ROWS) {
            let any = Column::Id.is_in(ids.iter().copied());
            Entity::delete_many().filter(any).exec(&transaction).await.map_err(&doing)?;
        }
        for rows in rows.chunks(ROWS) {
            let rows = rows.iter().cloned().map(IntoActiveModel::into_active_model);
            Entity::insert_many(rows).exec_without_returning(&transaction).await.map_err(&doing)?;
        }
        transaction.commit().await.map_err(&doing)
    }

    /// All messages that wait, the oldest first; those that are too old as well.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn load_messages(&self) -> Result<Vec<SavedMessage>, StoreError> {
        let all = Entity::find().order_by_asc(Column::Id).all(self.readers()).await;
        Ok(all.map_err(StoreError::doing("load messages"))?.into_iter().map(SavedMessage).collect())
    }
}
