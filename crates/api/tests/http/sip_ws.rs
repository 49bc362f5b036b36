//! SIP over WebSocket on the web port, before a real signalling thread.

use tokio::io::AsyncReadExt;
use warden_server::{Beginning, Handle, Server, Settings};

use crate::client::{get, send};
use crate::server::{Lively, Running, start};
use crate::web_socket::{ASKS, BINARY, CLOSE, CONTINUATION, FINAL, PING, PONG, TEXT, WebSocket};

/// A server that speaks SIP over WebSocket and nothing else.
fn serve() -> (Handle, Running) {
    let (handle, _saves) = Server::start(&Settings::default(), Beginning::default()).unwrap();
    (handle.clone(), start(handle))
}

/// Without Content-Length, which a WebSocket does not need.
fn options(number: u32, body: &str) -> String {
    format!(
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK{number}\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:a@b>\r\nCall-ID: {number}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n{body}"
    )
}

/// That the next message is the answer to [`options`] of this number.
async fn expect_answer(socket: &mut WebSocket, number: u32) {
    let (kind, payload) = socket.receive().await;
    let text = String::from_utf8(payload).unwrap();
    assert_eq!(kind, FINAL | TEXT, "{text}");
    assert!(text.starts_with("SIP/2.0 200 OK\r\n"), "{text}");
    assert!(text.contains(&format!("\r\nCall-ID: {number}\r\n")), "{text}");
    assert!(text.contains("\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK"), "{text}");
    assert!(text.contains(";received=127.0.0.1"), "{text}");
}

/// What is answered to a request with these header lines; the connection is closed.
async fn refusal(lines: &str) -> String {
    let server = start(Lively);
    send(server.address, &format!("GET /sip-ws HTTP/1.1\r\nHost: a\r\n{lines}\r\n")).await
}

#[tokio::test]
async fn who_asks_for_no_websocket_is_told_to() {
    let closing = ASKS.replace("keep-alive", "close");
    for lines in ["Connection: close\r\n", "Connection: close\r\nUpgrade: websocket\r\n", &closing.replace("13", "12")]
    {
        let text = refusal(lines).await;
        assert!(text.starts_with("HTTP/1.1 426 "), "{lines}: {text}");
        assert!(text.contains("\r\nupgrade: websocket\r\n"), "{text}");
        assert!(text.contains("\r\nsec-websocket-version: 13\r\n"), "{text}");
        assert!(text.contains("\"code\":\"upgrade_required\""), "{text}");
    }
}

#[tokio::test]
async fn who_does_not_ask_for_sip_is_told_how() {
    let closing = ASKS.replace("keep-alive", "close");
    for other in ["", "Sec-WebSocket-Protocol: chat, sips\r\n"] {
        let text = refusal(&(closing.clone() + other)).await;
        assert!(text.starts_with("HTTP/1.1 400 "), "{text}");
        assert!(
            text.contains("\"detail\":\"this WebSocket carries SIP: ask for it by Sec-WebSocket-Protocol: sip\""),
            "{text}"
        );
    }
}

#[tokio::test]
async fn each_message_is_answered_text_or_binary_whole_or_in_pieces() {
    let (_handle, server) = serve();
    let mut socket = WebSocket::connect(server.address).await.unwrap();
    socket.send(FINAL | TEXT, options(1, "").as_bytes()).await;
    expect_answer(&mut socket, 1).await;
    socket.send(FINAL | BINARY, options(2, "").as_bytes()).await;
    expect_answer(&mut socket, 2).await;

    let text = options(3, "");
    let (one, two) = text.split_at(40);
    socket.send(TEXT, one.as_bytes()).await;
    socket.send(FINAL | PING, b"there?").await;
    assert_eq!(socket.receive().await, (FINAL | PONG, b"there?".to_vec()));
    socket.send(CONTINUATION, two.as_bytes()).await;
    socket.send(FINAL | CONTINUATION, b"").await;
    expect_answer(&mut socket, 3).await;

    socket.send(FINAL | CLOSE, &1000_u16.to_be_bytes()).await;
    assert_eq!(socket.close_code().await, 1000);
}

#[tokio::test]
async fn a_double_line_end_keeps_the_connection_open() {
    let (_handle, server) = serve();
    let mut socket = WebSocket::connect(server.address).await.unwrap();
    socket.send(FINAL | TEXT, b"\r\n\r\n").await;
    assert_eq!(socket.receive().await, (FINAL | TEXT, b"\r\n".to_vec()));
}

#[tokio::test]
async fn a_message_may_have_65535_bytes_in_one_frame_or_in_several() {
    let (_handle, server) = serve();
    let whole = |body: usize| options(1, &"x".repeat(body)).into_bytes();
    let room = 65_535 - whole(0).len();
    let mut socket = WebSocket::connect(server.address).await.unwrap();
    socket.send(FINAL | TEXT, &whole(room)).await;
    expect_answer(&mut socket, 1).await;
    socket.send(FINAL | TEXT, &whole(room + 1)).await;
    assert_eq!(socket.close_code().await, 1009);

    let mut socket = WebSocket::connect(server.address).await.unwrap();
    socket.send(TEXT, &vec![b'x'; 65_535]).await;
    socket.send(FINAL | CONTINUATION, b"x").await;
    assert_eq!(socket.close_code().await, 1009);
}

#[tokio::test]
async fn what_websocket_does_not_allow_ends_the_connection_with_the_reason() {
    let (_handle, server) = serve();
    for (kind, payload, code) in
        [(FINAL | TEXT, &b"\xff"[..], 1007), (FINAL | CONTINUATION, b"x", 1002), (0x93, b"", 1002)]
    {
        let mut socket = WebSocket::connect(server.address).await.unwrap();
        socket.send(kind, payload).await;
        assert_eq!(socket.close_code().await, code);
    }
}

#[tokio::test]
async fn one_address_has_256_connections_which_leave_the_web_port_to_others() {
    let (_handle, server) = serve();
    let mut open = Vec::new();
    for _ in 0..256 {
        open.push(WebSocket::connect(server.address).await.unwrap());
    }
    assert_eq!(get(server.address, "/api/health").await.status, 200);
    // One more takes the place of the oldest, and only that.
    let mut newest = WebSocket::connect(server.address).await.unwrap();
    let mut rest = Vec::new();
    assert_eq!(open[0].0.read_to_end(&mut rest).await.unwrap(), 0);
    for socket in [&mut open[1], &mut newest] {
        socket.send(FINAL | TEXT, options(1, "").as_bytes()).await;
        expect_answer(socket, 1).await;
    }
}

#[tokio::test]
async fn when_the_server_stops_its_peers_are_told() {
    let (handle, server) = serve();
    let mut socket = WebSocket::connect(server.address).await.unwrap();
    socket.send(FINAL | TEXT, options(1, "").as_bytes()).await;
    expect_answer(&mut socket, 1).await;
    server.stop().await;
    handle.stop().await;
    assert_eq!(socket.close_code().await, 1001);
}
