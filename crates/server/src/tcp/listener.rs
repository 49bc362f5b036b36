//! Listening for connections, and the thread that serves them.

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::debug;
use warden_sip::header::Transport;

use super::connector::Connector;
use super::entrance::{Doors, Entrance};
use super::{MAX_EVENTS, Streams};
use crate::private::Private;
use crate::tls;

/// The kernel asks a silent peer whether it is still there.
const KEEP_ALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_mins(1)).with_interval(Duration::from_secs(20));
/// After accepting has failed, for want of descriptors say, wait so long.
const PAUSE: Duration = Duration::from_millis(100);
/// A peer must agree on keys within this.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Connections that wait to be accepted.
const BACKLOG: i32 = 256;

/// A bound socket that listens.
#[derive(Debug)]
pub(crate) struct BoundTcp(StdListener);

impl BoundTcp {
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
        // What an earlier run's connections left behind does not keep the port.
        socket.set_reuse_address(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(Self(socket.into()))
    }

    /// The address with the port that was found, if 0 was asked for.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Starts the thread that accepts, connects and serves; it ends when the [`Streams`] are dropped. What comes to `encrypted`
/// speaks TLS, and so does `client`.
pub(crate) fn start(
    plain: Vec<BoundTcp>,
    encrypted: Vec<(BoundTcp, tls::Acceptor)>,
    client: tls::Client,
    doors: Doors,
) -> io::Result<(Streams, Entrance, JoinHandle<()>)> {
    let (events, receiver) = mpsc::channel(MAX_EVENTS);
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let entrance = Entrance::new(events, doors);
    let connector = Connector::new(runtime.handle().clone(), entrance.clone(), client);
    let acceptor = Acceptor { entrance: entrance.clone() };
    let listeners = {
        let _inside = runtime.enter();
        let plain = plain.into_iter().map(|bound| (bound, None));
        let all = plain.chain(encrypted.into_iter().map(|(bound, tls)| (bound, Some(tls))));
        all.map(|(bound, tls)| Ok((TcpListener::from_std(bound.0)?, tls))).collect::<io::Result<Vec<_>>>()?
    };
    let serve = move || {
        runtime.block_on(async {
            for (listener, tls) in listeners {
                tokio::spawn(acceptor.clone().accept_all(listener, tls));
            }
            acceptor.entrance.closed().await;
        });
    };
    let thread = thread::Builder::new().name("streams".to_owned()).spawn(serve)?;
    Ok((Streams { events: receiver, lines: HashMap::new(), connector }, entrance, thread))
}

#[derive(Clone)]
struct Acceptor {
    entrance: Entrance,
}

impl Acceptor {
    async fn accept_all(self, listener: TcpListener, tls: Option<tls::Acceptor>) {
        loop {
            match listener.accept().await {
                Ok((stream, remote)) => self.accept(stream, remote, tls.clone()),
                Err(error) => {
                    debug!(target: "SIP", error = &error as &dyn Error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// One more connection, unless its network is denied or there are too many: then it is closed at once.
    fn accept(&self, stream: TcpStream, remote: SocketAddr, tls: Option<tls::Acceptor>) {
        let Ok(local) = stream.local_addr() else { return };
        let transport = if tls.is_some() { Transport::Tls } else { Transport::Tcp };
        let Some(connection) = self.entrance.admit(transport, local, remote) else { return };
        tune(&SockRef::from(&stream));
        tokio::spawn(async move {
            let Some(tls) = tls else { return connection.serve(stream).await };
            let handshake = tokio::select! {
                biased;
                () = connection.lost() => return,
                handshake = timeout(HANDSHAKE_TIME, tls.accept(stream)) => handshake,
            };
            match handshake {
                Ok(Ok(stream)) => connection.serve(stream).await,
                Ok(Err(error)) => {
                    debug!(target: "SIP", source = %Private(remote), error = &error as &dyn Error, "no TLS");
                }
                Err(_) => debug!(target: "SIP", source = %Private(remote), "TLS took too long"),
            }
        });
    }
}

/// Both are improvements only.
pub(super) fn tune(socket: &SockRef<'_>) {
    let _keep_alive = socket.set_tcp_keepalive(&KEEP_ALIVE);
    let _no_delay = socket.set_tcp_nodelay(true);
}
