//! The service on a free port, before a system that says what a test wants.

use std::future::pending;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use warden_api::{Answer, Api, App, Bound, Calls, Facts, Registrations};
use warden_config::{Tls, Web};
use warden_server::Status;
use warden_server::websocket::{WebSocketConnection, WebSocketEnds};
use warden_store::spool::SpoolStatus;

/// A system with three phones and a call.
pub(crate) struct Lively;

/// The same, which takes no connections from 127.0.0.2.
pub(crate) struct Choosy;

/// A system that never answers, and tells when it is asked.
pub(crate) struct Hanging(pub(crate) Arc<Notify>);

impl Facts for Lively {
    fn registrations(&self) -> Answer<'_, Registrations> {
        Box::pin(async { Ok(Registrations { extensions: 2, phones: 3 }) })
    }

    fn calls(&self) -> Answer<'_, Calls> {
        Box::pin(async { Ok(Calls { active: 1, total: 7 }) })
    }

    fn counters(&self) -> Status {
        Status { received: 40, sent: 41, ..Status::default() }
    }

    fn admit_websocket(&self, _ends: WebSocketEnds) -> Option<WebSocketConnection> {
        None
    }

    fn takes_connections_from(&self, _source: IpAddr) -> bool {
        true
    }
}

impl Facts for Hanging {
    fn registrations(&self) -> Answer<'_, Registrations> {
        self.0.notify_one();
        Box::pin(pending())
    }

    fn calls(&self) -> Answer<'_, Calls> {
        Box::pin(pending())
    }

    fn counters(&self) -> Status {
        Status::default()
    }

    fn admit_websocket(&self, _ends: WebSocketEnds) -> Option<WebSocketConnection> {
        None
    }

    fn takes_connections_from(&self, _source: IpAddr) -> bool {
        true
    }
}

impl Facts for Choosy {
    fn registrations(&self) -> Answer<'_, Registrations> {
        Lively.registrations()
    }

    fn calls(&self) -> Answer<'_, Calls> {
        Lively.calls()
    }

    fn counters(&self) -> Status {
        Lively.counters()
    }

    fn admit_websocket(&self, ends: WebSocketEnds) -> Option<WebSocketConnection> {
        Lively.admit_websocket(ends)
    }

    fn takes_connections_from(&self, source: IpAddr) -> bool {
        source != IpAddr::from([127, 0, 0, 2])
    }
}

/// A service that answers.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Running {
    /// Tells it to stop, and waits for that.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        self.served.await.unwrap();
    }
}

/// A free port of the loopback, for plain HTTP.
pub(crate) fn bind() -> Bound {
    Api::bind(&Web { host: Ipv4Addr::LOCALHOST.into(), port: 0, tls: Tls::Off }, None).unwrap()
}

/// Serves on a free port.
pub(crate) fn start(facts: impl Facts + 'static) -> Running {
    serve(bind(), facts)
}

/// Serves where nothing is wrong with the call records.
pub(crate) fn serve(bound: Bound, facts: impl Facts + 'static) -> Running {
    serve_with(bound, facts, SpoolStatus::default())
}

pub(crate) fn serve_with(bound: Bound, facts: impl Facts + 'static, spool: SpoolStatus) -> Running {
    let address = bound.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let app = App::new(facts, move || spool.clone());
    let served = tokio::spawn(bound.serve(app, async {
        let _asked = stopped.await;
    }));
    Running { address, stop, served }
}
