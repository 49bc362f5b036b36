//! SIP over WebSocket (RFC 7118): each message is one of SIP, or a line end that keeps the connection open.
//!
//! The handshake and the frames are those of whoever has the web port; what they mean, and when it is over, is said here.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, timeout, timeout_at};
use warden_sip::header::Transport;

use super::breath::Breath;
use super::connection::{Connection, GOODBYE_TIME, MESSAGE_TIME, WRITE_TIME};
use super::{Entrance, StreamEvent};
use crate::keep_alive::KeepAlive;

/// The subprotocol that a client must ask for (RFC 7118 §4).
pub const SUBPROTOCOL: &str = "sip";
/// The most bytes of a message.
pub const MAX_MESSAGE: usize = warden_sip::message::MAX_MESSAGE;

/// A peer that says nothing for so long is asked whether it is there: a browser that went to sleep closes nothing.
const SILENCE: Duration = Duration::from_secs(30);
/// It must answer within this, or it is gone.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A whole message, text or binary.
    Message(Bytes),
    /// A ping, which is answered already, or the answer to ours.
    Alive,
    /// What cannot be read; nothing more can be.
    Unreadable(CloseReason),
    /// Nothing more comes.
    End,
}

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// One message. As text when it is UTF-8: some clients understand nothing else.
    Message(Bytes),
    /// Whether the peer is there.
    Ping,
    /// The last that is sent, and why.
    Close(CloseReason),
}

/// Why we end a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The server stops, or the peer does not take what it is sent.
    GoingAway,
    /// Frames that WebSocket does not allow.
    Protocol,
    /// Text that is not UTF-8.
    NotText,
    /// No SIP came in time.
    NothingSaid,
    /// More than [`MAX_MESSAGE`] bytes.
    TooLarge,
}

impl CloseReason {
    /// The status code (RFC 6455 §7.4.1).
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::NotText => 1007,
            Self::NothingSaid => 1008,
            Self::TooLarge => 1009,
        }
    }

    /// The same for people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::GoingAway => "going away",
            Self::Protocol => "not the WebSocket protocol",
            Self::NotText => "text that is not UTF-8",
            Self::NothingSaid => "no SIP message within 30 seconds",
            Self::TooLarge => "a message may have 65535 bytes",
        }
    }
}

/// A WebSocket whose handshake is done.
pub trait WebSocket: Send {
    /// Waits for what comes next. Nothing is lost when the wait is given up.
    fn receive(&mut self) -> impl Future<Output = Incoming> + Send;
    /// Sends; false when that is not possible any more.
    fn send(&mut self, outgoing: Outgoing) -> impl Future<Output = bool> + Send;
}

/// Where a WebSocket leads from and to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebSocketEnds {
    /// The address of ours that the peer has connected to.
    pub local: SocketAddr,
    /// The peer's.
    pub remote: SocketAddr,
    /// Whether it speaks TLS with us: `wss`.
    pub is_encrypted: bool,
}

/// The place of a WebSocket among all connections; given back when it is dropped.
#[derive(Debug)]
pub struct WebSocketConnection(Connection);

/// How a conversation came to its end.
enum Ending {
    /// The peer has gone.
    Gone,
    /// It is to be told.
    Close(CloseReason),
}

impl WebSocketConnection {
    pub(crate) fn admit(entrance: &Entrance, ends: WebSocketEnds) -> Option<Self> {
        let transport = if ends.is_encrypted { Transport::Wss } else { Transport::Ws };
        // A web port for both families sees an IPv4 address as ::ffff:198.51.100.7; the ports for sound are for one.
        let [local, remote] = [ends.local, ends.remote].map(|end| SocketAddr::new(end.ip().to_canonical(), end.port()));
        entrance.admit(transport, local, remote).map(Self)
    }

    /// Carries messages both ways until either side ends it, or the server stops.
    pub async fn serve(self, mut socket: impl WebSocket) {
        let Self(mut connection) = self;
        let lost = connection.lost();
        let ending = tokio::select! {
            biased;
            () = lost => {
                drop(socket);
                return connection.close().await;
            }
            ending = talk(&mut connection, &mut socket) => ending,
        };
        connection.close().await;
        if let Ending::Close(reason) = ending {
            let _taken = timeout(GOODBYE_TIME, say_goodbye(&mut socket, reason)).await;
        }
        drop((socket, connection));
    }
}

