//! What every request passes, whatever its path: its size, its time, and headers on the answer.

use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use crate::problem::Problem;

/// The most bytes of a body.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// For the whole of a request.
const REQUEST_PATIENCE: Duration = Duration::from_secs(10);

/// 413 for a body that says it is too long; one that does not say is cut off where it is read.
pub(crate) async fn limit_body(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if length.and_then(|length| length.parse().ok()).is_some_and(|length: u64| length > MAX_BODY as u64) {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "a body may have 65536 bytes").into_response();
    }
    next.run(request).await
}

/// 503 for an answer that takes too long.
pub(crate) async fn limit_time(request: Request, next: Next) -> Response {
    timeout(REQUEST_PATIENCE, next.run(request)).await.unwrap_or_else(|_| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "there was no answer within 10 seconds").into_response()
    })
}

/// Answers are for now only, and are what they say they are.
pub(crate) async fn add_headers(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use hyper::service::Service;
    use hyper_util::service::TowerToHyperService;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_takes_longer_than_10_s_is_given_up() {
        let router = Router::new().fallback(async || pending::<()>().await).layer(from_fn(limit_time));
        let start = Instant::now();
        let answered = TowerToHyperService::new(router).call(Request::new(Body::empty())).await.unwrap();
        assert_eq!((answered.status(), start.elapsed().as_secs()), (StatusCode::SERVICE_UNAVAILABLE, 10));
    }
}
