//! Version 4: messages that wait for their recipients.

use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm::{DbBackend, Statement};

use super::Migration;

pub(super) const MIGRATION: Migration = Migration { version: 4, name: "messages", up, down };

fn up(backend: DbBackend) -> Vec<Statement> {
    let messages = Table::create()
        .table("messages")
        .col(ColumnDef::new("id").big_integer().not_null().primary_key())
        .col(ColumnDef::new("sender").text().not_null())
        .col(ColumnDef::new("is_private").boolean().not_null())
        .col(ColumnDef::new("recipient").text().not_null())
        .col(ColumnDef::new("content_type").text().not_null())
        .col(ColumnDef::new("content").blob().not_null())
        .col(ColumnDef::new("sent_at_ms").big_integer())
        .col(ColumnDef::new("expires_at_ms").big_integer().not_null())
        .to_owned();
    vec![backend.build(&messages)]
}

fn down(backend: DbBackend) -> Vec<Statement> {
    vec![backend.build(&Table::drop().table("messages").to_owned())]
}
