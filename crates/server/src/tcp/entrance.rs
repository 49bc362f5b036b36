//! Where a connection comes in, whoever has accepted it: it gets a place, a number and a queue. Those that we open are
//! numbered here too.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tracing::debug;
use warden_call::access::AccessPolicy;
use warden_sip::endpoint::{ConnectionId, Flow};
use warden_sip::header::Transport;

use super::connection::Connection;
use super::{MAX_WAITING, StreamEvent};
use crate::counters::Counters;
use crate::places::Places;
use crate::private::Private;

/// The most connections at a time: each costs a file descriptor and a few kilobytes.
const MAX_CONNECTIONS: usize = 4096;
/// The most from one source, an address or an IPv6 /64: an office behind one router has that many phones.
const MAX_PER_SOURCE: usize = 256;

/// From where connections are taken.
#[derive(Clone, Debug)]
pub(crate) struct Doors {
    pub(crate) policy: watch::Receiver<AccessPolicy>,
    pub(crate) counters: Arc<Counters>,
}

#[cfg(test)]
impl Doors {
    /// Open to everybody.
    pub(super) fn open() -> Self {
        let (_, policy) = watch::channel(AccessPolicy::default());
        Self { policy, counters: Arc::default() }
    }
}

/// One for all ports; clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Entrance {
    events: mpsc::Sender<StreamEvent>,
    places: Places,
    doors: Doors,
    last_id: Arc<AtomicU32>,
}

impl Entrance {
    /// What happens on connections goes to `events`.
    pub(super) fn new(events: mpsc::Sender<StreamEvent>, doors: Doors) -> Self {
        Self { events, places: Places::new(MAX_CONNECTIONS, MAX_PER_SOURCE), doors, last_id: Arc::default() }
    }

    /// One more connection; `None` when its network is denied or there are too many.
    pub(super) fn admit(&self, transport: Transport, local: SocketAddr, remote: SocketAddr) -> Option<Connection> {
        if !self.takes(remote.ip()) {
            return None;
        }
        let is_trusted = self.doors.policy.borrow().trusts(remote.ip());
        let Some(place) = self.places.admit(remote.ip(), is_trusted) else {
            debug!(target: "SIP", source = %Private(remote), "too many connections");
            return None;
        };
        let flow = Flow { transport, local, remote, connection: Some(self.next_id()) };
        let (sender, queue) = mpsc::channel(MAX_WAITING);
        Some(Connection { flow, queue, sender: Some(sender), events: self.events.clone(), place: Some(place) })
    }

    /// Whether connections from there are taken; one that is not is counted.
    pub(crate) fn takes(&self, source: IpAddr) -> bool {
        let is_denied = self.doors.policy.borrow().denies(source);
        if is_denied {
            self.doors.counters.connections_denied.add_one();
        }
        !is_denied
    }

    /// A connection that we open, and its queue. Its bound is the owner's.
    pub(super) fn set_out(
        &self,
        transport: Transport,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> (Connection, mpsc::Sender<Bytes>) {
        let flow = Flow { transport, local, remote, connection: Some(self.next_id()) };
        let (sender, queue) = mpsc::channel(MAX_WAITING);
        (Connection { flow, queue, sender: None, events: self.events.clone(), place: None }, sender)
    }

    /// Returns when nobody takes what happens any more.
    pub(super) async fn closed(&self) {
        self.events.closed().await;
    }

    /// Counts up; after four billion connections it begins anew.
    fn next_id(&self) -> ConnectionId {
        let next = self.last_id.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        ConnectionId(NonZeroU32::new(next).unwrap_or(NonZeroU32::MIN))
    }
}