/// Tells the peer, and waits until it has taken that.
async fn say_goodbye(socket: &mut impl WebSocket, reason: CloseReason) {
    if !socket.send(Outgoing::Close(reason)).await {
        return;
    }
    match reason {
        CloseReason::GoingAway | CloseReason::NothingSaid => {
            while let Incoming::Message(_) | Incoming::Alive = socket.receive().await {}
        }
        // Nothing more can be read, and to close a socket that has more to be read would take back what was sent last.
        CloseReason::Protocol | CloseReason::NotText | CloseReason::TooLarge => pending().await,
    }
}

async fn talk(connection: &mut Connection, socket: &mut impl WebSocket) -> Ending {
    match connection.open().await {
        Some(()) => carry(connection, socket).await,
        None => Ending::Close(CloseReason::GoingAway),
    }
}

async fn carry(connection: &mut Connection, socket: &mut impl WebSocket) -> Ending {
    let mut patience = Patience::new(Instant::now());
    let mut breath = Breath::new(Instant::now());
    loop {
        let next = async {
            breath.draw().await;
            socket.receive().await
        };
        let incoming = tokio::select! {
            biased; // answers first: who sends without end is read no faster than answered
            outgoing = connection.queue.recv() => {
                let Some(bytes) = outgoing else { return Ending::Close(CloseReason::GoingAway) };
                if !send(socket, Outgoing::Message(bytes)).await {
                    return Ending::Gone;
                }
                continue;
            }
            incoming = timeout_at(patience.until(), next) => incoming,
        };
        let Ok(incoming) = incoming else {
            match patience.run_out(Instant::now()) {
                RunOut::Ask if send(socket, Outgoing::Ping).await => continue,
                RunOut::Ask | RunOut::Gone => return Ending::Gone,
                RunOut::NothingSaid => return Ending::Close(CloseReason::NothingSaid),
            }
        };
        patience.heard(Instant::now());
        match incoming {
            Incoming::Message(bytes) => match KeepAlive::recognise(&bytes) {
                None => {
                    patience.said_something();
                    breath.spoke(Instant::now());
                    // A copy, since what came may be part of a larger buffer that would be kept with it.
                    let message = StreamEvent::Message(connection.flow, Bytes::copy_from_slice(&bytes));
                    if connection.events.send(message).await.is_err() {
                        return Ending::Close(CloseReason::GoingAway);
                    }
                }
                Some(keep_alive) => {
                    breath.note(Instant::now());
                    if let Some(answer) = keep_alive.answer(connection.flow.remote)
                        && !send(socket, Outgoing::Message(answer.into())).await
                    {
                        return Ending::Gone;
                    }
                }
            },
            Incoming::Alive => breath.note(Instant::now()),
            Incoming::Unreadable(reason) => return Ending::Close(reason),
            Incoming::End => return Ending::Gone,
        }
    }
}

async fn send(socket: &mut impl WebSocket, outgoing: Outgoing) -> bool {
    timeout(WRITE_TIME, socket.send(outgoing)).await.unwrap_or(false)
}

/// How long a peer is waited for.
struct Patience {
    /// When the first message must have come, until it has.
    first_by: Option<Instant>,
    /// When the peer is asked, or when its answer must have come.
    heard_by: Instant,
    asked: bool,
}

/// What is due when nothing came.
enum RunOut {
    /// The peer is to be asked whether it is there.
    Ask,
    /// It has not answered.
    Gone,
    /// It is there, and said nothing.
    NothingSaid,
}

impl Patience {
    fn new(now: Instant) -> Self {
        Self { first_by: Some(now + MESSAGE_TIME), heard_by: now + SILENCE, asked: false }
    }

    fn until(&self) -> Instant {
        self.first_by.map_or(self.heard_by, |first| first.min(self.heard_by))
    }

    fn heard(&mut self, now: Instant) {
        (self.heard_by, self.asked) = (now + SILENCE, false);
    }

    fn said_something(&mut self) {
        self.first_by = None;
    }

    fn run_out(&mut self, now: Instant) -> RunOut {
        if self.first_by.is_some_and(|first| first <= now) {
            return RunOut::NothingSaid;
        }
        if self.asked {
            return RunOut::Gone;
        }
        (self.heard_by, self.asked) = (now + ANSWER_TIME, true);
        RunOut::Ask
    }
}

#[cfg(test)]
mod tests;
