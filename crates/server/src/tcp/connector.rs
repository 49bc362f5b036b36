//! Connections that we open. Each has its number and its queue from the moment on at which it is asked for, so that its
//! first messages wait for it, and what fails is told like the end of any other.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use rustls::pki_types::ServerName;
use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use warden_sip::endpoint::{Flow, NextHop};
use warden_sip::header::Transport;

use super::StreamEvent;
use super::connection::Connection;
use super::entrance::Entrance;
use super::listener::tune;
use crate::tls;

/// The most connections of ours at a time; a request that wants one more fails.
const MAX_OPENED: usize = 512;
/// For the other end to take a connection, and as much again to agree on keys.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// Where a connection leads, and how far its end is trusted: requests with the same go by one connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Destination {
    /// Where to; its domain counts for TLS only.
    pub(crate) hop: NextHop,
    /// Any certificate will do.
    pub(crate) any_certificate: bool,
}

/// Why there is no connection, in words for people.
#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error("no connection within {} s", CONNECT_TIME.as_secs())]
    Late,
    #[error("cannot connect: {}", .0.kind())]
    Refused(#[from] io::Error),
    #[error("TLS took more than {} s", CONNECT_TIME.as_secs())]
    TlsLate,
    /// The library names what is wrong with a certificate.
    #[error("TLS: {0}")]
    Tls(io::Error),
    #[error("TLS: no certificate can be for `{0}`")]
    Name(Box<str>),
}

/// Opens connections, and knows those that stand.
#[derive(Debug)]
pub(super) struct Connector {
    runtime: Handle,
    entrance: Entrance,
    client: tls::Client,
    open: HashMap<Destination, Flow>,
}

impl Connector {
    pub(super) fn new(runtime: Handle, entrance: Entrance, client: tls::Client) -> Self {
        Self { runtime, entrance, client, open: HashMap::new() }
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// The connection of ours to there, if there is one.
    pub(super) fn find(&self, destination: &Destination) -> Option<Flow> {
        self.open.get(destination).copied()
    }

    /// Begins to connect from `local`, whose port is the one that we listen on. `None` when there are too many.
    pub(super) fn open(&mut self, destination: Destination, local: SocketAddr) -> Option<(Flow, mpsc::Sender<Bytes>)> {
        if self.open.len() >= MAX_OPENED {
            return None;
        }
        let NextHop { transport, remote, .. } = destination.hop;
        let (connection, sender) = self.entrance.set_out(transport, local, remote);
        let flow = connection.flow;
        self.runtime.spawn(connect(connection, destination.clone(), self.client.clone()));
        self.open.insert(destination, flow);
        Some((flow, sender))
    }

    /// It has ended, or is about to.
    pub(super) fn forget(&mut self, flow: &Flow) {
        self.open.retain(|_, known| known.connection != flow.connection);
    }
}

/// What we have connected by.
enum Reached {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects, and serves until the end of the connection.
async fn connect(connection: Connection, to: Destination, client: tls::Client) {
    match reach(connection.flow.local.ip(), to, &client).await {
        Ok(Reached::Plain(stream)) => connection.serve(stream).await,
        Ok(Reached::Tls(stream)) => connection.serve(stream).await,
        Err(error) => {
            let Connection { flow, queue, events, .. } = connection;
            // An error means that the signalling thread has ended.
            let _told = events.send(StreamEvent::Unreached(flow, error.to_string(), queue)).await;
        }
    }
}

async fn reach(source: IpAddr, to: Destination, client: &tls::Client) -> Result<Reached, ConnectError> {
    let Destination { hop: NextHop { transport, remote, domain }, any_certificate } = to;
    let stream = connect_from(source, remote);
    let stream = timeout(CONNECT_TIME, stream).await.map_err(|_| ConnectError::Late)??;
    tune(&SockRef::from(&stream));
    if transport != Transport::Tls {
        return Ok(Reached::Plain(stream));
    }
    let name = ServerName::try_from(domain.to_string()).map_err(|_| ConnectError::Name(domain))?;
    let handshake = client.connector(any_certificate).connect(name, stream);
    let stream = timeout(CONNECT_TIME, handshake).await.map_err(|_| ConnectError::TlsLate)?;
    Ok(Reached::Tls(Box::new(stream.map_err(ConnectError::Tls)?)))
}

async fn connect_from(source: IpAddr, remote: SocketAddr) -> io::Result<TcpStream> {
    let socket = if remote.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(SocketAddr::new(source, 0))?;
    socket.connect(remote).await
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::net::{Ipv4Addr, TcpListener};
    use std::time::SystemTime;

    use warden_sip::endpoint::ConnectionId;

    use super::*;
    use crate::tcp::{BoundTcp, Doors, Streams, start};
    use crate::tls::{Certificate, CertificateFiles, Identity, Offer, Trust, make_self_signed};

    const MESSAGE: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nl: 0\r\n\r\n";

    fn client() -> tls::Client {
        tls::Client::new(Trust::default()).unwrap()
    }

    fn to(transport: Transport, remote: SocketAddr, domain: &str) -> Destination {
        Destination { hop: NextHop { transport, remote, domain: domain.into() }, any_certificate: false }
    }

    const LOCAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5060);

    async fn next(streams: &mut Streams) -> StreamEvent {
        poll_fn(|context| streams.poll_event(context)).await.unwrap()
    }

