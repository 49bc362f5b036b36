//! `warden serve`: runs the phone system until it is told to stop.

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use nix::sys::signal::Signal::SIGXFSZ;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{error, info, warn};
use warden_api::Api;
use warden_config::{Accepted, Config, Tls};
use warden_server::tls::Trust;
use warden_server::{Beginning, Handle, Server};
use warden_store::Store;

use crate::certificate::{LOOK_EVERY, Watch};
use crate::client_certificates::ClientWatch;
use crate::control::{Answerer, Desk, Order};
use crate::data_dir::DataDir;
use crate::extensions::Change;
use crate::keep::{Keepers, PATIENCE, load_bans, load_bindings, load_messages, open_store};
use crate::load::{LoadError, load};
use crate::web::WebPort;
use crate::{directory, log, music};

pub(crate) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let accepted = load(path)?;
    let data_dir = DataDir::take(&accepted.config.server.data_dir)?;
    let _log = log::start(&accepted.config.logging, data_dir.path())?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let served = runtime.block_on(serve(path, accepted, &data_dir));
    // Not waited for: a name server may keep one of its threads for long.
    runtime.shutdown_background();
    served
}

/// The most changes that wait; whoever asks for one more waits too.
const MAX_ORDERS: usize = 16;

async fn serve(path: &Path, accepted: Accepted, data_dir: &DataDir) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let Accepted { config, notes } = accepted;
    for note in notes.into_iter().chain(music::missing(&config, &path.to_string_lossy())) {
        info!(%note, "noticed in the configuration");
    }
    let certificate = Watch::start(&config)?;
    let identity = Arc::clone(&certificate.identity);
    let clients = ClientWatch::start(&config, &identity)?;
    let revision = 1;
    let (store, beginning) = tokio::select! {
        begun = begin(&config, revision) => begun?,
        () = signals.stop() => {
            info!("stopped while the database was waited for");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let (mut keepers, spool) = Keepers::start(data_dir.path(), &store)?;
    let records = spool.watch();
    let beginning = Beginning { spool: Some(spool), identity: Some(Arc::clone(&identity)), ..beginning };
    let (handle, saves) = Server::start(&directory::settings(&config), beginning)?;
    keepers.save(saves, store.clone(), handle.clone());
    let socket = data_dir.socket();
    let answerer = Answerer::bind(&socket).with_context(|| format!("cannot listen on {}", socket.display()))?;
    tell_listening(&handle);
    let web_identity = (config.web.tls == Tls::Auto).then_some(&identity);
    let web = WebPort::start(Api::bind(&config.web, web_identity)?, &handle, records);
    // A server whose starter has gone serves all the same.
    let _told = writeln!(io::stdout(), "warden ready");
    let (orders, ordered) = mpsc::channel(MAX_ORDERS);
    let (config, declared) = watch::channel(Arc::new(config));
    let desk = Desk { handle: handle.clone(), store: store.clone(), orders, declared };
    let mut running = Running {
        path: path.to_owned(),
        config,
        certificate,
        clients,
        revision,
        handle: handle.clone(),
        store: store.clone(),
        ordered,
    };
    let asked = tokio::select! {
        asked = running.obey(&mut signals) => asked,
        () = answerer.run(&desk) => true,
    };
    drop(running);
    if asked {
        tokio::select! {
            stopped = stop(web, &handle, &mut signals) => stopped?,
            () = answerer.run(&desk) => {}
        }
    }
    put_away(keepers, &store).await;
    // Whoever starts it again finds everybody who was registered.
    anyhow::ensure!(asked, "the signalling thread has ended unexpectedly");
    info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Saves what is left and closes the database, in twice [`PATIENCE`] and a moment at most.
async fn put_away(keepers: Keepers, store: &Store) {
    keepers.stop().await;
    if timeout(PATIENCE, store.close()).await.is_err() {
        warn!("the database does not answer: its connections are left as they are");
    }
}

/// The database, and what is known from it and from the configuration.
async fn begin(config: &Config, revision: u64) -> anyhow::Result<(Store, Beginning)> {
    let store = open_store(config).await?;
    let beginning = beginning(config, &store, revision).await?;
    Ok((store, beginning))
}

async fn beginning(config: &Config, store: &Store, revision: u64) -> anyhow::Result<Beginning> {
    let mut trust = Trust::of_system();
    if let Some(file) = &config.security.tls.ca {
        trust.add_file(file)?;
    }
    Ok(Beginning {
        directory: Arc::new(directory::build(config, &store.extensions().await?, revision)?),
        bindings: load_bindings(store).await?,
        bans: load_bans(store).await?,
        messages: load_messages(store).await?,
        trust,
        music: Some(Box::new(music::Files::new(&config.server.data_dir))),
        ..Beginning::default()
    })
}

fn tell_listening(handle: &Handle) {
    for address in handle.listening() {
        info!(target: "SIP", %address, transports = "UDP, TCP", "listening");
    }
    for address in handle.listening_tls() {
        info!(target: "SIP", %address, transports = "TLS", "listening");
    }
}

/// What people tell a server by signal.
struct Signals {
    hang_up: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        // Once listened for, it does not kill: a file that may not grow any more is a full disk to us, and calls go on.
        drop(signal(SignalKind::from_raw(SIGXFSZ as i32))?);
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
    config: watch::Sender<Arc<Config>>,
    certificate: Watch,
    clients: ClientWatch,
    revision: u64,
    handle: Handle,
    store: Store,
    /// Changes that the command line asks for.
    ordered: mpsc::Receiver<Order>,
}

impl Running {
    /// True when the server is to stop, false when it has stopped by itself. A change that is under way then, such as one
    /// that waits for the database, is given up.
    async fn obey(&mut self, signals: &mut Signals) -> bool {
        let handle = self.handle.clone();
        let Signals { hang_up, terminate, interrupt } = signals;
        tokio::select! {
            never = self.follow(hang_up) => match never {},
            _ = terminate.recv() => true,
            _ = interrupt.recv() => true,
            () = handle.stopped() => false,
        }
    }

    /// Makes the changes that people want, one after the other.
    async fn follow(&mut self, hang_up: &mut Signal) -> Infallible {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => self.look_at_certificates(),
                Some(Order { change, done }) = self.ordered.recv() => {
                    // Whoever asked has given up before it has begun.
                    if done.is_closed() {
                        continue;
                    }
                    let outcome = self.change(&change).await;
                    // An error means that whoever asked has gone.
                    let _asker = done.send(outcome.map_err(|error| format!("{error:#}")));
                }
                _ = hang_up.recv() => self.reload().await,
            }
        }
    }

    fn look_at_certificates(&mut self) {
        let config = self.config.borrow();
        self.certificate.look(&config);
        self.clients.look(&config, &self.certificate.identity);
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
            Err(unread @ (LoadError::Missing { .. } | LoadError::Read { .. })) => {
                error!(error = &unread as &dyn Error, "configuration not reloaded");
                return;
            }
        };
        if let Err(error) = self.replace(&config).await {
            return error!(error = &*error, "configuration not reloaded");
        }
        let before = self.config.send_replace(Arc::new(config));
        let config = self.config.borrow();
        if config.web != before.web
            || config.security.tls.min_version != before.security.tls.min_version
            || config.security.tls.ciphers != before.security.tls.ciphers
            || config.security.tls.ca != before.security.tls.ca
            || config.server.data_dir != before.server.data_dir
            || config.server.database_url != before.server.database_url
            || directory::settings(&config) != directory::settings(&before)
        {
            warn!(
                "another host, port, port range, tls version, suite or authority, data directory, database, capture or place for recordings takes effect at the next start"
            );
        }
        if !config.logging.has_same_file(&before.logging) {
            warn!("another log file, or size of it, takes effect at the next start");
        }
        log::set_level(config.logging.level);
        drop(config);
        self.look_at_certificates();
        info!(revision = self.revision, "configuration reloaded");
    }

    /// Changes the extensions in the database, and what calls are set up with.
    async fn change(&mut self, change: &Change) -> anyhow::Result<()> {
        let config = Arc::clone(&self.config.borrow());
        change.apply(&config, &self.store).await?;
        self.replace(&config).await?;
        let (extension, deed) = change.told();
        info!(extension, deed, revision = self.revision, "extensions changed");
        Ok(())
    }

    /// Puts a directory in place that is made of `config` and the database.
    async fn replace(&mut self, config: &Config) -> anyhow::Result<()> {
        let revision = self.revision + 1;
        let directory = directory::build(config, &self.store.extensions().await?, revision)?;
        self.handle.replace_directory(Arc::new(directory)).await?;
        self.revision = revision;
        Ok(())
    }
}

