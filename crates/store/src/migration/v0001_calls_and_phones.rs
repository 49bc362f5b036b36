//! Version 1: extensions with their devices, bindings, and calls with their events.
//!
//! Times are microseconds since the Unix epoch, unless the column says `ms`.

use sea_orm::sea_query::{ColumnDef, ForeignKey, ForeignKeyAction, Index, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use super::Migration;

pub(super) const MIGRATION: Migration = Migration { version: 1, name: "calls and phones", up, down };

/// In the order in which they are made.
const TABLES: [&str; 5] = ["extensions", "devices", "bindings", "call_records", "call_events"];

fn up(backend: DbBackend) -> Vec<Statement> {
    let mut statements: Vec<_> = [extensions(), devices(), bindings(), call_records(), call_events()]
        .iter()
        .map(|table| backend.build(table))
        .collect();
    statements.extend(["started_at", "caller", "callee", "dialled"].map(|column| {
        let index = Index::create().name(format!("call_records_{column}")).table("call_records").col(column).to_owned();
        backend.build(&index)
    }));
    statements
        .push(backend.build(&Index::create().name("devices_extension").table("devices").col("extension").to_owned()));
    statements
}

fn down(backend: DbBackend) -> Vec<Statement> {
    TABLES.iter().rev().map(|table| backend.build(&Table::drop().table(*table).to_owned())).collect()
}

fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().to_owned()
}

fn number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().to_owned()
}

fn small_number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().not_null().to_owned()
}

fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().to_owned()
}

fn table(name: &'static str, columns: impl IntoIterator<Item = ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create().table(name).to_owned();
    for column in columns {
        table.col(column);
    }
    table
}

fn extensions() -> TableCreateStatement {
    let key = text("number").primary_key().to_owned();
    table("extensions", [key, text("name"), text("source"), number("created_at"), number("updated_at")])
}

fn devices() -> TableCreateStatement {
    let key = text("username").primary_key().to_owned();
    let owner = ForeignKey::create()
        .name("devices_extension_owner")
        .from("devices", "extension")
        .to("extensions", "number")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned();
    let columns = [key, text("extension"), text("realm"), text("ha1_md5"), text("ha1_sha256")];
    table("devices", columns).foreign_key(&mut owner.clone()).to_owned()
}

/// An extension that only the configuration file declares has bindings too, so there is no reference to `extensions`.
fn bindings() -> TableCreateStatement {
    let columns = [
        text("extension"),
        bytes("contact"),
        text("transport"),
        text("local"),
        text("remote"),
        number("expires_at_ms"),
        small_number("q_permille"),
        bytes("call_id"),
        number("sequence"),
        text("user_agent"),
    ];
    table("bindings", columns).primary_key(Index::create().col("extension").col("contact")).to_owned()
}

fn call_records() -> TableCreateStatement {
    let mut records = table(
        "call_records",
        [
            text("call_id").primary_key().to_owned(),
            text("sip_call_id"),
            text("direction"),
            text("caller"),
            text("caller_name"),
            text("dialled"),
            text("callee").null().to_owned(),
            text("callee_name").null().to_owned(),
            number("started_at"),
            number("ringing_at").null().to_owned(),
            number("answered_at").null().to_owned(),
            number("ended_at"),
            number("duration_ms"),
            number("ring_ms"),
            number("talk_ms"),
            text("disposition"),
            text("ended_by"),
            text("cause"),
            text("cause_text"),
            small_number("status").null().to_owned(),
            number("holds"),
            text("recording_path").null().to_owned(),
            number("created_at"),
        ],
    );
    for column in leg("caller").into_iter().chain(leg("callee")) {
        records.col(column);
    }
    records
}

/// What is kept of one leg.
fn leg(side: &str) -> [ColumnDef; 7] {
    let name = |word: &str| format!("{side}_{word}");
    [
        ColumnDef::new(name("user_agent")).text().to_owned(),
        ColumnDef::new(name("codec")).text().to_owned(),
        ColumnDef::new(name("mos")).double().to_owned(),
        ColumnDef::new(name("jitter_us")).big_integer().to_owned(),
        ColumnDef::new(name("packets")).big_integer().to_owned(),
        ColumnDef::new(name("lost")).big_integer().to_owned(),
        ColumnDef::new(name("round_trip_us")).big_integer().to_owned(),
    ]
}

fn call_events() -> TableCreateStatement {
    table("call_events", [text("call_id").primary_key().to_owned(), small_number("format"), bytes("events")])
}
