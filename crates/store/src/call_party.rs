//! Who joined a call after it was answered: transfers and pick-ups bring them.

use std::time::Duration;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use warden_call::call_event::CallId;
use warden_call::cdr::{Cdr, Party};
use warden_call::directory::Side;

use crate::call_record::{CallRecord, from_micros, micros, read_call};
use crate::entity::call_party::{Column, Entity, Model};
use crate::words::{self, without_nul};

/// Somebody who took another's place in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinedParty {
    /// Who.
    pub extension: String,
    /// The person's name.
    pub name: String,
    /// In whose place: `caller` or `callee`.
    pub side: String,
    /// Since when, from the Unix epoch on.
    pub at: Duration,
    /// The call that they were in before.
    pub from: Option<CallId>,
}

impl JoinedParty {
    fn of_row(row: Model) -> Self {
        let Model { extension, name, side, joined_at, from_call, .. } = row;
        Self { extension, name, side, at: from_micros(joined_at), from: from_call.as_deref().and_then(read_call) }
    }
}

/// The rows of a call; most have none.
pub(crate) fn rows(cdr: &Cdr) -> impl Iterator<Item = Model> {
    let row = |(place, party): (i32, &Party)| Model {
        call_id: cdr.call.to_string(),
        place,
        extension: party.extension.text().into(),
        name: without_nul(&party.name),
        side: words::side(party.side).into(),
        joined_at: micros(party.at),
        from_call: party.from.map(|call| call.to_string()),
    };
    (0..).zip(joined(cdr)).map(row)
}

/// All but who called and who answered.
fn joined(cdr: &Cdr) -> impl Iterator<Item = &Party> {
    let answered = cdr.answered.as_ref().map(|answered| &answered.extension);
    let has_answered = |party: &Party| {
        (party.side, party.from) == (Side::B, None)
            && (Some(party.at), Some(&party.extension)) == (cdr.answered_at, answered)
    };
    let callee = cdr.parties.iter().position(has_answered);
    cdr.parties.iter().enumerate().skip(1).filter(move |(place, _)| Some(*place) != callee).map(|(_, party)| party)
}

/// Adds to records who joined their calls.
pub(crate) async fn complete(records: &mut [CallRecord], connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    let calls = records.iter().map(|record| record.call.to_string());
    let rows = Entity::find()
        .filter(Column::CallId.is_in(calls))
        .order_by_asc(Column::CallId)
        .order_by_asc(Column::Place)
        .all(connection)
        .await?;
    for row in rows {
        let call = read_call(&row.call_id);
        if let Some(record) = records.iter_mut().find(|record| call == Some(record.call)) {
            record.joined.push(JoinedParty::of_row(row));
        }
    }
    Ok(())
}
