//! The server on TCP connections of the loopback.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use warden_call::directory::Directory;
use warden_server::{Handle, Server, Settings};

fn start() -> Handle {
    let listen = vec!["127.0.0.1:0".parse().unwrap()];
    Server::start(&Settings { listen, ..Settings::default() }, Arc::new(Directory::default())).unwrap().0
}

fn connect(server: &Handle) -> TcpStream {
    let stream = TcpStream::connect(server.listening()[0]).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream
}

fn options(number: u32) -> String {
    format!(
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c;branch=z9hG4bK{number}\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:a@b>\r\nCall-ID: {number}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Reads until this many responses have come; their first lines and Call-IDs.
fn answers(stream: &mut TcpStream, count: usize) -> Vec<(String, String)> {
    let mut text = String::new();
    while text.matches("Content-Length: 0\r\n\r\n").count() < count {
        let mut space = [0; 4096];
        let length = stream.read(&mut space).unwrap();
        assert!(length > 0, "the connection was closed after {text}");
        text.push_str(std::str::from_utf8(&space[..length]).unwrap());
    }
    let message = |text: &str| {
        let call_id = text.lines().find_map(|line| line.strip_prefix("Call-ID: ")).unwrap_or_default();
        (text.lines().next().unwrap_or_default().to_owned(), call_id.to_owned())
    };
    text.split_terminator("Content-Length: 0\r\n\r\n").map(message).collect()
}

#[test]
fn messages_are_answered_on_their_connection_however_they_are_cut() {
    let server = start();
    let (mut one, mut two) = (connect(&server), connect(&server));
    let wire = [options(1), "\r\n\r\n".into(), options(2)].concat();
    for byte in wire.as_bytes() {
        one.write_all(std::slice::from_ref(byte)).unwrap();
    }
    two.write_all([options(3), options(4)].concat().as_bytes()).unwrap();
    let ids = |stream: &mut TcpStream| -> Vec<String> {
        let answers = answers(stream, 2);
        assert!(
            answers.iter().all(|(line, _)| line.trim_start().ends_with("200 OK") || line.is_empty()),
            "{answers:?}"
        );
        answers.into_iter().map(|(_, id)| id).collect()
    };
    assert_eq!(ids(&mut one), ["1", "2"]);
    assert_eq!(ids(&mut two), ["3", "4"]);
}

#[test]
fn a_ping_gets_one_line_end() {
    let server = start();
    let mut stream = connect(&server);
    stream.write_all(b"\r\n\r\n").unwrap();
    let mut space = [0; 10];
    assert_eq!(stream.read(&mut space).unwrap(), 2);
    assert_eq!(&space[..2], b"\r\n");
}

#[test]
fn a_message_without_length_is_refused_and_the_connection_closed() {
    let server = start();
    let mut stream = connect(&server);
    stream.write_all(options(1).replace("Content-Length: 0\r\n", "").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("SIP/2.0 400 Missing Content-Length\r\n"), "{text}");
    assert_eq!(server.status().malformed, 1);
}

#[test]
fn a_port_that_is_taken_is_named_with_its_transport() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error =
        Server::start(&Settings { listen: vec![address], ..Settings::default() }, Arc::new(Directory::default()))
            .err()
            .unwrap();
    assert_eq!(error.to_string(), format!("cannot listen on {address}/tcp: address already in use"));
}

#[test]
fn when_the_server_stops_its_connections_and_ports_are_free() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let server = start();
    let address = server.listening()[0];
    let mut stream = connect(&server);
    stream.write_all(options(1).as_bytes()).unwrap();
    answers(&mut stream, 1);
    runtime.block_on(server.stop());
    assert_eq!(stream.read(&mut [0; 10]).unwrap(), 0, "the connection is closed");
    assert!(
        Server::start(&Settings { listen: vec![address], ..Settings::default() }, Arc::new(Directory::default()))
            .is_ok()
    );
}

#[test]
fn a_burst_of_requests_is_answered_whole() {
    let server = start();
    let mut stream = connect(&server);
    let burst: Vec<_> = (0..2000).map(options).collect();
    let mut writer = stream.try_clone().unwrap();
    let sender = std::thread::spawn(move || writer.write_all(burst.concat().as_bytes()).unwrap());
    assert_eq!(answers(&mut stream, 2000).len(), 2000);
    sender.join().unwrap();
}
