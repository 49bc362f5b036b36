//! The versions of the tables, and the ways between them.
//!
//! A migration that has been released is never changed: a new one is added at the end of [`MIGRATIONS`].

mod v0001_calls_and_phones;
mod v0002_bans;
mod v0003_ways_to_phones;
mod v0004_messages;
mod v0005_parties;

use std::time::{SystemTime, UNIX_EPOCH};

use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, IntoActiveModel, QueryOrder, Statement,
};

use crate::entity::schema_version;
use crate::store::Store;

/// One step between two versions.
struct Migration {
    /// Counts from 1 without a gap.
    version: i32,
    name: &'static str,
    /// What makes this version from the one before.
    up: fn(DbBackend) -> Vec<Statement>,
    /// What takes it back.
    down: fn(DbBackend) -> Vec<Statement>,
}

const MIGRATIONS: &[Migration] = &[
    v0001_calls_and_phones::MIGRATION,
    v0002_bans::MIGRATION,
    v0003_ways_to_phones::MIGRATION,
    v0004_messages::MIGRATION,
    v0005_parties::MIGRATION,
];

/// Two programs that start at once must not migrate at once; any number that nobody else uses.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(8209451070732141933)";

/// Why the tables are not as this program needs them.
pub(crate) enum MigrateError {
    /// A newer program has been here.
    Newer { found: i32, known: i32 },
    /// The database refused.
    Database(DbErr),
}

impl From<DbErr> for MigrateError {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

/// Brings the tables to version `to`, or to the newest, in one transaction.
pub(crate) async fn run(store: &Store, to: Option<i32>) -> Result<(), MigrateError> {
    let transaction = store.begin().await?;
    let backend = transaction.get_database_backend();
    if backend == DbBackend::Postgres {
        transaction.execute_unprepared(POSTGRES_LOCK).await?;
    }
    transaction.execute(&versions_table()).await?;
    let (found, known) = (version(&transaction).await?, MIGRATIONS.last().map_or(0, |newest| newest.version));
    if found > known {
        return Err(MigrateError::Newer { found, known });
    }
    let to = to.map_or(known, |to| to.clamp(0, known));
    for migration in MIGRATIONS.iter().filter(|migration| (found + 1..=to).contains(&migration.version)) {
        up(&transaction, migration).await?;
    }
    for migration in MIGRATIONS.iter().rev().filter(|migration| (to + 1..=found).contains(&migration.version)) {
        down(&transaction, migration).await?;
    }
    Ok(transaction.commit().await?)
}

/// The version that the tables have.
pub(crate) async fn version(connection: &impl ConnectionTrait) -> Result<i32, DbErr> {
    let newest = schema_version::Entity::find().order_by_desc(schema_version::Column::Version).one(connection).await?;
    Ok(newest.map_or(0, |row| row.version))
}

async fn up(transaction: &DatabaseTransaction, migration: &Migration) -> Result<(), DbErr> {
    for statement in (migration.up)(transaction.get_database_backend()) {
        transaction.execute_raw(statement).await?;
    }
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let row = schema_version::Model {
        version: migration.version,
        name: migration.name.into(),
        applied_at: i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX),
    };
    schema_version::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

async fn down(transaction: &DatabaseTransaction, migration: &Migration) -> Result<(), DbErr> {
    for statement in (migration.down)(transaction.get_database_backend()) {
        transaction.execute_raw(statement).await?;
    }
    schema_version::Entity::delete_by_id(migration.version).exec(transaction).await?;
    Ok(())
}

fn versions_table() -> sea_orm::sea_query::TableCreateStatement {
    Table::create()
        .table("schema_versions")
        .if_not_exists()
        .col(ColumnDef::new("version").integer().not_null().primary_key())
        .col(ColumnDef::new("name").text().not_null())
        .col(ColumnDef::new("applied_at").big_integer().not_null())
        .to_owned()
}