    async fn accept(streams: &mut Streams) -> ConnectionId {
        let StreamEvent::Opened(id, queue) = next(streams).await else { panic!("not accepted") };
        streams.opened(id, queue);
        id
    }

    fn bind() -> (BoundTcp, SocketAddr) {
        let bound = BoundTcp::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = bound.address().unwrap();
        (bound, address)
    }

    #[tokio::test]
    async fn what_is_sent_before_a_connection_stands_arrives_and_the_next_request_goes_the_same_way() {
        let (bound, address) = bind();
        let (mut streams, _, _thread) = start(vec![bound], Vec::new(), client(), Doors::open()).unwrap();
        let there = to(Transport::Tcp, address, "pbx.example");
        let flow = streams.open(there.clone(), || Some(LOCAL)).unwrap();
        assert!(streams.send(&flow, Bytes::from_static(MESSAGE)));
        assert_eq!(streams.open(there, || panic!("another one")), Some(flow));
        let id = accept(&mut streams).await;
        let StreamEvent::Message(came, bytes) = next(&mut streams).await else { panic!("no message") };
        assert_eq!((came.connection, &bytes[..]), (Some(id), MESSAGE));
        assert_ne!(flow.connection, Some(id), "all connections are numbered together");
        // What comes back comes by the flow that was given out, whose end of ours is where we listen.
        assert!(streams.send(&came, Bytes::from_static(MESSAGE)));
        let StreamEvent::Message(back, _) = next(&mut streams).await else { panic!("no message") };
        assert_eq!(back, flow);
        assert_eq!(back.local, LOCAL);
    }

    #[tokio::test]
    async fn a_connection_that_cannot_be_made_is_told_with_its_reason_and_the_next_one_is_new() {
        let (mut streams, _, _thread) = start(Vec::new(), Vec::new(), client(), Doors::open()).unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let there = to(Transport::Tcp, closed, "pbx.example");
        let flow = streams.open(there.clone(), || Some(LOCAL)).unwrap();
        // The attempt has failed, which is not told yet: what is sent now fails for that reason, and not without one.
        while streams.events.is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(streams.send(&flow, Bytes::from_static(MESSAGE)));
        let StreamEvent::Unreached(failed, reason, _) = next(&mut streams).await else { panic!("connected") };
        assert_eq!((failed, reason.as_str()), (flow, "cannot connect: connection refused"));
        streams.close(&failed);
        assert!(!streams.send(&flow, Bytes::from_static(MESSAGE)));
        assert_ne!(streams.open(there, || Some(LOCAL)), Some(flow));
    }

    #[tokio::test]
    async fn there_are_no_more_connections_than_the_bound() {
        let (_bound, address) = bind();
        let (mut streams, _, _thread) = start(Vec::new(), Vec::new(), client(), Doors::open()).unwrap();
        let open = |number: usize| streams.open(to(Transport::Tcp, address, &number.to_string()), || Some(LOCAL));
        assert_eq!((0..1000).filter_map(open).count(), MAX_OPENED);
    }

    #[tokio::test]
    async fn a_server_must_have_a_certificate_for_the_domain_that_was_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let files =
            CertificateFiles { certificate: directory.path().join("a.pem"), key: directory.path().join("a.key") };
        make_self_signed(&files, &["pbx.example".into(), "127.0.0.1".into()], SystemTime::now()).unwrap();
        let identity = Identity::new(Certificate::load(&files).unwrap(), Offer::default());
        let (bound, address) = bind();
        let mut known = Trust::default();
        known.add_file(&files.certificate).unwrap();
        let acceptor = identity.phone_acceptor().unwrap();
        let (mut server, _, _server) = start(Vec::new(), vec![(bound, acceptor)], client(), Doors::open()).unwrap();
        let (mut knowing, _, _knowing) =
            start(Vec::new(), Vec::new(), tls::Client::new(known).unwrap(), Doors::open()).unwrap();
        for domain in ["pbx.example", "127.0.0.1"] {
            let flow = knowing.open(to(Transport::Tls, address, domain), || Some(LOCAL)).unwrap();
            assert!(knowing.send(&flow, Bytes::from_static(MESSAGE)));
            accept(&mut server).await;
            assert!(matches!(next(&mut server).await, StreamEvent::Message(..)), "{domain}");
        }
        knowing.open(to(Transport::Tls, address, "other.example"), || Some(LOCAL)).unwrap();
        let StreamEvent::Unreached(_, reason, _) = next(&mut knowing).await else { panic!("connected") };
        assert!(reason.starts_with("TLS: invalid peer certificate: certificate not valid for name"), "{reason}");

        let (mut stranger, _, _stranger) = start(Vec::new(), Vec::new(), client(), Doors::open()).unwrap();
        stranger.open(to(Transport::Tls, address, "pbx.example"), || Some(LOCAL)).unwrap();
        let StreamEvent::Unreached(_, reason, _) = next(&mut stranger).await else { panic!("connected") };
        assert_eq!(reason, "TLS: invalid peer certificate: UnknownIssuer");
        let anybody = Destination { any_certificate: true, ..to(Transport::Tls, address, "other.example") };
        let flow = stranger.open(anybody, || Some(LOCAL)).unwrap();
        assert!(stranger.send(&flow, Bytes::from_static(MESSAGE)));
        accept(&mut server).await;
    }
}
