//! Messages that wait for their recipient, in the order in which they were sent.

use std::collections::HashMap;
use std::time::Instant;

use warden_sip::endpoint::Reply;
use warden_sip::status::Status;

use super::content::InstantMessage;
use crate::directory::{Directory, Extension};

/// The most that wait for one extension.
const MAX_OF_RECIPIENT: usize = 50;
/// The most that wait in all.
const MAX: usize = 10_000;

/// By recipient.
#[derive(Debug, Default)]
pub(super) struct Kept {
    by_recipient: HashMap<Extension, Vec<InstantMessage>>,
    count: usize,
}

impl Kept {
    /// What the sender of one more message gets; `None` while there is room.
    pub(super) fn refusal(&self, recipient: &Extension) -> Option<Reply> {
        let is_full = self.of(recipient).len() >= MAX_OF_RECIPIENT;
        let reason = if is_full { "Too Many Messages Wait for Them" } else { "Too Many Messages Wait" };
        let refused = Reply { reason: Some(reason), ..Reply::new(Status::TEMPORARILY_UNAVAILABLE) };
        (is_full || self.count >= MAX).then_some(refused)
    }

    pub(super) fn of(&self, recipient: &Extension) -> &[InstantMessage] {
        self.by_recipient.get(recipient).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn put(&mut self, message: InstantMessage) {
        let own = self.by_recipient.entry(message.to.clone()).or_default();
        let place = own.partition_point(|other| other.id < message.id);
        own.insert(place, message);
        self.count += 1;
    }

    pub(super) fn take(&mut self, recipient: &Extension, id: u64) -> Option<InstantMessage> {
        let own = self.by_recipient.get_mut(recipient)?;
        let place = own.iter().position(|message| message.id == id)?;
        let message = own.remove(place);
        if own.is_empty() {
            self.by_recipient.remove(recipient);
        }
        self.count -= 1;
        Some(message)
    }

    /// Takes out what has waited too long, and what is for people who are gone.
    pub(super) fn take_stale(&mut self, directory: &Directory, now: Instant) -> Vec<InstantMessage> {
        let is_stale =
            |message: &&InstantMessage| message.expires_at <= now || !directory.people.contains_key(&message.to);
        let all = self.by_recipient.values().flatten();
        let mut stale: Vec<_> = all.filter(is_stale).map(|message| (message.id, message.to.clone())).collect();
        stale.sort_unstable_by_key(|(id, _)| *id);
        stale.into_iter().filter_map(|(id, to)| self.take(&to, id)).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }
}
