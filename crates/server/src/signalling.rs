//! The signalling thread: waits for a datagram, a command, media or a timer, and makes a turn of it.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Sleep, sleep_until};
use tracing::debug;
use warden_call::media::MediaEvent;
use warden_sip::endpoint::Flow;
use warden_sip::header::Transport;

use crate::counters::Counters;
use crate::handle::Command;
use crate::keep_alive::{KeepAlive, PONG};
use crate::overload::Overload;
use crate::private::Private;
use crate::tcp::{StreamEvent, Streams};
use crate::turn::{Transmit, Turn};
use crate::udp::{BATCH, Buffers, Datagram, Envelopes, UdpSocket};

/// How long to sleep when there is nothing to wait for.
const IDLE: Duration = Duration::from_hours(1);

/// A socket with what is written about its datagrams.
struct Listener {
    socket: UdpSocket,
    envelopes: Envelopes,
}

/// Why the thread woke up.
enum Wake {
    /// The datagrams of one listener are there.
    Datagrams,
    Stream(StreamEvent),
    Media(MediaEvent),
    /// `None`: there is no handle any more.
    Command(Option<Command>),
    Timer,
}

/// Everything that the thread owns.
pub(crate) struct Signalling {
    listeners: Vec<Listener>,
    /// Which listener is asked first, so that a busy one does not starve the others.
    first: usize,
    buffers: Buffers,
    datagrams: Vec<Option<Datagram>>,
    streams: Streams,
    turn: Turn,
    commands: mpsc::Receiver<Command>,
    /// Who waits for the end of the last call; `None` while new calls are wanted.
    drained: Option<Vec<oneshot::Sender<()>>>,
    overload: Overload,
}

impl Signalling {
    pub(crate) fn new(
        sockets: Vec<UdpSocket>,
        streams: Streams,
        turn: Turn,
        commands: mpsc::Receiver<Command>,
    ) -> Self {
        let listen = |socket| Listener { socket, envelopes: Envelopes::new() };
        Self {
            listeners: sockets.into_iter().map(listen).collect(),
            first: 0,
            buffers: Buffers::new(),
            datagrams: Vec::with_capacity(BATCH),
            streams,
            turn,
            commands,
            drained: None,
            overload: Overload::default(),
        }
    }

    /// Serves until it is told to stop. The commands are given back: while they are kept, the server counts as running.
    pub(crate) async fn run(mut self) -> mpsc::Receiver<Command> {
        let mut sleep = pin!(sleep_until((Instant::now() + IDLE).into()));
        loop {
            let now = Instant::now();
            self.turn.handle_timeouts(now);
            self.send_all();
            if !self.turn.has_calls() {
                for waiting in self.drained.iter_mut().flat_map(|waiting| waiting.drain(..)) {
                    // An error means that whoever waited has gone.
                    let _waits = waiting.send(());
                }
            }
            let wake_at = self.turn.next_timeout().unwrap_or(now + IDLE).into();
            if sleep.deadline() != wake_at {
                sleep.as_mut().reset(wake_at);
            }
            let wake = poll_fn(|context| self.poll_wake(sleep.as_mut(), context)).await;
            self.note_lag(Instant::now().saturating_duration_since(sleep.deadline().into()));
            match wake {
                Wake::Datagrams => self.receive_all(),
                Wake::Command(Some(command)) => {
                    if !self.obey(command) {
                        return self.commands;
                    }
                }
                Wake::Stream(event) => self.take_stream_event(event),
                Wake::Media(event) => self.turn.take_media(event, Instant::now()),
                Wake::Command(None) => return self.commands,
                Wake::Timer => {}
            }
        }
    }

    fn poll_wake(&mut self, sleep: Pin<&mut Sleep>, context: &mut Context<'_>) -> Poll<Wake> {
        if let Poll::Ready(command) = self.commands.poll_recv(context) {
            return Poll::Ready(Wake::Command(command));
        }
        if let Poll::Ready(event) = self.turn.media.poll_event(context) {
            return Poll::Ready(Wake::Media(event));
        }
        if let Poll::Ready(Some(event)) = self.streams.poll_event(context) {
            return Poll::Ready(Wake::Stream(event));
        }
        for _ in 0..self.listeners.len() {
            self.first = (self.first + 1) % self.listeners.len();
            let Some(Listener { socket, envelopes }) = self.listeners.get_mut(self.first) else { break };
            match socket.poll_receive(&mut self.buffers, envelopes, &mut self.datagrams, context) {
                Poll::Ready(Ok(())) => return Poll::Ready(Wake::Datagrams),
                Poll::Ready(Err(error)) => {
                    self.turn.counters.receive_errors.add_one();
                    debug!(target: "SIP", error = &error as &dyn Error, "cannot receive");
                    // Nothing was taken, and the socket is asked again in the next round.
                    return Poll::Ready(Wake::Datagrams);
                }
                Poll::Pending => {}
            }
        }
        sleep.poll(context).map(|()| Wake::Timer)
    }

