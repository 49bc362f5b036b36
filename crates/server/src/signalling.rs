//! The signalling thread: waits for a datagram, a command, media or a timer, and makes a turn of it.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error};
use warden_call::access::Dropped;
use warden_sip::endpoint::Flow;
use warden_sip::header::Transport;

use crate::counters::Counters;
use crate::handle::Command;
use crate::keep_alive::KeepAlive;
use crate::overload::Overload;
use crate::poller::Poller;
use crate::private::Private;
use crate::source::Sources;
use crate::tcp::{Destination, StreamEvent, Streams};
use crate::turn::{Transmit, Turn};
use crate::udp::{BATCH, Buffers, Datagram, Envelopes, UdpSocket};

/// How much of each kind of news is taken before sockets and timers have their turn.
const MAX_NEWS: usize = 64;

/// A socket with what is written about its datagrams.
struct Listener {
    socket: UdpSocket,
    envelopes: Envelopes,
}

/// How messages leave, besides by the sockets for datagrams.
pub(crate) struct Ways {
    pub(crate) streams: Streams,
    pub(crate) sources: Sources,
}

impl Ways {
    /// The way to somebody who is not known yet; nothing is waited for. `None` when there is none.
    fn open(&mut self, destination: Destination) -> Option<Flow> {
        let (transport, remote) = (destination.hop.transport, destination.hop.remote);
        let Self { streams, sources } = self;
        let local = || sources.local_for(transport, remote);
        if transport.is_reliable() {
            return streams.open(destination, local);
        }
        Some(Flow { transport, local: local()?, remote, connection: None })
    }
}

/// Whether there is another round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    GoOn,
    Stop,
}

/// Everything that the thread owns.
pub(crate) struct Signalling {
    listeners: Vec<Listener>,
    poller: Poller,
    buffers: Buffers,
    datagrams: Vec<Option<Datagram>>,
    ways: Ways,
    turn: Turn,
    commands: mpsc::Receiver<Command>,
    /// Who waits for the end of the last call; `None` while new calls are wanted.
    drained: Option<Vec<oneshot::Sender<()>>>,
    /// Who waits until all registrations of our own have been given up.
    left: Vec<oneshot::Sender<()>>,
    /// Connections that took no message; what waits for an answer there is told at the next round.
    failed: Vec<Flow>,
    overload: Overload,
}

impl Signalling {
    /// The sockets are those that the poller watches, in the same order.
    pub(crate) fn new(
        sockets: Vec<UdpSocket>,
        poller: Poller,
        ways: Ways,
        turn: Turn,
        commands: mpsc::Receiver<Command>,
    ) -> Self {
        let listen = |socket| Listener { socket, envelopes: Envelopes::new() };
        Self {
            listeners: sockets.into_iter().map(listen).collect(),
            poller,
            buffers: Buffers::new(),
            datagrams: Vec::with_capacity(BATCH),
            ways,
            turn,
            commands,
            drained: None,
            left: Vec::new(),
            failed: Vec::new(),
            overload: Overload::default(),
        }
    }

    /// Serves until it is told to stop. The commands are given back: while they are kept, the server counts as running.
    pub(crate) fn run(mut self) -> mpsc::Receiver<Command> {
        let waker = self.poller.waker();
        let mut context = Context::from_waker(&waker);
        self.turn.begin(Instant::now());
        self.send_all();
        loop {
            match self.round(&mut context) {
                Ok(Outcome::GoOn) => {}
                Ok(Outcome::Stop) => return self.commands,
                Err(error) => {
                    error!(error = &error as &dyn Error, "the signalling thread cannot wait for messages");
                    return self.commands;
                }
            }
        }
    }

    /// Does what is due, waits for more, and does that.
    fn round(&mut self, context: &mut Context<'_>) -> io::Result<Outcome> {
        let now = Instant::now();
        self.turn.handle_timeouts(now);
        for flow in std::mem::take(&mut self.failed) {
            self.turn.flow_failed(&flow, now);
        }
        self.send_all();
        self.tell_ended();
        let due = if self.failed.is_empty() { self.turn.next_timeout() } else { Some(now) };
        let has_news = self.poller.wait(due.map(|due| due.saturating_duration_since(now)))?;
        let mut lag = due.and_then(|due| Instant::now().checked_duration_since(due));
        while let Some(place) = self.poller.next_ready() {
            lag = lag.max(self.receive_all(place, lag));
        }
        // Unless something was due, that nothing has come does not tell that it would not have waited.
        if let Some(lag) = lag.or_else(|| self.overload.is_on().then_some(Duration::ZERO)) {
            self.note_lag(lag);
        }
        if has_news { Ok(self.take_news(context)) } else { Ok(Outcome::GoOn) }
    }

    /// Takes what other threads have handed over; their next news rings.
    fn take_news(&mut self, context: &mut Context<'_>) -> Outcome {
        for _ in 0..MAX_NEWS {
            let mut has_more = false;
            match self.commands.poll_recv(context) {
                Poll::Ready(Some(command)) => {
                    if !self.obey(command) {
                        return Outcome::Stop;
                    }
                    has_more = true;
                }
                // There is no handle any more.
                Poll::Ready(None) => return Outcome::Stop,
                Poll::Pending => {}
            }
            if let Poll::Ready(event) = self.turn.media.poll_event(context) {
                self.turn.take_media(event, Instant::now());
                has_more = true;
            }
            if let Poll::Ready(Some((question, answer))) = self.turn.dns.poll_answer(context) {
                self.turn.take_answer(question, answer, Instant::now());
                has_more = true;
            }
            if let Poll::Ready(Some(event)) = self.ways.streams.poll_event(context) {
                self.take_stream_event(event);
                has_more = true;
            }
            if !has_more {
                return Outcome::GoOn;
            }
            self.send_all();
        }
        self.poller.ring();
        Outcome::GoOn
    }

