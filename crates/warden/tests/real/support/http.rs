//! Questions to the web port.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use serde_json::Value;

use super::Warden;

/// The status and the JSON of the answer to `GET path`.
pub(crate) fn ask_web(server: &Warden, path: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.web_port())).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).expect(head);
    (status.parse().unwrap(), serde_json::from_str(body).unwrap())
}

/// The JSON of the answer to `GET path`, which must be a 200.
pub(crate) fn get(server: &Warden, path: &str) -> Value {
    let (status, answer) = ask_web(server, path);
    assert_eq!(status, 200, "{answer}");
    answer
}