    /// Makes a turn of each datagram of the batch.
    fn receive_all(&mut self) {
        let waited = self.datagrams.first().copied().flatten().and_then(|oldest| oldest.came_at).map(since);
        self.note_lag(waited.unwrap_or_default());
        for index in 0..self.datagrams.len() {
            let Some(datagram) = self.datagrams.get(index).copied().flatten() else { continue };
            let bytes = self.buffers.get(index, &datagram);
            match KeepAlive::recognise(bytes) {
                None => {
                    let Datagram { local, remote, .. } = datagram;
                    let flow = Flow { transport: Transport::Udp, local, remote, connection: None };
                    self.turn.receive(Bytes::copy_from_slice(bytes), flow, Instant::now());
                }
                Some(keep_alive) => {
                    self.turn.counters.keep_alives.add_one();
                    if keep_alive == KeepAlive::Ping
                        && let Some(Listener { socket, .. }) = self.listeners.get(self.first)
                    {
                        send(socket, PONG, &datagram, &self.turn.counters);
                    }
                }
            }
            self.send_all();
        }
    }

    /// New calls are refused while what comes waits too long.
    fn note_lag(&mut self, lag: Duration) {
        let now = Instant::now();
        if self.overload.note(lag, now) {
            self.accept_calls(now);
        }
    }

    fn accept_calls(&mut self, now: Instant) {
        let accepts = self.drained.is_none() && !self.overload.is_on();
        self.turn.accept_calls(accepts, now);
    }

    fn take_stream_event(&mut self, event: StreamEvent) {
        let now = Instant::now();
        match event {
            StreamEvent::Opened(id, queue) => self.streams.opened(id, queue),
            StreamEvent::Message(flow, bytes) => self.turn.receive(bytes, flow, now),
            StreamEvent::Unframed(flow, error) => {
                self.turn.refuse(&error, flow, now);
                self.send_all();
                self.streams.close(&flow);
            }
            StreamEvent::Closed(flow) => {
                self.streams.close(&flow);
                self.turn.flow_failed(&flow, now);
            }
        }
        self.send_all();
    }

    /// False when it is time to stop.
    fn obey(&mut self, command: Command) -> bool {
        let now = Instant::now();
        match command {
            Command::ReplaceDirectory(directory) => self.turn.replace_directory(directory, now),
            Command::Bindings(answer) => {
                // An error means that whoever asked has gone.
                let _asker = answer.send(self.turn.registrations(now));
            }
            Command::Calls(answer) => {
                let _asker = answer.send(self.turn.calls(now));
            }
            Command::Drain(answer) => {
                self.drained.get_or_insert_default().push(answer);
                self.accept_calls(now);
            }
            Command::EndCalls => self.turn.end_calls(now),
            Command::Stop => return false,
        }
        true
    }

    /// Sends what the turn has gathered.
    fn send_all(&mut self) {
        let counters = Arc::clone(&self.turn.counters);
        for Transmit { flow, bytes } in self.turn.transmits() {
            if flow.transport.is_reliable() {
                let was_taken = self.streams.send(&flow, bytes);
                let counter = if was_taken { &counters.sent } else { &counters.sends_dropped };
                counter.add_one();
                continue;
            }
            let serves = |listener: &&Listener| listener.socket.serves(flow.local);
            if let Some(Listener { socket, .. }) = self.listeners.iter().find(serves) {
                let envelope = Datagram { length: bytes.len(), local: flow.local, remote: flow.remote, came_at: None };
                send(socket, &bytes, &envelope, &counters);
            } else {
                counters.sends_dropped.add_one();
            }
        }
    }
}

/// How long ago that was, by the clock on the wall.
fn since(came_at: Duration) -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(came_at)
}

/// Sends, or counts what the network does not take: whoever needs an answer sends again.
fn send(socket: &UdpSocket, bytes: &[u8], envelope: &Datagram, counters: &Counters) {
    match socket.send(bytes, envelope.local, envelope.remote) {
        Ok(()) => counters.sent.add_one(),
        Err(error) => {
            counters.sends_dropped.add_one();
            let destination = Private(envelope.remote);
            debug!(target: "SIP", %destination, error = &error as &dyn Error, "cannot send");
        }
    }
}
