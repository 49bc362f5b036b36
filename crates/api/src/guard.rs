//! What every request passes, whatever its path: whom it was meant for, its size, its time, and headers on the answer.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, HOST, X_CONTENT_TYPE_OPTIONS};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use crate::problem::Problem;

/// The most bytes of a body.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// For the whole of a request.
const REQUEST_PATIENCE: Duration = Duration::from_secs(10);

/// Which names of this machine a request may be addressed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// `localhost` and addresses. A page from elsewhere whose name was made to point here is refused (DNS rebinding).
    Local,
    /// Every name, as behind a reverse proxy.
    Any,
}

impl Hosts {
    fn allows(self, authority: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Local => Authority::try_from(authority).is_ok_and(|authority| is_local(authority.host())),
        }
    }
}

fn is_local(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

/// 421 for a request to a name that is not ours. One without a name, as HTTP/1.0 has, comes from no browser.
pub(crate) async fn require_local_name(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let in_target = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    let mut names = request.headers().get_all(HOST).iter().map(HeaderValue::as_bytes).chain(in_target);
    if names.all(|name| hosts.allows(name)) {
        return next.run(request).await;
    }
    let words = "with web.tls: auto only localhost and IP addresses are served; see docs/configuration.md";
    Problem::new(StatusCode::MISDIRECTED_REQUEST, words).into_response()
}

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

    #[test]
    fn only_addresses_and_localhost_are_local_names() {
        for name in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "[::1]:8080", "192.168.1.10"] {
            assert!(Hosts::Local.allows(name.as_bytes()), "{name}");
        }
        for name in ["", "example.com", "localhost.example.com:8080", "127.0.0.1.example.com", "[localhost]", "\u{e9}"]
        {
            assert!(!Hosts::Local.allows(name.as_bytes()), "{name}");
            assert!(Hosts::Any.allows(name.as_bytes()), "{name}");
        }
    }
}