    /// Tells those who wait for an end that it has come.
    fn tell_ended(&mut self) {
        if let Some(waiting) = self.drained.as_mut().filter(|_| !self.turn.has_calls()) {
            for waiting in waiting.drain(..) {
                // An error means that whoever waited has gone.
                let _waits = waiting.send(());
            }
        }
        if self.turn.has_left() {
            for waiting in self.left.drain(..) {
                let _waits = waiting.send(());
            }
        }
    }

    /// Makes a turn of each datagram that one listener has, up to a batch of them. Something else has waited for `lag`;
    /// gives what has waited longest.
    fn receive_all(&mut self, place: usize, lag: Option<Duration>) -> Option<Duration> {
        let Listener { socket, envelopes } = self.listeners.get_mut(place)?;
        if let Err(error) = socket.receive(&mut self.buffers, envelopes, &mut self.datagrams) {
            self.turn.counters.receive_errors.add_one();
            debug!(target: "SIP", error = &error as &dyn Error, "cannot receive");
            return None;
        }
        let waited = self.datagrams.first().copied().flatten().and_then(|oldest| oldest.came_at).map(since);
        let lag = lag.max(waited);
        // Others of this round may have waited longer.
        if let Some(lag) = lag.filter(|lag| self.overload.is_telling(*lag)) {
            self.note_lag(lag);
        }
        for index in 0..self.datagrams.len() {
            let Some(datagram) = self.datagrams.get(index).copied().flatten() else { continue };
            let bytes = self.buffers.get(index, &datagram);
            match KeepAlive::recognise(bytes) {
                None => {
                    let Datagram { local, remote, .. } = datagram;
                    let flow = Flow { transport: Transport::Udp, local, remote, connection: None };
                    // A datagram leaves nothing behind that would have to be closed.
                    let _heard = self.turn.receive(Bytes::copy_from_slice(bytes), flow, Instant::now());
                }
                Some(keep_alive) => {
                    self.turn.counters.keep_alives.add_one();
                    if self.turn.hears(datagram.remote.ip(), Instant::now())
                        && let Some(answer) = keep_alive.answer(datagram.remote)
                        && let Some(Listener { socket, .. }) = self.listeners.get(place)
                    {
                        send(socket, &answer, &datagram, &self.turn.counters);
                    }
                }
            }
            self.send_all();
        }
        lag
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
            StreamEvent::Opened(id, line) => self.ways.streams.opened(id, line),
            StreamEvent::Message(flow, bytes) => match self.turn.receive(bytes, flow, now) {
                Ok(()) => {}
                // Nobody is to wait for an answer that does not come, nor to be read from without end.
                Err(Dropped::TooMany | Dropped::Denied | Dropped::Banned | Dropped::Scanner) => {
                    self.ways.streams.close(&flow);
                }
            },
            StreamEvent::Unframed(flow, error) => {
                self.turn.refuse(&error, flow, now);
                self.send_all();
                self.ways.streams.close(&flow);
            }
            StreamEvent::Closed(flow) => {
                self.ways.streams.close(&flow);
                self.turn.flow_failed(&flow, now);
            }
            StreamEvent::Unreached(flow, reason, _lost) => {
                debug!(target: "SIP", destination = %Private(flow.remote), reason, "no connection");
                self.ways.streams.close(&flow);
                self.turn.unreached(&flow, reason, now);
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
            Command::Bans(answer) => {
                let _asker = answer.send(self.turn.bans(now));
            }
            Command::Ban { address, duration } => self.turn.ban(address, duration, now),
            Command::LiftBans(address, answer) => {
                let _asker = answer.send(self.turn.lift_bans(address, now));
            }
            Command::Recording(call, answer) => {
                let _asker = answer.send(self.turn.recording(call));
            }
            Command::Record(call, wish, answer) => {
                let _asker = answer.send(self.turn.record(call, wish, now));
            }
            Command::JustFailed(answer) => {
                let _asker = answer.send(self.turn.just_failed(now));
            }
            Command::Drain(answer) => {
                self.drained.get_or_insert_default().push(answer);
                self.accept_calls(now);
            }
            Command::Accounts(answer) => {
                let _asker = answer.send(self.turn.accounts(now));
            }
            Command::Leave(answer) => {
                self.left.push(answer);
                self.turn.leave(now);
            }
            Command::MessagesSaved(ids) => self.turn.messages_saved(ids, now),
            Command::CheckSync { extension, reboot, answer } => {
                let _asker = answer.send(self.turn.check_sync(&extension, reboot, now));
            }
            Command::EndCalls => self.turn.end_calls(now),
            Command::Stop => return false,
        }
        true
    }

    /// Opens the ways that the turn asks for, notes who has signed in, and sends what it has gathered.
    fn send_all(&mut self) {
        while let Some((id, destination)) = self.turn.next_opening() {
            let flow = self.ways.open(destination);
            self.turn.opened(id, flow, Instant::now());
        }
        for connection in self.turn.signed_in() {
            self.ways.streams.keep(connection);
        }
        let counters = Arc::clone(&self.turn.counters);
        for Transmit { flow, bytes } in self.turn.transmits() {
            if flow.transport.is_reliable() {
                if self.ways.streams.send(&flow, bytes) {
                    counters.sent.add_one();
                } else {
                    counters.sends_dropped.add_one();
                    self.failed.push(flow);
                }
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
