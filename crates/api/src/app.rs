//! What handlers ask: the running system, through a memory of one second that keeps many clients from costing much.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tracing::warn;
use warden_server::websocket::{WebSocketConnection, WebSocketEnds};
use warden_server::{Status, Stopped};
use warden_store::spool::SpoolStatus;

use crate::facts::{Calls, Facts, Registrations};
use crate::usage::Usage;

/// A signalling thread that takes longer is not well.
const PATIENCE: Duration = Duration::from_secs(1);
/// Within this time the same answer is given again.
const FRESH: Duration = Duration::from_secs(1);

/// The running system; clones share it.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    facts: Box<dyn Facts>,
    spool: Box<dyn Fn() -> SpoolStatus + Send + Sync>,
    started: Instant,
    usage: Usage,
    last: Mutex<Option<Reading>>,
}

/// What the signalling thread said, or that it did not; and when.
#[derive(Clone, Copy)]
struct Reading {
    at: Instant,
    numbers: Result<Numbers, Silent>,
}

/// Numbers that only the signalling thread knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    pub(crate) registrations: Registrations,
    pub(crate) calls: Calls,
}

/// The signalling thread has stopped, or does not answer within a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silent;

impl App {
    /// `facts` are asked at most once a second, `spool` by each question: it must not wait.
    pub fn new(facts: impl Facts + 'static, spool: impl Fn() -> SpoolStatus + Send + Sync + 'static) -> Self {
        let (facts, spool) = (Box::new(facts), Box::new(spool));
        Self(Arc::new(Inner { facts, spool, started: Instant::now(), usage: Usage::new(), last: Mutex::new(None) }))
    }

    /// At most a second old. Who asks meanwhile waits for the same answer.
    pub(crate) async fn numbers(&self) -> Result<Numbers, Silent> {
        let mut last = self.0.last.lock().await;
        if let Some(reading) = last.filter(|reading| reading.at.elapsed() < FRESH) {
            return reading.numbers;
        }
        let numbers = match timeout(PATIENCE, ask(&*self.0.facts)).await {
            Ok(Ok(numbers)) => Ok(numbers),
            Ok(Err(Stopped)) => Err(Silent),
            Err(_) => {
                warn!("the signalling thread does not answer within a second");
                Err(Silent)
            }
        };
        *last = Some(Reading { at: Instant::now(), numbers });
        numbers
    }

    /// How the spool of call records is now.
    pub(crate) fn spool(&self) -> SpoolStatus {
        (self.0.spool)()
    }

    pub(crate) fn counters(&self) -> Status {
        self.0.facts.counters()
    }

    /// Whether connections from there are taken at all.
    pub(crate) fn takes_connections_from(&self, source: IpAddr) -> bool {
        self.0.facts.takes_connections_from(source)
    }

    /// A place for a WebSocket that carries SIP.
    pub(crate) fn admit_websocket(&self, ends: WebSocketEnds) -> Option<WebSocketConnection> {
        self.0.facts.admit_websocket(ends)
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.0.started.elapsed()
    }

    pub(crate) fn usage(&self) -> &Usage {
        &self.0.usage
    }
}

async fn ask(facts: &dyn Facts) -> Result<Numbers, Stopped> {
    Ok(Numbers { registrations: facts.registrations().await?, calls: facts.calls().await? })
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("App").finish_non_exhaustive()
    }
}
