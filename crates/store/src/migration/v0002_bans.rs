//! Bans.
//!
//! Times are milliseconds since the Unix epoch.

use sea_orm::sea_query::{ColumnDef, Index, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use super::Migration;

pub(super) const MIGRATION: Migration = Migration { version: 2, name: "bans", up, down };

fn up(backend: DbBackend) -> Vec<Statement> {
    vec![backend.build(&bans())]
}

fn down(backend: DbBackend) -> Vec<Statement> {
    vec![backend.build(&Table::drop().table("bans").to_owned())]
}

fn bans() -> TableCreateStatement {
    let mut table = Table::create().table("bans").to_owned();
    for column in [
        ColumnDef::new("address").text().not_null().to_owned(),
        ColumnDef::new("scope").text().not_null().to_owned(),
        ColumnDef::new("username").blob().not_null().to_owned(),
        ColumnDef::new("reason").text().not_null().to_owned(),
        ColumnDef::new("since_ms").big_integer().not_null().to_owned(),
        ColumnDef::new("until_ms").big_integer().not_null().to_owned(),
        ColumnDef::new("attempts").big_integer().not_null().to_owned(),
    ] {
        table.col(column);
    }
    table.primary_key(Index::create().col("address").col("scope").col("username")).to_owned()
}
