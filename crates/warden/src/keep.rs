//! What is kept between runs: the database, the spool of call events, and who writes to them.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::{error, info};
use warden_call::access::Ban;
use warden_call::instant_message::{InstantMessage, MessageChange};
use warden_call::registrar::Binding;
use warden_call::{BanChange, BindingChange};
use warden_config::Config;
use warden_server::{Save, Saves};
use warden_store::spool::{Keeper, Spool, SpoolLimits};
use warden_store::{Clock, Store, StoreError, StoreOptions};

/// The most changes that one transaction takes.
const BATCH: usize = 1000;
/// How long changes gather: a transaction costs the same for one as for many. A kill loses no more bindings than
/// this; the phones' next refresh brings them back.
const GATHER: Duration = Duration::from_millis(250);
/// After a failure to write.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a stop waits for the database.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);
/// For a thread to end that has no time left.
const GRACE: Duration = Duration::from_secs(1);
/// A database that takes longer is said not to answer; what is to be saved waits for it all the same.
const SILENCE: Duration = Duration::from_secs(10);

/// Opens the database that the configuration names.
pub(crate) async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let file = || format!("sqlite:{}?mode=rwc", escaped(&config.server.data_dir.join("warden.db")));
    let url = config.server.database_url.as_ref().map_or_else(file, |url| url.expose().to_owned());
    Ok(Store::open(&url, StoreOptions::default()).await?)
}

/// A path as a URL has it.
fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a text cannot fail.
            let _written = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Who writes behind the signalling thread.
pub(crate) struct Keepers {
    calls: Keeper,
    saves: Option<JoinHandle<()>>,
}

impl Keepers {
    /// Opens the spool, and begins to move what an earlier run has left in it into the database.
    ///
    /// The spool is for the server.
    pub(crate) fn start(data_dir: &Path, store: &Store) -> anyhow::Result<(Self, Spool)> {
        let (spool, leftovers) = Spool::open(&data_dir.join("spool"), SpoolLimits::default())?;
        let calls = Keeper::start(&spool, leftovers, store.clone(), Handle::current())
            .context("cannot start the thread that writes call records")?;
        Ok((Self { calls, saves: None }, spool))
    }

    /// Saves bindings, bans and messages as they change.
    pub(crate) fn save(&mut self, saves: Saves, store: Store, server: warden_server::Handle) {
        self.saves = Some(tokio::spawn(save_all(saves, store, server)));
    }

    /// Writes what is left, after the server has stopped, as far as that is done within [`PATIENCE`], and a moment.
    pub(crate) async fn stop(self) {
        let Self { calls, saves } = self;
        // What is not in the database by then waits in the spool for the next start.
        let deadline = Instant::now() + PATIENCE;
        let mut calls = tokio::task::spawn_blocking(move || calls.stop(PATIENCE));
        if let Some(mut saves) = saves
            && timeout_at(deadline, &mut saves).await.is_err()
        {
            error!("the database does not answer: the last registrations, bans and messages are not saved");
            saves.abort();
        }
        // It ends then by itself, unless the disk holds it.
        if timeout_at(deadline + GRACE, &mut calls).await.is_err() {
            error!("the disk does not answer: the last call records wait for the next start");
        }
    }
}

/// The bindings of an earlier run that still hold; the others are forgotten.
pub(crate) async fn load_bindings(store: &Store) -> Result<Vec<Binding>, StoreError> {
    let clock = Clock::read();
    store.remove_expired_bindings(clock).await?;
    Ok(store.load_bindings().await?.into_iter().filter_map(|saved| saved.restore(clock)).collect())
}

/// The bans of an earlier run that are still on.
pub(crate) async fn load_bans(store: &Store) -> Result<Vec<Ban>, StoreError> {
    store.load_bans(Clock::read()).await
}

/// The messages of an earlier run that wait for their recipients.
pub(crate) async fn load_messages(store: &Store) -> Result<Vec<InstantMessage>, StoreError> {
    let clock = Clock::read();
    Ok(store.load_messages().await?.into_iter().filter_map(|saved| saved.restore(clock)).collect())
}

/// Until the server has stopped. While the database does not answer, changes wait; the server drops those beyond its
/// queue: the phones' next refresh brings bindings again, and nobody was promised that a message is kept.
async fn save_all(mut saves: Saves, store: Store, server: warden_server::Handle) {
    let mut batch = Batch::default();
    while let Some(first) = saves.recv().await {
        batch.add(first);
        // Not woken for each change. After a burst there is nothing to wait for.
        if saves.len() < BATCH {
            sleep(GATHER).await;
        }
        while batch.len() < BATCH
            && let Ok(change) = saves.try_recv()
        {
            batch.add(change);
        }
        let batch = std::mem::take(&mut batch);
        batch.save(&store).await;
        batch.tell(&server).await;
    }
}

/// Changes that are saved together.
#[derive(Default)]
struct Batch {
    bindings: Vec<BindingChange>,
    bans: Vec<BanChange>,
    messages: Vec<MessageChange>,
}

impl Batch {
    fn add(&mut self, change: Save) {
        match change {
            Save::Binding(change) => self.bindings.push(change),
            Save::Ban(change) => self.bans.push(change),
            Save::Message(change) => self.messages.push(change),
        }
    }

    fn len(&self) -> usize {
        self.bindings.len() + self.bans.len() + self.messages.len()
    }

    /// Tries until the database has taken all of it.
    async fn save(&self, store: &Store) {
        let mut is_late = false;
        while let Err(failure) = self.try_patiently(store, &mut is_late).await {
            if !is_late {
                error!(error = &failure as &dyn Error, "cannot save registrations, bans and messages");
            }
            is_late = true;
            sleep(PAUSE).await;
        }
        if is_late {
            info!("registrations, bans and messages are saved again");
        }
    }

    /// Tells, unless it `is_late` already, when the database is silent.
    async fn try_patiently(&self, store: &Store, is_late: &mut bool) -> Result<(), StoreError> {
        let mut attempt = pin!(self.try_save(store));
        if let Ok(outcome) = timeout(SILENCE, &mut attempt).await {
            return outcome;
        }
        if !std::mem::replace(is_late, true) {
            error!("the database does not answer: registrations, bans and messages wait to be saved");
        }
        attempt.await
    }

    /// Saving twice does no harm.
    async fn try_save(&self, store: &Store) -> Result<(), StoreError> {
        store.save_bindings(&self.bindings, Clock::read()).await?;
        store.save_bans(&self.bans, Clock::read()).await?;
        store.save_messages(&self.messages, Clock::read()).await
    }

    /// Senders wait for the word that their messages are kept.
    async fn tell(&self, server: &warden_server::Handle) {
        let put = self.messages.iter().filter_map(|change| match change {
            MessageChange::Put(message) => Some(message.id),
            MessageChange::Remove(_) => None,
        });
        let put: Vec<_> = put.collect();
        if !put.is_empty() {
            // An error means that the server has stopped.
            let _told = server.messages_saved(put).await;
        }
    }
}
