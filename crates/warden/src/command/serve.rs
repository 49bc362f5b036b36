//! `warden serve`: runs the phone system until it is told to stop.

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;
use tracing::{error, info, warn};
use warden_config::{Accepted, Config};
use warden_server::{Handle, Server};

use super::refuse;
use crate::control::Answerer;
use crate::data_dir::DataDir;
use crate::load::{LoadError, load};
use crate::{directory, log};

pub(crate) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let accepted = match load(path) {
        Ok(accepted) => accepted,
        Err(error) => return refuse(error),
    };
    let data_dir = DataDir::take(&accepted.config.server.data_dir)?;
    let _log = log::start(&accepted.config.logging, data_dir.path())?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(path, accepted, &data_dir))
}

async fn serve(path: &Path, accepted: Accepted, data_dir: &DataDir) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let Accepted { config, notes } = accepted;
    for note in notes {
        info!(%note, "setting without effect");
    }
    let revision = 1;
    let directory = directory::from_config(&config, revision)?;
    let settings = directory::settings(&config.server);
    let (handle, saves) = Server::start(&settings, Arc::new(directory))?;
    // Nothing keeps bindings yet, and without their receiver the server does not offer them.
    drop(saves);
    let socket = data_dir.socket();
    let answerer = Answerer::bind(&socket).with_context(|| format!("cannot listen on {}", socket.display()))?;
    for address in handle.listening() {
        info!(target: "SIP", %address, transports = "UDP, TCP", "listening");
    }
    // A server whose starter has gone serves all the same.
    let _told = writeln!(io::stdout(), "warden ready");
    let mut running = Running { path: path.to_owned(), config, revision, handle: handle.clone() };
    let asked = tokio::select! {
        asked = running.handle_signals(&mut signals) => asked,
        () = answerer.run(&handle) => true,
    };
    anyhow::ensure!(asked, "the signalling thread has ended unexpectedly");
    stop(&handle, &mut signals).await
}

/// What people tell a server by signal.
struct Signals {
    hang_up: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// A server with the configuration that it runs on.
struct Running {
    path: PathBuf,
    config: Config,
    revision: u64,
    handle: Handle,
}

impl Running {
    /// True when the server is to stop, false when it has stopped by itself.
    async fn handle_signals(&mut self, signals: &mut Signals) -> bool {
        loop {
            tokio::select! {
                _ = signals.hang_up.recv() => self.reload().await,
                _ = signals.terminate.recv() => return true,
                _ = signals.interrupt.recv() => return true,
                () = self.handle.stopped() => return false,
            }
        }
    }

    /// Reads the configuration again; one with a problem changes nothing. Log files are opened anew in any case.
    async fn reload(&mut self) {
        log::reopen();
        let config = match load(&self.path) {
            Ok(accepted) => accepted.config,
            Err(LoadError::Refused(report)) => {
                for problem in report.to_string().lines() {
                    error!(problem, "configuration not reloaded");
                }
                return;
            }
            Err(unread @ LoadError::Read { .. }) => {
                error!(error = &unread as &dyn Error, "configuration not reloaded");
                return;
            }
        };
        let revision = self.revision + 1;
        let directory = match directory::from_config(&config, revision) {
            Ok(directory) => directory,
            Err(error) => {
                error!(error = &error as &dyn Error, "configuration not reloaded");
                return;
            }
        };
        if config.server.data_dir != self.config.server.data_dir
            || directory::settings(&config.server) != directory::settings(&self.config.server)
        {
            warn!("another host, port, port range or data directory takes effect at the next start");
        }
        if !config.logging.has_same_file(&self.config.logging) {
            warn!("another log file, or size of it, takes effect at the next start");
        }
        log::set_level(config.logging.level);
        let extensions = config.extensions.len();
        if self.handle.replace_directory(Arc::new(directory)).await.is_ok() {
            (self.config, self.revision) = (config, revision);
            info!(revision, extensions, "configuration reloaded");
        }
    }
}

/// How long calls may go on after the order to stop.
const LAST_CALLS: Duration = Duration::from_mins(1);
/// How long phones have to confirm the end of calls that were cut off.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Stops gracefully: no new calls, and the calls in progress may end; at once when told so again.
async fn stop(handle: &Handle, signals: &mut Signals) -> anyhow::Result<ExitCode> {
    let calls = handle.calls().await.map_or(0, |calls| calls.len());
    info!(calls, wait_s = LAST_CALLS.as_secs(), "stopping, new calls are refused");
    tokio::select! {
        () = end(handle) => {}
        () = signals.stop() => anyhow::bail!("stopped at once, as told by a second signal"),
    }
    info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn end(handle: &Handle) {
    if timeout(LAST_CALLS, handle.drain()).await.is_err() {
        warn!("calls are cut off");
        if handle.end_calls().await.is_ok() {
            let _confirmed = timeout(LAST_WORDS, handle.drain()).await;
        }
    }
    handle.stop().await;
}
