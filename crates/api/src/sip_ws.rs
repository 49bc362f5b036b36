//! `GET /sip-ws`: SIP over WebSocket (RFC 7118). The handshake and the frames are done here, the rest by the server.

use std::error::Error;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{self, CloseFrame, Message, Utf8Bytes, WebSocketUpgrade};
use axum::http::header::{CONNECTION, SEC_WEBSOCKET_VERSION, UPGRADE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tungstenite::error::Error as FrameError;
use warden_server::websocket::{CloseReason, Incoming, MAX_MESSAGE, Outgoing, SUBPROTOCOL, WebSocket, WebSocketEnds};

use crate::app::App;
use crate::problem::{self, Problem};

/// Read at a time, and held by each connection however quiet it is. Larger messages take room of their own.
const READ_SIZE: usize = 2048;

/// SIP over WebSocket, as browsers' phones speak it (RFC 7118).
///
/// Open to everybody: who calls or registers is asked for a password in SIP.
#[utoipa::path(
    get,
    path = "/sip-ws",
    tag = "system",
    responses(
        (status = 101, description = "A WebSocket with the subprotocol `sip`."),
        (status = 400, description = "The subprotocol `sip` was not asked for.", body = problem::Body),
        (status = 426, description = "No WebSocket was asked for.", body = problem::Body),
        (status = 503, description = "There are too many connections, in all or from this address.", body = problem::Body),
    )
)]
pub(crate) async fn sip_ws(
    State(app): State<App>,
    Extension(ends): Extension<WebSocketEnds>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else { return demand_upgrade() };
    let upgrade = upgrade.protocols([SUBPROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return Problem::new(
            StatusCode::BAD_REQUEST,
            "this WebSocket carries SIP: ask for it by Sec-WebSocket-Protocol: sip",
        )
        .into_response();
    }
    let Some(connection) = app.admit_websocket(ends) else {
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "there are too many connections").into_response();
    };
    upgrade
        .read_buffer_size(READ_SIZE)
        .write_buffer_size(0)
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .on_upgrade(|socket| connection.serve(Socket(socket)))
}

/// RFC 9110 §15.5.22, and RFC 6455 §4.4 for other versions.
fn demand_upgrade() -> Response {
    let problem = Problem::new(StatusCode::UPGRADE_REQUIRED, "this path speaks SIP over WebSocket, version 13");
    let mut response = problem.into_response();
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    response
}

struct Socket(ws::WebSocket);

impl WebSocket for Socket {
    async fn receive(&mut self) -> Incoming {
        match self.0.recv().await {
            Some(Ok(Message::Text(text))) => Incoming::Message(text.into()),
            Some(Ok(Message::Binary(bytes))) => Incoming::Message(bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Incoming::Alive,
            // What is read on answers it.
            Some(Ok(Message::Close(_))) => match self.0.recv().await {
                Some(_) | None => Incoming::End,
            },
            Some(Err(error)) => unreadable(&error),
            None => Incoming::End,
        }
    }

    async fn send(&mut self, outgoing: Outgoing) -> bool {
        let message = match outgoing {
            Outgoing::Message(bytes) => match Utf8Bytes::try_from(bytes.clone()) {
                Ok(text) => Message::Text(text),
                Err(_) => Message::Binary(bytes),
            },
            Outgoing::Ping => Message::Ping(bytes::Bytes::new()),
            Outgoing::Close(reason) => {
                let reason = CloseFrame { code: reason.code(), reason: reason.text().into() };
                Message::Close(Some(reason))
            }
        };
        self.0.send(message).await.is_ok()
    }
}

fn unreadable(error: &axum::Error) -> Incoming {
    match error.source().and_then(|source| source.downcast_ref::<FrameError>()) {
        Some(FrameError::Capacity(_)) => Incoming::Unreadable(CloseReason::TooLarge),
        Some(FrameError::Utf8(_)) => Incoming::Unreadable(CloseReason::NotText),
        Some(FrameError::Protocol(_)) => Incoming::Unreadable(CloseReason::Protocol),
        _ => Incoming::End,
    }
}
