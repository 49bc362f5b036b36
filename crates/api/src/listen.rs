//! Taking the web port.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;
use tracing::info;
use warden_config::{Tls, Web};

use crate::guard::Hosts;

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
}

/// The web port.
#[derive(Debug)]
pub struct Api;

/// The web port, taken. Connections wait until [`Bound::serve`].
#[derive(Debug)]
pub struct Bound {
    pub(crate) listener: TcpListener,
    pub(crate) hosts: Hosts,
    address: SocketAddr,
}

impl Api {
    /// Listens where `web` says, from inside of a tokio runtime. Port 0 takes a free one.
    ///
    /// There are no certificates yet, so [`Tls::Auto`] is plain HTTP on the loopback only, and the log says so.
    /// # Errors
    /// [`BindError`].
    pub fn bind(web: &Web) -> Result<Bound, BindError> {
        let wanted = Self::address(web);
        let (listener, address) = listen(wanted).map_err(|source| explain(wanted, source))?;
        let hosts = match web.tls {
            Tls::Auto => {
                info!(
                    %address,
                    "web port open for this machine only, as plain HTTP: web.tls is auto and there are no certificates yet"
                );
                Hosts::Local
            }
            Tls::Off => {
                info!(%address, "web port open, as plain HTTP");
                Hosts::Any
            }
        };
        Ok(Bound { listener, hosts, address })
    }

    /// Where [`Self::bind`] listens for `web`.
    #[must_use]
    pub fn address(web: &Web) -> SocketAddr {
        SocketAddr::new(host(web), web.port)
    }
}

impl Bound {
    /// Where it listens, the port as bound.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// What is not encrypted leaves this machine only when the configuration says so.
fn host(web: &Web) -> IpAddr {
    match (web.tls, web.host) {
        (Tls::Off, host) => host,
        (Tls::Auto, host) if host.is_loopback() => host,
        (Tls::Auto, IpAddr::V4(_)) => Ipv4Addr::LOCALHOST.into(),
        (Tls::Auto, IpAddr::V6(_)) => Ipv6Addr::LOCALHOST.into(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_certificates_only_tls_off_leaves_the_loopback() {
        let listened = |tls, host: &str| {
            let web = Web { host: host.parse().unwrap(), tls, ..Web::default() };
            super::host(&web).to_string()
        };
        assert_eq!(listened(Tls::Auto, "0.0.0.0"), "127.0.0.1");
        assert_eq!(listened(Tls::Auto, "192.168.1.10"), "127.0.0.1");
        assert_eq!(listened(Tls::Auto, "127.0.0.2"), "127.0.0.2");
        assert_eq!(listened(Tls::Auto, "::"), "::1");
        assert_eq!(listened(Tls::Off, "0.0.0.0"), "0.0.0.0");
        assert_eq!(listened(Tls::Off, "::"), "::");
    }
}
