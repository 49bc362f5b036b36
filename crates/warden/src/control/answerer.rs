//! The server's side: answers whoever can open the socket.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::timeout;
use tracing::{debug, warn};
use warden_call::RecordingWish;
use warden_call::call_event::CallId;
use warden_call::directory::Extension;
use warden_config::Config;
use warden_server::{Handle, Stopped};
use warden_store::{Clock, Store};

use super::message::{Answer, Registration, Request, Trunk};
use super::{Ban, Call};
use crate::cli::Wish;
use crate::extensions::{self, Change};
use crate::records::records;

/// The most that are answered at a time; the next ones wait.
const MAX_ASKERS: usize = 16;
/// A longer question is none.
const MAX_QUESTION: u64 = 64 * 1024;
/// For question and answer together.
const PATIENCE: Duration = Duration::from_secs(5);
/// For what is asked; less than whoever asks waits for an answer.
const DEED_PATIENCE: Duration = Duration::from_secs(4);
/// After a failure to take a connection, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// The socket; its file goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Answerer {
    listener: UnixListener,
    path: PathBuf,
}

impl Answerer {
    /// Listens at `path`, in place of what a dead server has left there.
    ///
    /// No live one can be there: the data directory around it is ours.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Answers for as long as it is polled.
    pub(crate) async fn run(&self, desk: &Desk) {
        let places = Arc::new(Semaphore::new(MAX_ASKERS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let desk = desk.clone();
                    tokio::spawn(async move {
                        answer(stream, &desk).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    warn!(error = &error as &dyn std::error::Error, "cannot take a command");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

impl Drop for Answerer {
    fn drop(&mut self) {
        // What stays behind is replaced by the next server.
        let _gone = fs::remove_file(&self.path);
    }
}

async fn answer(stream: UnixStream, desk: &Desk) {
    match timeout(PATIENCE, exchange(stream, desk)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(error = &error as &dyn std::error::Error, "cannot answer a command"),
        Err(_) => debug!("a command took too long"),
    }
}

async fn exchange(stream: UnixStream, desk: &Desk) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut question = String::new();
    BufReader::new(read.take(MAX_QUESTION)).read_line(&mut question).await?;
    let mut line = match serde_json::from_str(&question) {
        Ok(request) => match timeout(DEED_PATIENCE, desk.obey(request)).await {
            Ok(answer) => answer?,
            Err(_) => line(Err::<(), _>(LATE))?,
        },
        Err(_) => line(Err::<(), _>("this server does not know that command"))?,
    };
    line.push('\n');
    write.write_all(line.as_bytes()).await
}

/// A change that has begun goes on.
const LATE: &str = "this takes too long, the database may not answer; a change may still be made later";

/// A change that only the keeper of the configuration may make.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) change: Change,
    /// Why it was not made, for people.
    pub(crate) done: oneshot::Sender<Result<(), String>>,
}

/// What commands are answered from.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) handle: Handle,
    pub(crate) store: Store,
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) declared: watch::Receiver<Arc<Config>>,
}

impl Desk {
    async fn obey(&self, request: Request) -> io::Result<String> {
        match request {
            Request::Registrations => line(self.handle.bindings().await.map(list::<_, Registration>)),
            Request::Trunks => line(self.handle.accounts().await.map(list::<_, Trunk>)),
            Request::Calls => line(self.handle.calls().await.map(list::<_, Call>)),
            Request::Record { call, wish } => line(self.record(CallId(call), wish).await),
            Request::Records { extension, limit } => line(records(&self.store, extension.as_deref(), limit).await),
            Request::Bans => line(self.bans().await),
            Request::Ban { address, seconds } => line(self.handle.ban(address, Duration::from_secs(seconds)).await),
            Request::LiftBans { address } => line(self.handle.lift_bans(address).await),
            Request::Trace { call } => line(self.handle.trace(CallId(call)).await),
            Request::JustFailed => line(self.handle.just_failed().await),
            Request::Extensions => {
                let config = Arc::clone(&self.declared.borrow());
                line(extensions::list(&config, &self.store).await)
            }
            Request::CheckSync { extension, reboot } => line(self.check_sync(&extension, reboot).await),
            Request::Change { change } => line(self.order(change).await),
        }
    }

    async fn bans(&self) -> Result<Vec<Ban>, Stopped> {
        let (bans, clock) = (self.handle.bans().await?, Clock::read());
        Ok(bans.iter().map(|ban| Ban::of(ban, clock)).collect())
    }

    async fn record(&self, call: CallId, wish: Wish) -> Result<(), String> {
        let wish = match wish {
            Wish::Start => RecordingWish::Start,
            Wish::Pause => RecordingWish::Pause,
            Wish::Resume => RecordingWish::Resume,
            Wish::Stop => RecordingWish::Stop,
        };
        let done = self.handle.record(call, wish).await.map_err(|error| error.to_string())?;
        done.map_err(|refused| refused.to_string())
    }

    async fn check_sync(&self, extension: &str, reboot: bool) -> Result<usize, String> {
        let extension = Extension::parse(extension.as_bytes()).map_err(|error| error.to_string())?;
        self.handle.check_sync(extension, reboot).await.map_err(|error| error.to_string())
    }

    async fn order(&self, change: Change) -> Result<(), String> {
        let (done, is_done) = oneshot::channel();
        if self.orders.send(Order { change, done }).await.is_err() {
            return Err(Stopped.to_string());
        }
        is_done.await.unwrap_or_else(|_| Err(Stopped.to_string()))
    }
}

fn list<T, U: From<T>>(all: Vec<T>) -> Vec<U> {
    all.into_iter().map(U::from).collect()
}

fn line<T: Serialize>(result: Result<T, impl ToString>) -> io::Result<String> {
    let answer = match result {
        Ok(value) => Answer::Ok(value),
        Err(error) => Answer::Error(error.to_string()),
    };
    Ok(serde_json::to_string(&answer)?)
}
