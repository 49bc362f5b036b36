//! `GET /api/health`: whether the system does its work, for load balancers and supervisors.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{Timestamp, Unit};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::call_records::CallRecords;

/// Whether the system does its work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    status: Readiness,
    /// Each thing that must work. `sip_server` is the thread that answers phones, `call_records` that calls are recorded.
    #[schema(value_type = BTreeMap<String, Outcome>)]
    checks: BTreeMap<&'static str, Outcome>,
    /// When it was asked, in UTC.
    #[schema(format = DateTime)]
    timestamp: String,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Readiness {
    Ready,
    NotReady,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Ok,
    Failing,
}

impl From<bool> for Outcome {
    fn from(works: bool) -> Self {
        if works { Self::Ok } else { Self::Failing }
    }
}

/// Says whether the system does its work.
///
/// Open to everybody: it names what was checked, and nothing else.
#[utoipa::path(
    get,
    path = "/api/health",
    tag = "system",
    responses(
        (status = 200, description = "Everything works.", body = Health),
        (status = 503, description = "Something does not; `checks` names it.", body = Health),
    )
)]
pub(crate) async fn health(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let checks = BTreeMap::from([
        ("sip_server", app.numbers().await.is_ok().into()),
        ("call_records", CallRecords::from(&app.spool()).status),
    ]);
    let (code, status) = if checks.values().all(|outcome| *outcome == Outcome::Ok) {
        (StatusCode::OK, Readiness::Ready)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Readiness::NotReady)
    };
    let now = Timestamp::now();
    let timestamp = now.round(Unit::Second).unwrap_or(now).to_string();
    (code, Json(Health { status, checks, timestamp }))
}
