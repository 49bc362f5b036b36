//! Version 3: bindings that tell which phone they lead to, by which of its ways, and by which proxies.
//!
//! A binding is found by a key of its own: two ways to one phone may have one Contact. So the table is made anew.

use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm::{DbBackend, Statement};

use super::Migration;

pub(super) const MIGRATION: Migration = Migration { version: 3, name: "ways to phones", up, down };

/// What version 1 knows of a binding.
const KNOWN: &str =
    "extension, contact, transport, local, remote, expires_at_ms, q_permille, call_id, sequence, user_agent";

fn up(backend: DbBackend) -> Vec<Statement> {
    let copied = format!(
        "INSERT INTO bindings ({KNOWN}, key, source, instance, reg_id, path, parameters) \
         SELECT {KNOWN}, contact, remote, '', 0, '', '' FROM old_bindings"
    );
    let more = [bytes("key"), text("source"), bytes("instance"), number("reg_id"), bytes("path"), bytes("parameters")];
    remake(backend, "key", more.into(), copied)
}

/// Of several ways with one Contact one is kept: the phone's next refresh brings it again anyhow.
fn down(backend: DbBackend) -> Vec<Statement> {
    let copied =
        format!("INSERT INTO bindings ({KNOWN}) SELECT {KNOWN} FROM old_bindings WHERE true ON CONFLICT DO NOTHING");
    remake(backend, "contact", Vec::new(), copied)
}

/// The table with `more` columns, found by extension and `key`; `copied` fills it from the one before.
fn remake(backend: DbBackend, key: &'static str, more: Vec<ColumnDef>, copied: String) -> Vec<Statement> {
    let mut table = Table::create().table("bindings").to_owned();
    let known = [
        text("extension"),
        bytes("contact"),
        text("transport"),
        text("local"),
        text("remote"),
        number("expires_at_ms"),
        ColumnDef::new("q_permille").integer().not_null().to_owned(),
        bytes("call_id"),
        number("sequence"),
        text("user_agent"),
    ];
    for column in known.into_iter().chain(more) {
        table.col(column);
    }
    table.primary_key(Index::create().col("extension").col(key));
    vec![
        backend.build(&Table::rename().table("bindings", "old_bindings").to_owned()),
        backend.build(&table),
        Statement::from_string(backend, copied),
        backend.build(&Table::drop().table("old_bindings").to_owned()),
    ]
}

fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().to_owned()
}

fn number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().to_owned()
}

fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().to_owned()
}
