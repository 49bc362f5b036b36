//! Taking the web port.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tracing::info;
use warden_config::Web;
use warden_server::tls::{Acceptor, Identity, TlsError};

/// Why the web port cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else listens there.
    #[error("cannot listen on {address}/tcp: address already in use")]
    InUse {
        /// Where.
        address: SocketAddr,
    },
    /// The address is not ours, or the port needs more rights.
    #[error("cannot listen on {address}/tcp")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// There is no HTTPS.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// The web port.
#[derive(Debug)]
pub struct Api;

/// The web port, taken. Connections wait until [`Bound::serve`].
pub struct Bound {
    pub(crate) listener: TcpListener,
    /// `None`: plain HTTP.
    pub(crate) tls: Option<Acceptor>,
    address: SocketAddr,
}

impl Api {
    /// Listens where `web` says, from inside of a tokio runtime: for HTTPS with an identity, for plain HTTP without. Port 0
    /// takes a free one.
    ///
    /// # Errors
    /// [`BindError`].
    pub fn bind(web: &Web, identity: Option<&Arc<Identity>>) -> Result<Bound, BindError> {
        let wanted = SocketAddr::new(web.host, web.port);
        let tls = identity.map(|identity| identity.web_acceptor(&[b"http/1.1"])).transpose()?;
        let (listener, address) = listen(wanted).map_err(|source| explain(wanted, source))?;
        info!(%address, encrypted = tls.is_some(), "web port open");
        Ok(Bound { listener, tls, address })
    }
}

impl Bound {
    /// Where it listens, the port as bound.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((TcpListener::from_std(listener)?, address))
}

fn explain(address: SocketAddr, source: io::Error) -> BindError {
    if source.kind() == io::ErrorKind::AddrInUse {
        BindError::InUse { address }
    } else {
        BindError::Listen { address, source }
    }
}
