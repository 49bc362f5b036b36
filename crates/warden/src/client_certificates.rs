//! Whose signature counts on certificates of phones: read at the start, and again when the file or the setting changes.

use std::error::Error;
use std::fs;
use std::time::SystemTime;

use anyhow::Context;
use tracing::{error, info};
use warden_config::{ClientCertificates, Config};
use warden_server::tls::{Authorities, AuthoritiesError, Identity};

/// Keeps what is demanded as new as the file.
#[derive(Debug)]
pub(crate) struct ClientWatch {
    wanted: Option<ClientCertificates>,
    stamp: Option<SystemTime>,
}

impl ClientWatch {
    /// With the authorities that are in the file.
    pub(crate) fn start(config: &Config, identity: &Identity) -> anyhow::Result<Self> {
        let watch = Self::of(config);
        identity.demand_of_phones(watch.load().context("cannot check certificates of phones")?);
        Ok(watch)
    }

    /// Reads a file that has changed. One that cannot be used is told, and what was demanded before still is.
    pub(crate) fn look(&mut self, config: &Config, identity: &Identity) {
        let now = Self::of(config);
        if now.wanted == self.wanted && now.stamp == self.stamp {
            return;
        }
        *self = now;
        match self.load() {
            Ok(authorities) => {
                let count = authorities.as_ref().map_or(0, Authorities::count);
                info!(authorities = count, "other certificates of phones count from now on");
                identity.demand_of_phones(authorities);
            }
            Err(error) => {
                error!(error = &error as &dyn Error, "the certificates of phones that counted before still do");
            }
        }
    }

    /// As it is configured, and when the file was last written.
    fn of(config: &Config) -> Self {
        let wanted = config.security.tls.clients.clone();
        let file = wanted.as_ref().and_then(|wanted| fs::metadata(&wanted.authorities).ok());
        Self { wanted, stamp: file.and_then(|file| file.modified().ok()) }
    }

    fn load(&self) -> Result<Option<Authorities>, AuthoritiesError> {
        let load = |wanted: &ClientCertificates| Authorities::load(&wanted.authorities, wanted.is_required);
        self.wanted.as_ref().map(load).transpose()
    }
}
