//! How many subscriptions there may be: enough for every key of every phone, too few to do harm.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use warden_sip::endpoint::Reply;
use warden_sip::header::HeaderName;
use warden_sip::status::Status;

use super::request::refuse;
use crate::directory::Extension;

/// Of all devices of one extension.
const MAX_OF_WATCHER: usize = 400;
/// From one address: a branch office behind NAT.
const MAX_OF_SOURCE: usize = 5_000;
/// In all.
const MAX: usize = 20_000;

/// Subscriptions by who has made them, as our tags name them.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    by_watcher: HashMap<Extension, BTreeSet<u64>>,
    by_source: HashMap<IpAddr, usize>,
    all: usize,
}

impl Crowd {
    /// What one more subscription gets; `None` while there is room.
    pub(super) fn refusal(&self, watcher: &Extension, source: IpAddr) -> Option<Reply> {
        if self.of(watcher).count() >= MAX_OF_WATCHER {
            return Some(refuse(Status::FORBIDDEN, "Too Many Subscriptions"));
        }
        let of_source = self.by_source.get(&source).copied().unwrap_or_default();
        (of_source >= MAX_OF_SOURCE || self.all >= MAX).then(|| {
            let mut reply = refuse(Status::SERVICE_UNAVAILABLE, "Too Many Subscriptions");
            reply.headers.add(HeaderName::RetryAfter, b"300");
            reply
        })
    }

    /// The subscriptions of one extension's phones.
    pub(super) fn of(&self, watcher: &Extension) -> impl ExactSizeIterator<Item = u64> {
        static NONE: BTreeSet<u64> = BTreeSet::new();
        self.by_watcher.get(watcher).unwrap_or(&NONE).iter().copied()
    }

    pub(super) fn enter(&mut self, tag: u64, watcher: &Extension, source: IpAddr) {
        self.by_watcher.entry(watcher.clone()).or_default().insert(tag);
        *self.by_source.entry(source).or_default() += 1;
        self.all += 1;
    }

    pub(super) fn leave(&mut self, tag: u64, watcher: &Extension, source: IpAddr) {
        if let Some(tags) = self.by_watcher.get_mut(watcher) {
            tags.remove(&tag);
            if tags.is_empty() {
                self.by_watcher.remove(watcher);
            }
        }
        if let Some(count) = self.by_source.get_mut(&source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_source.remove(&source);
            }
        }
        self.all = self.all.saturating_sub(1);
    }
}
