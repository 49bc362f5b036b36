//! How everybody else talks to the signalling thread.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{broadcast, mpsc, oneshot};
use warden_call::access::Ban;
use warden_call::call_event::CallId;
use warden_call::directory::{Directory, Extension};
use warden_call::instant_message::MessageChange;
use warden_call::registrant::AccountView;
use warden_call::registrar::Binding;
use warden_call::{BanChange, BindingChange, CallView, Event, Health, Recorded, RecordingRefused, RecordingWish};
use warden_trace::{Recording, Trace};

use crate::capture;
use crate::counters::{Counters, Status};
use crate::tcp::Entrance;
use crate::websocket::{WebSocketConnection, WebSocketEnds};

/// What the signalling thread is asked to do besides SIP.
#[derive(Debug)]
pub(crate) enum Command {
    ReplaceDirectory(Arc<Directory>),
    Bindings(oneshot::Sender<Vec<Registration>>),
    Calls(oneshot::Sender<Vec<CallInfo>>),
    Bans(oneshot::Sender<Vec<Ban>>),
    Ban {
        address: IpAddr,
        duration: Duration,
    },
    /// Answered by how many there were.
    LiftBans(IpAddr, oneshot::Sender<usize>),
    Recording(CallId, oneshot::Sender<Option<Recording>>),
    Record(CallId, RecordingWish, oneshot::Sender<Result<(), RecordingRefused>>),
    JustFailed(oneshot::Sender<Vec<Recording>>),
    /// No new calls; answered when the last one has ended.
    Drain(oneshot::Sender<()>),
    EndCalls,
    Accounts(oneshot::Sender<Vec<AccountInfo>>),
    /// Warden's own registrations are given up; answered when the servers know.
    Leave(oneshot::Sender<()>),
    MessagesSaved(Vec<u64>),
    /// Answered with how many phones were told.
    CheckSync {
        extension: Extension,
        reboot: bool,
        answer: oneshot::Sender<usize>,
    },
    Stop,
}

/// The most commands that wait; whoever has one more waits too.
pub(crate) const MAX_COMMANDS: usize = 64;
/// The most events that a slow listener may be behind; then it misses the oldest and is told how many.
pub(crate) const MAX_EVENTS: usize = 1024;
/// The most changed bindings and bans that wait to be saved; then new ones are counted as dropped.
pub(crate) const MAX_SAVES: usize = 4096;

/// The server has stopped and answers nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server has stopped")]
pub struct Stopped;

/// A phone that can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Whose it is.
    pub extension: String,
    /// Its Contact URI; bytes outside ASCII are escaped.
    pub contact: String,
    /// Our end of the way to it.
    pub local: SocketAddr,
    /// Where it was seen.
    pub source: SocketAddr,
    /// `UDP` or another transport's name.
    pub transport: &'static str,
    /// What it calls itself; empty when it does not say.
    pub user_agent: String,
    /// Until it must refresh.
    pub expires_in: Duration,
    /// How long it took to answer when it was asked last whether it is there; `None` when it was not, or has not answered.
    pub round_trip: Option<Duration>,
    /// How long it has not answered.
    pub silent_for: Option<Duration>,
}

impl Registration {
    pub(crate) fn of(binding: &Binding, health: Option<Health>, now: Instant) -> Self {
        let (round_trip, silent_for) = match health {
            Some(Health::Answers { round_trip }) => (Some(round_trip), None),
            Some(Health::SilentSince(since)) => (None, Some(now.saturating_duration_since(since))),
            None => (None, None),
        };
        Self {
            extension: binding.extension.text().to_owned(),
            contact: binding.contact.text().escape_ascii().to_string(),
            local: binding.flow.local,
            source: binding.source,
            transport: binding.flow.transport.name(),
            user_agent: binding.user_agent.clone(),
            expires_in: binding.expires_at.saturating_duration_since(now),
            round_trip,
            silent_for,
        }
    }
}

