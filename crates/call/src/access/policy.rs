//! What is configured of who may ask what.

use std::sync::Arc;

use warden_sip::digest::Algorithm;

use super::ban::BanPolicy;
use super::network::NetworkSet;
use super::pace::Pace;

/// What is configured of who may ask what, for everybody. What concerns one device is [`DeviceAccess`].
///
/// [`DeviceAccess`]: crate::directory::DeviceAccess
#[derive(Clone, Debug)]
pub struct AccessPolicy {
    /// Who is here is neither banned nor slowed down, whatever comes, nor denied.
    pub allow: NetworkSet,
    /// Nothing that comes from here is answered.
    pub deny: NetworkSet,
    /// Where trunks come from: as `allow`, but they can be denied.
    pub peers: NetworkSet,
    /// What the User-Agent of a scanner begins with.
    pub scanners: Arc<[Box<str>]>,
    /// What wrong passwords lead to.
    pub bans: BanPolicy,
    /// How many requests of a source are heard that do not show who sent them.
    pub unsigned: Pace,
    /// The most calls of a source that nobody has answered yet.
    pub half_open: usize,
    /// What challenges are for, unless a device has its own.
    pub algorithm: Algorithm,
}

impl Default for AccessPolicy {
    /// No networks and no scanners; 300 calls in set-up of one source; MD5, which every phone knows.
    fn default() -> Self {
        Self {
            allow: NetworkSet::default(),
            deny: NetworkSet::default(),
            peers: NetworkSet::default(),
            scanners: Arc::default(),
            bans: BanPolicy::default(),
            unsigned: Pace::default(),
            half_open: 300,
            algorithm: Algorithm::Md5,
        }
    }
}

impl AccessPolicy {
    /// Whether nothing that comes from this address is answered.
    #[must_use]
    pub fn denies(&self, source: std::net::IpAddr) -> bool {
        self.deny.contains(source) && !self.allow.contains(source)
    }

    /// Whether this address is never banned and never slowed down.
    #[must_use]
    pub fn trusts(&self, source: std::net::IpAddr) -> bool {
        self.allow.contains(source) || self.peers.contains(source)
    }
}
