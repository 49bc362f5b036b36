//! Connections on the web port: how many, how long they may take, and how they end.

use std::error::Error;
use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};
use warden_server::places::Places;
use warden_server::tls::Acceptor;
use warden_server::websocket::WebSocketEnds;

use crate::app::App;
use crate::listen::Bound;
use crate::{redirect, router};

/// The most connections at a time. One source may have them all: before the port there may be a proxy.
const MAX_CONNECTIONS: usize = 256;
/// For the lines before the body, and between two requests on one connection.
const HEADER_PATIENCE: Duration = Duration::from_secs(5);
/// For a peer to take what it is sent.
const READER_PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of the lines before the body.
const MAX_HEADER: usize = 16 * 1024;
/// For what is under way when told to stop.
const GRACE: Duration = Duration::from_millis(900);
/// After a failure to take a connection, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

impl Bound {
    /// Answers until `shutdown` is ready, then lets requests under way end: it returns within a second, the port free.
    pub async fn serve(self, app: App, shutdown: impl Future<Output = ()>) {
        let router = router::build(app.clone());
        let places = Places::new(MAX_CONNECTIONS, MAX_CONNECTIONS);
        let (stop, stopping) = watch::channel(());
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = shutdown.as_mut() => break,
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((_, remote)) if !app.takes_connections_from(remote.ip()) => {}
                    Ok((stream, remote)) => {
                        let Some(place) = places.admit(remote.ip(), false) else {
                            debug!("too many web connections: one was closed");
                            continue;
                        };
                        let served = receive(stream, self.tls.clone(), router.clone(), stopping.clone());
                        connections.spawn(async move {
                            tokio::select! {
                                biased;
                                () = place.lost() => debug!("a web connection has made way for another"),
                                () = served => {}
                            }
                        });
                    }
                    Err(error) => {
                        warn!(error = &error as &dyn Error, "cannot accept a web connection");
                        sleep(PAUSE).await;
                    }
                },
            }
        }
        drop((self.listener, stop));
        let ended = async { while connections.join_next().await.is_some() {} };
        if timeout(GRACE, ended).await.is_err() {
            connections.shutdown().await;
        }
    }
}

/// Takes one connection: with TLS where that is spoken, and who speaks plain HTTP there is sent to HTTPS.
async fn receive(stream: TcpStream, tls: Option<Acceptor>, router: Router, stopping: watch::Receiver<()>) {
    // Without it, a peer that does not read would keep its place for ever.
    if let Err(error) = SockRef::from(&stream).set_tcp_user_timeout(Some(READER_PATIENCE)) {
        debug!(error = &error as &dyn Error, "cannot limit how long a web connection may be stuck");
    }
    // Short messages are not to wait for the answers to others.
    let _no_delay = stream.set_nodelay(true);
    let (Ok(local), Ok(remote)) = (stream.local_addr(), stream.peer_addr()) else { return };
    let ends = WebSocketEnds { local, remote, is_encrypted: tls.is_some() };
    let Some(tls) = tls else { return answer(stream, ends, router, stopping).await };
    match timeout(HEADER_PATIENCE, begins_with_tls(&stream)).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => return answer(stream, ends, redirect::build(), stopping).await,
        Ok(Err(_)) | Err(_) => return,
    }
    match timeout(HEADER_PATIENCE, tls.accept(stream)).await {
        Ok(Ok(stream)) => answer(stream, ends, router, stopping).await,
        Ok(Err(error)) => debug!(error = &error as &dyn Error, "no TLS on a web connection"),
        Err(_) => debug!("a web connection took too long to encrypt"),
    }
}

/// Whether the first byte is that of a TLS record with a handshake (RFC 8446 §5.1), and not of an HTTP method.
async fn begins_with_tls(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    Ok(first == [22])
}

/// Serves one connection, encrypted or not, until it ends or `stopping` has no sender any more.
/// With a WebSocket it ends here and goes on elsewhere.
async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ends: WebSocketEnds,
    router: Router,
    mut stopping: watch::Receiver<()>,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ends);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .max_buf_size(MAX_HEADER)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(error = &error as &dyn Error, "web connection cut");
    }
}