/// A call that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallInfo {
    /// Its name in logs and records: 16 hexadecimal digits.
    pub id: String,
    /// The extension that called.
    pub caller: String,
    /// What was dialled.
    pub dialled: String,
    /// The extension that has answered; `None` while it rings.
    pub callee: Option<String>,
    /// Since the INVITE.
    pub duration: Duration,
    /// Since the answer.
    pub talk: Option<Duration>,
    /// One side has put the other on hold.
    pub on_hold: bool,
    /// Whether it is recorded.
    pub recorded: Recorded,
}

impl CallInfo {
    pub(crate) fn of(view: CallView, now: Instant) -> Self {
        Self {
            id: view.call.to_string(),
            caller: view.caller.to_string(),
            dialled: view.dialled,
            callee: view.callee.map(|callee| callee.to_string()),
            duration: now.saturating_duration_since(view.started_at),
            talk: view.answered_at.map(|at| now.saturating_duration_since(at)),
            on_hold: view.on_hold,
            recorded: view.recorded,
        }
    }
}

/// How a registration of our own at another server fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountInfo {
    /// What it is called.
    pub name: String,
    /// As whom.
    pub username: String,
    /// Where: the registrar's URI.
    pub registrar: String,
    /// The server that holds the registration or is asked now, and `UDP` or another transport's name.
    pub server: Option<(&'static str, SocketAddr)>,
    /// Until the registration ends unless it is refreshed; `None` while it is not registered.
    pub expires_in: Option<Duration>,
    /// Until it is refreshed, or tried again; `None` while that is under way.
    pub next_in: Option<Duration>,
    /// What went wrong last, in words for people; `None` since all is well.
    pub error: Option<String>,
}

impl AccountInfo {
    pub(crate) fn of(view: AccountView, now: Instant) -> Self {
        let until = |at: Instant| at.saturating_duration_since(now);
        Self {
            name: view.name.into(),
            username: view.username.into(),
            registrar: view.registrar.text().escape_ascii().to_string(),
            server: view.server.map(|(transport, address)| (transport.name(), address)),
            expires_in: view.registered_until.map(until),
            next_in: view.next_at.map(until),
            error: view.error,
        }
    }
}

/// A running server. Clones speak to the same one; it stops when the last is dropped.
#[derive(Clone, Debug)]
pub struct Handle {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) events: broadcast::WeakSender<Event>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) listening: Arc<[SocketAddr]>,
    pub(crate) listening_tls: Arc<[SocketAddr]>,
    pub(crate) entrance: Entrance,
}

impl Handle {
    /// The addresses that are listened on, wildcards as such, ports as bound.
    #[must_use]
    pub fn listening(&self) -> &[SocketAddr] {
        &self.listening
    }

    /// The addresses that are listened on for TLS.
    #[must_use]
    pub fn listening_tls(&self) -> &[SocketAddr] {
        &self.listening_tls
    }

    /// A place for a WebSocket that carries SIP; `None` when there are too many connections, in all or from its source.
    #[must_use]
    pub fn admit_websocket(&self, ends: WebSocketEnds) -> Option<WebSocketConnection> {
        WebSocketConnection::admit(&self.entrance, ends)
    }

    /// Whether connections from there are taken at all, on whichever port.
    #[must_use]
    pub fn takes_connections_from(&self, source: IpAddr) -> bool {
        self.entrance.takes(source)
    }

