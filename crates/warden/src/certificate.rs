//! The certificate of this machine: where it is, made when there is none, renewed in time, read again when it changes.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use nix::unistd::gethostname;
use tracing::{error, info, warn};
use warden_config::{Config, TlsFiles, TlsVersion};
use warden_server::tls::{Certificate, CertificateFiles, Facts, Identity, Offer, make_self_signed};

use crate::places::places;

/// How often files are looked at.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A certificate of our own is renewed when no more is left, and of another one the log warns.
const SOON: Duration = Duration::from_hours(24 * 30);

/// Where the certificate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) files: CertificateFiles,
    /// It is made here, and belongs to nobody else.
    pub(crate) is_ours: bool,
}

impl Place {
    /// Where the configuration says, or in the data directory.
    pub(crate) fn of(config: &Config) -> Self {
        if let Some(TlsFiles { certificate, key }) = config.security.tls.files.clone() {
            return Self { files: CertificateFiles { certificate, key }, is_ours: false };
        }
        let file = |name| config.server.data_dir.join("certs").join(name);
        Self { files: CertificateFiles { certificate: file("warden.pem"), key: file("warden.key") }, is_ours: true }
    }

    /// The certificate; one of our own is made first if there is none, or if it is about to expire.
    pub(crate) fn load(&self, config: &Config) -> anyhow::Result<Certificate> {
        if self.is_ours {
            let is_absent = !self.files.certificate.exists() || !self.files.key.exists();
            let is_due = || Certificate::load(&self.files).is_ok_and(|certificate| !has_time(certificate.facts()));
            if is_absent || is_due() {
                self.make(&names(config))?;
            }
        }
        Ok(Certificate::load(&self.files)?)
    }

    /// The same, with when its files were written. Those of others may be written anew while they are read, and then they
    /// have to be read again.
    fn load_stamped(&self, config: &Config) -> (Option<[SystemTime; 2]>, anyhow::Result<Certificate>) {
        let before = self.stamp();
        let certificate = self.load(config);
        (if self.is_ours { self.stamp() } else { before }, certificate)
    }

    /// Makes one, in the place of whatever is there.
    pub(crate) fn make(&self, names: &[String]) -> anyhow::Result<()> {
        make_self_signed(&self.files, names, SystemTime::now())?;
        info!(file = %self.files.certificate.display(), names = names.join(", "), "a self-signed certificate was made");
        Ok(())
    }

    /// When the files were last written.
    fn stamp(&self) -> Option<[SystemTime; 2]> {
        let written = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
        Some([written(&self.files.certificate)?, written(&self.files.key)?])
    }
}

fn has_time(facts: &Facts) -> bool {
    facts.left(SystemTime::now()).is_some_and(|left| left > SOON)
}

