//! Which path is answered by whom, and what is done around every answer.

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, map_response};
use axum::routing::get;
use axum::{Router, http::StatusCode};

use crate::app::App;
use crate::guard::{self, MAX_BODY};
use crate::problem::Problem;
use crate::{health, sip_ws, status};

/// The whole service. The last layer is the outermost.
pub(crate) fn build(app: App) -> Router {
    Router::new()
        .route("/api/health", get(health::health))
        .route("/api/status", get(status::status))
        .route("/sip-ws", get(sip_ws::sip_ws))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "this path does not take that method; Allow says which it does",
            )
        })
        .with_state(app)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(guard::limit_body))
        .layer(from_fn(guard::limit_time))
        .layer(map_response(guard::add_headers))
}