    /// Puts another directory in place. Calls go on; registrations of people who are gone end.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn replace_directory(&self, directory: Arc<Directory>) -> Result<(), Stopped> {
        self.commands.send(Command::ReplaceDirectory(directory)).await.map_err(|_| Stopped)
    }

    /// Who can be reached where, in order of extension.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn bindings(&self) -> Result<Vec<Registration>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::Bindings(answer)).await.map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }

    /// The calls that are not over, the oldest first.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn calls(&self) -> Result<Vec<CallInfo>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::Calls(answer)).await.map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }

    /// Begins, pauses, resumes or ends the recording of a call.
    ///
    /// # Errors
    /// [`Stopped`]; within, why it cannot be.
    pub async fn record(&self, call: CallId, wish: RecordingWish) -> Result<Result<(), RecordingRefused>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::Record(call, wish, answer)).await.map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }

    /// The bans that are on, the next to end first.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn bans(&self) -> Result<Vec<Ban>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::Bans(answer)).await.map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }

    /// Bans an address, or the IPv6 /64 around it, for so long: it gets no answer, calls for help apart.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn ban(&self, address: IpAddr, duration: Duration) -> Result<(), Stopped> {
        self.commands.send(Command::Ban { address, duration }).await.map_err(|_| Stopped)
    }

    /// Lifts every ban of an address, those of single user names too; how many there were.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn lift_bans(&self, address: IpAddr) -> Result<usize, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::LiftBans(address, answer)).await.map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }

    /// How the registrations of our own at other servers fare, in the order of the configuration.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn accounts(&self) -> Result<Vec<AccountInfo>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::Accounts(answer)).await.map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }

    /// Gives those registrations up, for good, and returns when the servers know, or have not answered for half a minute.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn leave(&self) -> Result<(), Stopped> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::Leave(answer)).await.map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }

    /// The messages and decisions of a call that is under way or has ended not long ago, without secrets.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn trace(&self, call: CallId) -> Result<Option<Trace>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::Recording(call, answer)).await.map_err(|_| Stopped)?;
        Ok(answered.await.map_err(|_| Stopped)?.as_ref().map(capture::trace))
    }

    /// The calls that failed in the last seconds, the newest first and at most 100, without secrets. Those before are on disk,
    /// if calls that fail are kept there.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn just_failed(&self) -> Result<Vec<Trace>, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::JustFailed(answer)).await.map_err(|_| Stopped)?;
        Ok(answered.await.map_err(|_| Stopped)?.iter().map(capture::trace).collect())
    }

    /// Takes no new calls but emergency calls, and returns when the last call has ended.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn drain(&self) -> Result<(), Stopped> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::Drain(answer)).await.map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }

    /// Ends every call: callers that wait get 503, the others BYE.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn end_calls(&self) -> Result<(), Stopped> {
        self.commands.send(Command::EndCalls).await.map_err(|_| Stopped)
    }

    /// Messages with these numbers have been written down: their senders may know.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn messages_saved(&self, ids: Vec<u64>) -> Result<(), Stopped> {
        self.commands.send(Command::MessagesSaved(ids)).await.map_err(|_| Stopped)
    }

    /// Tells the phones of an extension to look whether their configuration has changed, or to `reboot`; how many phones
    /// there are. They may not obey.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn check_sync(&self, extension: Extension, reboot: bool) -> Result<usize, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::CheckSync { extension, reboot, answer }).await.map_err(|_| Stopped)?;
        answered.await.map_err(|_| Stopped)
    }

    /// What happens from now on. A listener that is more than 1024 events behind misses the oldest and is told so.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn events(&self) -> Result<broadcast::Receiver<Event>, Stopped> {
        self.events.upgrade().map(|events| events.subscribe()).ok_or(Stopped)
    }

    /// What has been done so far.
    #[must_use]
    pub fn status(&self) -> Status {
        self.counters.status()
    }

    /// Stops the server, and returns when its sockets are closed.
    pub async fn stop(&self) {
        // An error means that it has stopped already.
        if self.commands.send(Command::Stop).await.is_ok() {
            self.stopped().await;
        }
    }

    /// Returns when the server has stopped, for whatever reason.
    pub async fn stopped(&self) {
        self.commands.closed().await;
    }
}

/// What is to be kept for the next start.
#[derive(Debug)]
pub enum Save {
    /// Where a phone can be reached.
    Binding(BindingChange),
    /// Who is banned.
    Ban(BanChange),
    /// A message waits, or does not any more; who has written it down tells [`Handle::messages_saved`].
    Message(MessageChange),
}

/// What is to be kept for the next start, as it comes.
pub type Saves = mpsc::Receiver<Save>;
