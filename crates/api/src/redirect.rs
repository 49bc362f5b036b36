//! Plain HTTP on a port that speaks HTTPS: whoever typed an address without `https` is sent to the right one.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{HOST, HeaderValue};
use axum::http::uri::{Authority, PathAndQuery};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Redirect, Response};

use crate::guard::add_headers;
use crate::problem::Problem;

pub(crate) fn build() -> Router {
    Router::new().fallback(redirect).layer(map_response(add_headers))
}

/// To the same name and port, which are the right ones, since they led here. A browser that kept this would go wrong when
/// encryption is switched off.
async fn redirect(request: Request) -> Response {
    let host = request.headers().get(HOST).map(HeaderValue::as_bytes);
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    match host.and_then(|host| Authority::try_from(host).ok()) {
        Some(host) => Redirect::permanent(&format!("https://{host}{path}")).into_response(),
        None => Problem::new(StatusCode::UPGRADE_REQUIRED, "this port speaks HTTPS").into_response(),
    }
}