/// What this machine is called: by itself, by its network, and by programs that run on it.
pub(crate) fn names(config: &Config) -> Vec<String> {
    let own = gethostname().ok().and_then(|name| name.into_string().ok()).filter(|name| name.is_ascii());
    let external = config.server.external_address.as_ref().map(ToString::to_string);
    let addresses = places(&config.server.host).into_iter().map(|place| place.address.to_string());
    let web = (!config.web.host.is_unspecified()).then(|| config.web.host.to_string());
    let local = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut names = Vec::new();
    for name in external.into_iter().chain(own).chain(addresses).chain(web).chain(local) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn has_passed(time: Duration, since: Option<SystemTime>) -> bool {
    since.is_none_or(|since| since.elapsed().is_ok_and(|passed| passed > time))
}

fn offer(config: &Config) -> Offer {
    let tls = &config.security.tls;
    Offer { only_1_3: tls.min_version == TlsVersion::V1_3, suites: tls.ciphers.clone() }
}

/// After a renewal that failed, for want of room on the disk say.
const PAUSE: Duration = Duration::from_hours(1);

/// Keeps what is shown as new as the files.
#[derive(Debug)]
pub(crate) struct Watch {
    place: Place,
    pub(crate) identity: Arc<Identity>,
    stamp: Option<[SystemTime; 2]>,
    warned: Option<SystemTime>,
    failed: Option<SystemTime>,
}

impl Watch {
    /// With the certificate that is there.
    pub(crate) fn start(config: &Config) -> anyhow::Result<Self> {
        let place = Place::of(config);
        let (stamp, certificate) = place.load_stamped(config);
        let certificate = certificate.context("there is no certificate for TLS")?;
        let identity = Identity::new(certificate, offer(config));
        let mut watch = Self { place, identity, stamp, warned: None, failed: None };
        watch.warn_in_time();
        Ok(watch)
    }

    /// Renews what is due, and reads files that have changed. What cannot be used is told, and the one before stays.
    pub(crate) fn look(&mut self, config: &Config) {
        let place = Place::of(config);
        let may_renew = has_passed(PAUSE, self.failed) && place.is_ours;
        let is_due = may_renew && !has_time(&self.identity.facts());
        if place == self.place && place.stamp() == self.stamp && !is_due {
            return self.warn_in_time();
        }
        let (stamp, certificate) = place.load_stamped(config);
        (self.place, self.stamp) = (place, stamp);
        match certificate {
            Ok(certificate) => {
                info!(subject = certificate.facts().subject, "a new certificate is shown from now on");
                self.identity.replace(certificate);
            }
            Err(error) => {
                self.failed = Some(SystemTime::now());
                error!(error = &*error as &dyn Error, "the certificate before is still shown");
            }
        }
    }

    /// Once a day, when another's certificate is about to expire.
    fn warn_in_time(&mut self) {
        let now = SystemTime::now();
        let facts = self.identity.facts();
        if !has_time(&facts) && has_passed(Duration::from_hours(24), self.warned) {
            self.warned = Some(now);
            let days = facts.left(now).map_or(0, |left| left.as_secs() / 86_400);
            warn!(days, subject = facts.subject, "the certificate expires soon");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    /// A configuration with a data directory of its own, and where its certificate is.
    fn fresh() -> (tempfile::TempDir, Config, Place) {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.data_dir = directory.path().to_owned();
        let place = Place::of(&config);
        (directory, config, place)
    }

    fn fingerprint(certificate: &Certificate) -> String {
        certificate.facts().fingerprint.clone()
    }

    #[test]
    fn our_own_is_made_once_and_again_30_days_before_its_end() {
        let (_directory, config, place) = fresh();
        let first = place.load(&config).unwrap();
        assert_eq!(fingerprint(&place.load(&config).unwrap()), fingerprint(&first));
        assert!(first.facts().names.contains(&"localhost".into()), "{first:?}");
        for (age_days, is_kept) in [(790, true), (796, false)] {
            let names = ["old.example.com".to_owned()];
            make_self_signed(&place.files, &names, SystemTime::now() - age_days * DAY).unwrap();
            let kept = place.load(&config).unwrap();
            assert_eq!(kept.facts().names == names, is_kept, "{age_days}");
        }
    }

    #[test]
    fn a_certificate_from_elsewhere_is_never_replaced() {
        let (_directory, mut config, place) = fresh();
        make_self_signed(&place.files, &["pbx.example.com".to_owned()], SystemTime::now() - 900 * DAY).unwrap();
        let CertificateFiles { certificate, key } = place.files.clone();
        config.security.tls.files = Some(TlsFiles { certificate, key });
        let mut watch = Watch::start(&config).unwrap();
        let shown = watch.identity.facts();
        assert_eq!(shown.left(SystemTime::now()), None);
        watch.look(&config);
        assert_eq!(watch.identity.facts(), shown);
    }

    #[test]
    fn what_is_shown_is_what_the_files_hold() {
        let (_directory, config, place) = fresh();
        let mut watch = Watch::start(&config).unwrap();
        let first = watch.identity.facts();
        watch.look(&config);
        assert_eq!(watch.identity.facts(), first);
        // Between the two the clock of the files has moved on.
        while place.stamp() == watch.stamp {
            place.make(&["other.example.com".to_owned()]).unwrap();
        }
        watch.look(&config);
        assert_eq!(watch.identity.facts().names, ["other.example.com"]);
    }
}
