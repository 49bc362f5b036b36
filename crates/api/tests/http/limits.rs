//! What a client cannot do, however slow or greedy it is. The clock is simulated: waiting costs no time.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::client::{ask, connect_from, get, rest};
use crate::server::{Choosy, Hanging, Lively, start};

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_finish_its_header_is_cut_off() {
    let server = start(Lively);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
    let asked = Instant::now();
    let text = rest(&mut stream).await;
    assert!(!text.contains("200 OK"), "{text}");
    assert!((4..=6).contains(&asked.elapsed().as_secs()), "{:?}", asked.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_uses_is_closed() {
    let server = start(Lively);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let text = timeout(Duration::from_secs(20), rest(&mut stream)).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
}

#[tokio::test]
async fn a_long_body_or_header_is_refused() {
    let server = start(Lively);
    let answered = ask(server.address, "GET", "/api/health", "localhost", "Content-Length: 65537\r\n").await;
    assert_eq!((answered.status, &answered.json()["error"]["code"]), (413, &"payload_too_large".into()));
    let long = format!("X-Long: {}\r\n", "a".repeat(20_000));
    assert_eq!(ask(server.address, "GET", "/api/health", "localhost", &long).await.status, 431);
}

#[tokio::test]
async fn more_connections_than_256_are_closed() {
    let server = start(Lively);
    let mut held = Vec::new();
    for _ in 0..256 {
        held.push(TcpStream::connect(server.address).await.unwrap());
    }
    let mut refused = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(rest(&mut refused).await, "");

    let mut last = held.pop().unwrap();
    last.write_all(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(rest(&mut last).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(get(server.address, "/api/health").await.status, 200);
}

const ASK: &[u8] = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_few_hosts_that_hold_all_connections_keep_nobody_else_out() {
    let server = start(Lively);
    let mut held = Vec::new();
    for host in 0..8 {
        for _ in 0..32 {
            held.push(connect_from(2 + host, server.address).await);
        }
    }
    for host in 100..110 {
        let mut newcomer = connect_from(host, server.address).await;
        newcomer.write_all(ASK).await.unwrap();
        assert!(rest(&mut newcomer).await.starts_with("HTTP/1.1 200 "), "127.0.0.{host}");
    }
}

#[tokio::test]
async fn who_comes_from_a_network_that_is_denied_gets_not_one_byte() {
    let server = start(Choosy);
    for (host, is_taken) in [(2, false), (3, true)] {
        let mut stream = connect_from(host, server.address).await;
        let _reset = stream.write_all(ASK).await;
        assert_eq!(!rest(&mut stream).await.is_empty(), is_taken, "127.0.0.{host}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_stops_within_a_second_whoever_is_connected() {
    let asked = Arc::new(Notify::new());
    let server = start(Hanging(Arc::clone(&asked)));
    let address = server.address;
    let mut idle = TcpStream::connect(address).await.unwrap();
    let mut unanswered = TcpStream::connect(address).await.unwrap();
    unanswered.write_all(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    asked.notified().await;
    let told = Instant::now();
    server.stop().await;
    assert!(told.elapsed() < Duration::from_secs(1), "{:?}", told.elapsed());
    assert_eq!((rest(&mut idle).await, rest(&mut unanswered).await), (String::new(), String::new()));
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_it_stops() {
    let server = start(Lively);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut first = [0; 1];
    stream.read_exact(&mut first).await.unwrap();
    server.stop().await;
    assert!(rest(&mut stream).await.contains("\"running\""));
}
