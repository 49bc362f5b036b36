//! What a client is told when it does not get what it asked for (RFC 9457), with the documented member `error`.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// A status other than success, and the words for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: &'static str,
}

impl Problem {
    /// `detail` is what the client can act on; a cause belongs in the log.
    pub(crate) fn new(status: StatusCode, detail: &'static str) -> Self {
        Self { status, detail }
    }
}

/// An answer of the type `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Body {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name of the status.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What to do about it.
    detail: &'static str,
    error: ErrorBody,
}

/// The same for programs that know the documented form only.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorBody {
    /// The status as a word, such as `not_found`.
    code: String,
    /// The same as `detail`.
    message: &'static str,
    /// The HTTP status.
    status: u16,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, detail } = self;
        let title = status.canonical_reason().unwrap_or_default();
        let code = title.to_ascii_lowercase().replace(' ', "_");
        let error = ErrorBody { code, message: detail, status: status.as_u16() };
        let body = Body { kind: "about:blank", title, status: status.as_u16(), detail, error };
        (status, [(CONTENT_TYPE, "application/problem+json")], Json(body)).into_response()
    }
}
