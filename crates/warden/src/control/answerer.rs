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
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::{debug, warn};
use warden_server::{Handle, Stopped};

use super::message::{Answer, Call, Registration, Request};

/// The most that are answered at a time; the next ones wait.
const MAX_ASKERS: usize = 16;
/// A longer question is none.
const MAX_QUESTION: u64 = 64 * 1024;
/// For question and answer together.
const PATIENCE: Duration = Duration::from_secs(5);
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
    pub(crate) async fn run(&self, handle: &Handle) {
        let places = Arc::new(Semaphore::new(MAX_ASKERS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let handle = handle.clone();
                    tokio::spawn(async move {
                        answer(stream, &handle).await;
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

async fn answer(stream: UnixStream, handle: &Handle) {
    match timeout(PATIENCE, exchange(stream, handle)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(error = &error as &dyn std::error::Error, "cannot answer a command"),
        Err(_) => debug!("a command took too long"),
    }
}

async fn exchange(stream: UnixStream, handle: &Handle) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut question = String::new();
    BufReader::new(read.take(MAX_QUESTION)).read_line(&mut question).await?;
    let mut line = match serde_json::from_str(&question) {
        Ok(Request::Registrations) => line(registrations(handle).await)?,
        Ok(Request::Calls) => line(calls(handle).await)?,
        Err(_) => serde_json::to_string(&Answer::<()>::Error("this server does not know that command".to_owned()))?,
    };
    line.push('\n');
    write.write_all(line.as_bytes()).await
}

async fn registrations(handle: &Handle) -> Result<Vec<Registration>, Stopped> {
    Ok(handle.bindings().await?.into_iter().map(Registration::from).collect())
}

async fn calls(handle: &Handle) -> Result<Vec<Call>, Stopped> {
    Ok(handle.calls().await?.into_iter().map(Call::from).collect())
}

fn line<T: Serialize>(result: Result<T, Stopped>) -> io::Result<String> {
    let answer = match result {
        Ok(value) => Answer::Ok(value),
        Err(stopped) => Answer::Error(stopped.to_string()),
    };
    Ok(serde_json::to_string(&answer)?)
}
