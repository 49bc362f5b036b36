//! Version 5: who joined a call after it was answered, in the place of somebody else. Who called and who answered stands in
//! the record itself, so most calls have none.

use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm::{DbBackend, Statement};

use super::Migration;

pub(super) const MIGRATION: Migration = Migration { version: 5, name: "parties", up, down };

fn up(backend: DbBackend) -> Vec<Statement> {
    let parties = Table::create()
        .table("call_parties")
        .col(ColumnDef::new("call_id").text().not_null())
        .col(ColumnDef::new("place").integer().not_null())
        .col(ColumnDef::new("extension").text().not_null())
        .col(ColumnDef::new("name").text().not_null())
        .col(ColumnDef::new("side").text().not_null())
        .col(ColumnDef::new("joined_at").big_integer().not_null())
        .col(ColumnDef::new("from_call").text())
        .primary_key(Index::create().col("call_id").col("place"))
        .to_owned();
    let index = Index::create().name("call_parties_extension").table("call_parties").col("extension").to_owned();
    vec![backend.build(&parties), backend.build(&index)]
}

fn down(backend: DbBackend) -> Vec<Statement> {
    vec![backend.build(&Table::drop().table("call_parties").to_owned())]
}
