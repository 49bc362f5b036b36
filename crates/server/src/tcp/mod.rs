//! SIP over connections: a thread of its own accepts, connects, reads and writes, so that no slow or hostile peer delays
//! the signalling thread. Between the two are bounded queues. Those of browsers come from the
//! web port, and share all but the thread.

mod breath;
mod connection;
mod connector;
mod entrance;
mod listener;
pub mod websocket;

pub(crate) use connector::Destination;
pub(crate) use entrance::{Doors, Entrance};
pub(crate) use listener::{BoundTcp, start};

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use warden_sip::endpoint::{ConnectionId, Flow};
use warden_sip::framer::FramingError;

use self::connector::Connector;
use crate::places::Seat;

/// The most events that wait for the signalling thread; then connections are not read from.
const MAX_EVENTS: usize = 256;
/// The most messages that wait for one connection to take them; then it is closed, since its peer does not read.
/// Twice the events, so that a peer which sends a burst and then reads finds all answers.
const MAX_WAITING: usize = 2 * MAX_EVENTS;

/// What happened on a connection.
#[derive(Debug)]
pub(crate) enum StreamEvent {
    /// It may be sent to from now on.
    Opened(ConnectionId, Line),
    /// One whole message.
    Message(Flow, Bytes),
    /// The place where the next message begins is lost; the connection is about to close.
    Unframed(Flow, FramingError),
    /// Nothing more can come or go.
    Closed(Flow),
    /// It was asked for, and cannot be had: the reason in words. What waits for it is lost; its queue is open until this
    /// is heard of, so that nothing fails before its reason is known.
    Unreached(Flow, String, mpsc::Receiver<Bytes>),
}

/// The signalling thread's end of one connection.
#[derive(Debug)]
pub(crate) struct Line {
    queue: mpsc::Sender<Bytes>,
    /// Of a peer that has come to us.
    seat: Option<Arc<Seat>>,
}

/// The signalling thread's end of all connections.
pub(crate) struct Streams {
    events: mpsc::Receiver<StreamEvent>,
    lines: HashMap<ConnectionId, Line>,
    connector: Connector,
}

impl Streams {
    /// What the connections are served by.
    pub(crate) fn runtime(&self) -> &Handle {
        self.connector.runtime()
    }

    pub(crate) fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<StreamEvent>> {
        self.events.poll_recv(context)
    }

    /// The way to `destination`: a connection of ours that stands, or a new one, begun now. What is sent waits for it, up
    /// to a bound. `local` says what our end is called. `None` when there are too many.
    pub(crate) fn open(
        &mut self,
        destination: Destination,
        local: impl FnOnce() -> Option<SocketAddr>,
    ) -> Option<Flow> {
        if let Some(flow) = self.connector.find(&destination) {
            return Some(flow);
        }
        let (flow, queue) = self.connector.open(destination, local()?)?;
        flow.connection.map(|id| self.lines.insert(id, Line { queue, seat: None }));
        Some(flow)
    }

    pub(crate) fn opened(&mut self, id: ConnectionId, line: Line) {
        self.lines.insert(id, line);
    }

    /// Who is at the other end has shown who it is: it makes way for nobody.
    pub(crate) fn keep(&self, id: ConnectionId) {
        if let Some(seat) = self.lines.get(&id).and_then(|line| line.seat.as_ref()) {
            seat.keep();
        }
    }

    /// Lets go of a connection: it ends when what is queued has been written.
    pub(crate) fn close(&mut self, flow: &Flow) {
        flow.connection.map(|id| self.lines.remove(&id));
        self.connector.forget(flow);
    }

    /// Queues a message; false when the connection is gone, or is closed now because its peer does not read.
    pub(crate) fn send(&mut self, flow: &Flow, bytes: Bytes) -> bool {
        let Some(id) = flow.connection else { return false };
        let taken = self.lines.get(&id).is_some_and(|line| line.queue.try_send(bytes).is_ok());
        if !taken {
            self.close(flow);
        }
        taken
    }
}
