//! A WebSocket client that writes frames by hand, good ones and bad ones.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What a frame is for (RFC 6455 §11.8); with [`FINAL`] it is the last of its message.
pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;
pub(crate) const FINAL: u8 = 0x80;

/// The header lines that ask for SIP.
pub(crate) const ASKS: &str = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
                               Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// One end of a connection that has been upgraded.
pub(crate) struct WebSocket(pub(crate) TcpStream);

impl WebSocket {
    /// Asks for `/sip-ws`; the head of an answer other than 101 otherwise.
    pub(crate) async fn connect(to: SocketAddr) -> Result<Self, String> {
        let mut stream = TcpStream::connect(to).await.unwrap();
        let ask = format!("GET /sip-ws HTTP/1.1\r\nHost: a\r\n{ASKS}Sec-WebSocket-Protocol: chat, sip\r\n\r\n");
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap().into());
        }
        if !head.starts_with("HTTP/1.1 101 ") {
            return Err(head);
        }
        assert!(head.contains("sec-websocket-protocol: sip\r\n"), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
        Ok(Self(stream))
    }

    /// Sends a frame, masked by zeros.
    pub(crate) async fn send(&mut self, kind: u8, payload: &[u8]) {
        let mut frame = vec![kind];
        // The bit that it is masked, and its length in one byte, in two, or in eight.
        match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
            (Ok(short @ 0..126), _) => frame.push(0x80 + short),
            (_, Ok(medium)) => {
                frame.push(0x80 + 126);
                frame.extend(medium.to_be_bytes());
            }
            (_, Err(_)) => {
                frame.push(0x80 + 127);
                frame.extend((payload.len() as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        // An error is an end, which shows when it is read.
        let _ended = self.0.write_all(&frame).await;
    }

    /// The next frame within ten seconds: its first byte, and what it holds.
    pub(crate) async fn receive(&mut self) -> (u8, Vec<u8>) {
        timeout(Duration::from_secs(10), self.read()).await.expect("something comes")
    }

    async fn read(&mut self) -> (u8, Vec<u8>) {
        let kind = self.0.read_u8().await.unwrap();
        let length = match self.0.read_u8().await.unwrap() {
            126 => self.0.read_u16().await.unwrap(),
            short => short.into(),
        };
        let mut payload = vec![0; length.into()];
        self.0.read_exact(&mut payload).await.unwrap();
        (kind, payload)
    }

    /// The status code of the close frame that comes next, and that the end follows it.
    pub(crate) async fn close_code(&mut self) -> u16 {
        let (kind, payload) = self.receive().await;
        assert_eq!(kind, FINAL | CLOSE, "{payload:?}");
        let code = u16::from_be_bytes([payload[0], payload[1]]);
        let mut rest = Vec::new();
        // A reset is an end too.
        let _reset = timeout(Duration::from_secs(10), self.0.read_to_end(&mut rest)).await.expect("the end comes");
        assert_eq!(rest, b"");
        code
    }
}