/// How long calls may go on after the order to stop.
const LAST_CALLS: Duration = Duration::from_mins(1);
/// How long phones have to confirm the end of calls that were cut off, servers that of our registrations, and threads to
/// write what they have.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Stops gracefully: no new calls, and the calls in progress may end. Told again it hangs them up, and the third time it
/// leaves everything as it is.
async fn stop(web: WebPort, handle: &Handle, signals: &mut Signals) -> anyhow::Result<()> {
    let calls = handle.calls().await.map_or(0, |calls| calls.len());
    info!(calls, wait_s = LAST_CALLS.as_secs(), "stopping, new calls are refused");
    let are_over = tokio::select! {
        are_over = drain(handle) => are_over,
        () = signals.stop() => false,
    };
    tokio::select! {
        () = end(are_over, web, handle) => {}
        () = signals.stop() => anyhow::bail!("stopped at once, as told by another signal"),
    }
    Ok(())
}

/// Waits for the end of the calls; false when it takes too long.
async fn drain(handle: &Handle) -> bool {
    // First of all, so that no new calls come from there.
    let _told = timeout(LAST_WORDS, handle.leave()).await;
    timeout(LAST_CALLS, handle.drain()).await.is_ok()
}

/// Hangs up the calls that are not over. The web port is the last to close, so that it tells of them.
async fn end(are_over: bool, web: WebPort, handle: &Handle) {
    if !are_over {
        warn!("calls are cut off");
        if handle.end_calls().await.is_ok() {
            let _confirmed = timeout(LAST_WORDS, handle.drain()).await;
        }
    }
    web.stop().await;
    if timeout(LAST_WORDS, handle.stop()).await.is_err() {
        warn!("a thread does not end, as may be with a disk that does not answer: it is left as it is");
    }
}
