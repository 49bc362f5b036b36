//! Bans between two runs.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, Iterable, QueryFilter};
use warden_call::BanChange;
use warden_call::access::{Ban, BanReason, Banned};

use crate::clock::Clock;
use crate::entity::ban::{Column, Entity, Model};
use crate::error::StoreError;
use crate::store::Store;

/// Rows per statement.
const ROWS: usize = 100;

const REASONS: [(BanReason, &str); 3] =
    [(BanReason::WrongPasswords, "wrong_passwords"), (BanReason::Scanner, "scanner"), (BanReason::ByHand, "by_hand")];

/// The primary key: address, scope, user name.
type Key = (String, &'static str, Vec<u8>);

fn key(who: &Banned) -> Key {
    match who {
        Banned::Address(address) => (address.to_string(), "address", Vec::new()),
        Banned::User(address, username) => (address.to_string(), "user", username.to_vec()),
    }
}

fn row(ban: &Ban, clock: Clock) -> Model {
    let until_ms = clock.wall_ms() + ban.until.saturating_duration_since(clock.now).as_millis();
    let since_ms = until_ms.saturating_sub(ban.duration.as_millis());
    let (address, scope, username) = key(&ban.who);
    let reason = REASONS.iter().find(|(reason, _)| *reason == ban.reason).map_or("", |(_, word)| *word);
    Model {
        address,
        scope: scope.into(),
        username,
        reason: reason.into(),
        since_ms: i64::try_from(since_ms).unwrap_or(i64::MAX),
        until_ms: i64::try_from(until_ms).unwrap_or(i64::MAX),
        attempts: ban.attempts.into(),
    }
}

/// `None` for a row that Warden did not write, and for a ban that has ended.
fn restore(row: Model, clock: Clock) -> Option<Ban> {
    let address = row.address.parse().ok()?;
    let who = match row.scope.as_str() {
        "address" => Banned::Address(address),
        "user" => Banned::User(address, row.username.into()),
        _ => return None,
    };
    let (reason, _) = REASONS.iter().find(|(_, word)| *word == row.reason)?;
    let [since, until] = [row.since_ms, row.until_ms].map(|ms| u64::try_from(ms).unwrap_or_default());
    let left = u128::from(until).checked_sub(clock.wall_ms()).filter(|left| *left > 0)?;
    Some(Ban {
        who,
        reason: *reason,
        until: clock.now.checked_add(Duration::from_millis(u64::try_from(left).ok()?))?,
        duration: Duration::from_millis(until.saturating_sub(since)),
        attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
    })
}

impl Store {
    /// Applies changes in their order, in one transaction, and removes what has ended meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]; then none of them is applied.
    pub async fn save_bans(&self, changes: &[BanChange], clock: Clock) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let doing = StoreError::doing("save bans");
        // The last word on each: one statement may not touch a row twice.
        let mut last: HashMap<Key, Option<Model>> = HashMap::with_capacity(changes.len());
        for change in changes {
            match change {
                BanChange::Put(ban) => last.insert(key(&ban.who), Some(row(ban, clock))),
                BanChange::Remove(who) => last.insert(key(who), None),
            };
        }
        let transaction = self.begin().await.map_err(&doing)?;
        let now_ms = i64::try_from(clock.wall_ms()).unwrap_or(i64::MAX);
        Entity::delete_many().filter(Column::UntilMs.lte(now_ms)).exec(&transaction).await.map_err(&doing)?;
        for (address, scope, username) in last.iter().filter(|(_, row)| row.is_none()).map(|(key, _)| key) {
            let gone = (address.clone(), (*scope).to_owned(), username.clone());
            Entity::delete_by_id(gone).exec(&transaction).await.map_err(&doing)?;
        }
        let rows: Vec<_> = last.into_values().flatten().collect();
        for rows in rows.chunks(ROWS) {
            let place = [Column::Address, Column::Scope, Column::Username];
            Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
                .on_conflict(OnConflict::columns(place).update_columns(Column::iter()).to_owned())
                .exec_without_returning(&transaction)
                .await
                .map_err(&doing)?;
        }
        transaction.commit().await.map_err(&doing)
    }

    /// The saved bans that have not ended. A row that cannot be read is left out.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn load_bans(&self, clock: Clock) -> Result<Vec<Ban>, StoreError> {
        let rows = Entity::find().all(self.readers()).await.map_err(StoreError::doing("load bans"))?;
        Ok(rows.into_iter().filter_map(|row| restore(row, clock)).collect())
    }
}
