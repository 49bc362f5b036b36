//! `GET /api/status`: what the system does, in numbers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{App, Silent};
use crate::call_records::CallRecords;
use crate::problem::{self, Problem};
use crate::usage;

/// What the system does, in numbers that are at most a second old.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub(crate) struct SystemStatus {
    /// Always `running`.
    status: &'static str,
    /// Always true.
    running: bool,
    /// Of Warden.
    version: &'static str,
    /// Seconds since the start.
    uptime: u64,
    /// Calls under way.
    active_calls: usize,
    /// Calls since the start.
    total_calls: u64,
    /// Extensions with a phone that can be reached.
    registered_extensions: usize,
    /// Phones that can be reached; an extension may have several.
    registered_phones: usize,
    /// Calls that are being recorded; 0 until there is recording.
    active_recordings: usize,
    /// Conferences under way; 0 until there are conferences.
    active_conferences: usize,
    /// Calls that are parked; 0 until there is parking.
    parked_calls: usize,
    /// Callers who wait in a queue; 0 until there are queues.
    queued_calls: usize,
    /// Memory that the program occupies, such as `256 MB`; absent where the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_usage: Option<String>,
    /// Share of one processor over the last seconds, such as `5%`.
    cpu_usage: String,
    call_records: CallRecords,
    messages: Messages,
}

/// SIP messages since the start.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Messages {
    /// Those that came.
    received: u64,
    /// Those that went out.
    sent: u64,
    /// Packets that only kept a path open.
    keep_alives: u64,
    /// Those that could not be read.
    malformed: u64,
    /// Times that a socket failed to give a packet.
    receive_errors: u64,
    /// Those that the network did not take.
    sends_dropped: u64,
    unanswered: Unanswered,
}

/// Messages that got no answer since the start, by what stood in the way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unanswered {
    /// They came from networks that are denied.
    denied: u64,
    /// Their source was banned.
    banned: u64,
    /// Scanners had sent them.
    scanners: u64,
    /// Too many came that did not show who had sent them.
    too_many: u64,
    /// Connections from networks that are denied, closed at once.
    connections_denied: u64,
}

/// Says what the system does, in numbers.
///
/// Open to everybody who reaches the port; it names nobody.
#[utoipa::path(
    get,
    path = "/api/status",
    tag = "system",
    responses(
        (status = 200, description = "The numbers.", body = SystemStatus),
        (
            status = 503,
            description = "The thread that answers phones does not answer.",
            body = problem::Body,
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn status(State(app): State<App>) -> Result<Json<SystemStatus>, Problem> {
    let numbers = app.numbers().await?;
    let counters = app.counters();
    Ok(Json(SystemStatus {
        status: "running",
        running: true,
        version: env!("CARGO_PKG_VERSION"),
        uptime: app.uptime().as_secs(),
        active_calls: numbers.calls.active,
        total_calls: numbers.calls.total,
        registered_extensions: numbers.registrations.extensions,
        registered_phones: numbers.registrations.phones,
        active_recordings: 0,
        active_conferences: 0,
        parked_calls: 0,
        queued_calls: 0,
        memory_usage: usage::memory_mb().map(|mb| format!("{mb} MB")),
        cpu_usage: format!("{}%", app.usage().cpu_percent()),
        call_records: CallRecords::from(&app.spool()),
        messages: Messages {
            received: counters.received,
            sent: counters.sent,
            keep_alives: counters.keep_alives,
            malformed: counters.malformed,
            receive_errors: counters.receive_errors,
            sends_dropped: counters.sends_dropped,
            unanswered: Unanswered {
                denied: counters.dropped_denied,
                banned: counters.dropped_banned,
                scanners: counters.dropped_scanner,
                too_many: counters.dropped_too_many,
                connections_denied: counters.connections_denied,
            },
        },
    }))
}

impl From<Silent> for Problem {
    fn from(Silent: Silent) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the thread that answers phones does not answer")
    }
}
