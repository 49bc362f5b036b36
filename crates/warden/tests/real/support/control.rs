//! Remote control of baresip, by its module `ctrl_tcp`: JSON in netstrings.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use serde_json::{Value, json};

use super::poll;

/// A connection to one phone.
pub(crate) struct Control {
    stream: TcpStream,
    bytes: Vec<u8>,
    /// The messages that nobody has asked for yet, oldest first.
    messages: Vec<Value>,
}

impl Control {
    /// Connects to a phone that has just been started.
    pub(crate) fn connect(port: u16) -> Self {
        let stream = poll(10, || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()).expect("the phone starts");
        stream.set_nonblocking(true).unwrap();
        Self { stream, bytes: Vec::new(), messages: Vec::new() }
    }

    /// Runs a command, and waits until the phone says that it has.
    pub(crate) fn command(&mut self, command: &str, parameters: &str) {
        let mut message = json!({ "command": command, "token": command });
        if !parameters.is_empty() {
            message["params"] = parameters.into();
        }
        let text = message.to_string();
        self.stream.write_all(format!("{}:{text},", text.len()).as_bytes()).unwrap();
        let answer = poll(5, || self.take(|message| message["response"] == true)).expect("the phone answers");
        assert_eq!(answer["ok"], true, "{command} {parameters}: {answer}");
    }

    /// Waits for an event such as `CALL_ESTABLISHED`. It and those before it are forgotten then.
    pub(crate) fn wait_for(&mut self, event: &str) -> Option<Value> {
        poll(10, || {
            self.receive();
            let at = self.messages.iter().position(|message| message["type"] == event)?;
            self.messages.drain(..=at).next_back()
        })
    }

    /// All events of this kind that have come and not been waited for.
    pub(crate) fn all(&mut self, event: &str) -> Vec<Value> {
        self.receive();
        self.messages.extract_if(.., |message| message["type"] == event).collect()
    }

    fn take(&mut self, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        self.receive();
        let at = self.messages.iter().position(wanted)?;
        Some(self.messages.remove(at))
    }

    fn receive(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => panic!("the phone has closed the connection"),
                Ok(size) => self.bytes.extend(&buffer[..size]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("lost the connection to the phone: {error}"),
            }
        }
        while let Some(message) = next_netstring(&mut self.bytes) {
            self.messages.push(serde_json::from_slice(&message).unwrap());
        }
    }
}

/// Takes the first whole `5:hello,` away.
fn next_netstring(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let colon = bytes.iter().position(|&byte| byte == b':')?;
    let size: usize = std::str::from_utf8(&bytes[..colon]).unwrap().parse().unwrap();
    let message = bytes.get(colon + 1..colon + 1 + size)?.to_vec();
    if bytes.len() < colon + size + 2 {
        return None;
    }
    bytes.drain(..colon + size + 2);
    Some(message)
}
