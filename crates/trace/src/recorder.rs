//! Keeps the messages and decisions of the calls under way and of those that have just ended.
//!
//! A message finds its call by its SIP Call-ID. An INVITE that no call is known for yet is kept apart until a call
//! begins with it, with its challenge. Everything has a bound: what there is no room for is left out from the middle of
//! a call, calls that have ended go first, and at worst nothing more is kept until there is room again.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use bytes::Bytes;
use slotmap::SlotMap;
use smallvec::SmallVec;
use warden_call::call_event::{CallEvent, CallId};
use warden_sip::endpoint::Flow;

use crate::recording::{Item, Recording, Tapped, Way, is_failure};

/// The most messages and decisions of one call.
const MAX_ITEMS: usize = 300;
/// The most bytes of messages of one call.
const MAX_BYTES: usize = 64 * 1024;
/// Of this many from the beginning none is left out.
const FIRST: usize = 100;
/// The most calls that have ended.
const MAX_ENDED: usize = 1000;
/// The most INVITEs without a call.
const MAX_STRANGERS: usize = 1024;
/// The most items of one of them.
const MAX_STRANGER_ITEMS: usize = 12;
/// The most bytes of one of them, so that all together leave room for calls.
const MAX_STRANGER_BYTES: usize = 16 * 1024;
/// The most bytes of messages of all calls together.
const MAX_TOTAL: usize = 64 * 1024 * 1024;
/// How long after its end the last words of a call that failed are waited for.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long one that was handed out is still listed here: until whoever has it has written it, with time to spare.
const WRITING: Duration = Duration::from_secs(5);
/// The most calls that have just failed in one list.
const MAX_LISTED: usize = 100;

slotmap::new_key_type! {
    struct EntryId;
}

/// What a message is found by again: its Call-ID, hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u64);

/// What is kept of one call, or of an INVITE without one.

#[derive(Debug, Default)]
struct Entry {
    call: Option<CallId>,
    /// The call has had its first event.
    begun: bool,
    /// Of the caller's leg, of each phone called.
    keys: SmallVec<[Key; 3]>,
    items: VecDeque<Item>,
    bytes: usize,
    left_out: u32,
}

/// All that is kept.
#[derive(Debug)]
pub struct Recorder {
    hasher: RandomState,
    entries: SlotMap<EntryId, Entry>,
    by_key: HashMap<Key, EntryId>,
    by_call: HashMap<CallId, EntryId>,
    /// INVITEs without a call, and calls that have not begun, the oldest first; also some that have found theirs.
    strangers: VecDeque<EntryId>,
    /// Calls that have ended, the oldest first.
    ended: VecDeque<EntryId>,
    /// Calls that have failed, and when to hand them out, the oldest first.
    failed: VecDeque<(Instant, EntryId)>,
    /// How many of these have been.
    handed_out: usize,
    total: usize,
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            entries: SlotMap::with_key(),
            by_key: HashMap::new(),
            by_call: HashMap::new(),
            strangers: VecDeque::new(),
            ended: VecDeque::new(),
            failed: VecDeque::new(),
            handed_out: 0,
            total: 0,
        }
    }

    /// A message passes. `None` when it belongs to nothing that is kept, as a REGISTER does.
    ///
    /// `bytes` are shared where that is cheap: what came over a stream is a piece of a larger buffer and is copied.
    pub fn message(&mut self, way: Way, flow: Flow, sip_call_id: &[u8], bytes: &Bytes, at: Instant) -> Option<Key> {
        if bytes.starts_with(b"REGISTER ") {
            return None;
        }
        let key = self.key(sip_call_id);
        let id = match self.by_key.get(&key) {
            Some(id) => *id,
            None if bytes.starts_with(b"INVITE ") => {
                let id = self.add_stranger(None);
                self.point(key, id);
                id
            }
            None => return None,
        };
        let is_piece = way == Way::Received && flow.transport.is_reliable();
        let bytes = if is_piece { Bytes::copy_from_slice(bytes) } else { bytes.clone() };
        self.add(id, Item::Message(Tapped { at, way, flow, bytes }));
        Some(key)
    }

    /// Messages with this Call-ID are of this call, those too that have passed before it began.
    pub fn leg(&mut self, call: CallId, sip_call_id: &[u8]) {
        let key = self.key(sip_call_id);
        let known = self.by_call.get(&call).copied();
        let id = known.unwrap_or_else(|| self.add_stranger(Some(call)));
        if let Some(other) = self.by_key.get(&key).copied().filter(|other| *other != id) {
            self.absorb(other, id);
        }
        self.point(key, id);
    }

    /// Something happens to a call.
    pub fn event(&mut self, call: CallId, event: CallEvent, at: Instant) {
        let known = self.by_call.get(&call).copied();
        let begins = matches!(event, CallEvent::Started(_));
        let id = match known {
            Some(id) => id,
            None if begins => self.add_stranger(Some(call)),
            None => return,
        };
        if let Some(entry) = self.entries.get_mut(id) {
            entry.begun |= begins;
        }
        let ending = if let CallEvent::Ended(ending) = &event { Some(*ending) } else { None };
        self.add(id, Item::Decision { at, event });
        let Some(ending) = ending else { return };
        self.ended.push_back(id);
        if is_failure(ending.cause) {
            self.failed.push_back((at + LAST_WORDS, id));
        }
        if self.ended.len() > MAX_ENDED {
            self.forget_ended();
        }
    }

    /// Whose a message was, as far as that is known by now.
    #[must_use]
    pub fn call_of(&self, key: Key) -> Option<CallId> {
        self.entries.get(*self.by_key.get(&key)?)?.call
    }

    /// What is kept of a call.
    #[must_use]
    pub fn recording(&self, call: CallId) -> Option<Recording> {
        let entry = self.entries.get(*self.by_call.get(&call)?)?;
        Some(Recording { call, items: entry.items.iter().cloned().collect(), left_out: entry.left_out })
    }

    /// When to ask [`Recorder::take_failed`]; `None` while no call has failed.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.failed.get(self.handed_out).map(|(at, _)| *at)
    }

    /// The next call that has failed and has said its last words by `now`. It stays here as others do.
    pub fn take_failed(&mut self, now: Instant) -> Option<Recording> {
        while self.handed_out > 0 && self.failed.pop_front_if(|(at, _)| *at + WRITING <= now).is_some() {
            self.handed_out -= 1;
        }
        loop {
            let (_, id) = *self.failed.get(self.handed_out).filter(|(at, _)| *at <= now)?;
            self.handed_out += 1;
            let call = self.entries.get(id).and_then(|entry| entry.call);
            if let Some(recording) = call.and_then(|call| self.recording(call)) {
                return Some(recording);
            }
        }
    }

    /// The calls that failed last, which may not be written yet, the newest first.
    #[must_use]
    pub fn just_failed(&self, now: Instant) -> Vec<Recording> {
        let recent = self.failed.iter().rev().take_while(|(at, _)| *at + WRITING > now);
        let calls = recent.filter_map(|(_, id)| self.entries.get(*id)?.call);
        calls.take(MAX_LISTED).filter_map(|call| self.recording(call)).collect()
    }

    fn key(&self, sip_call_id: &[u8]) -> Key {
        Key(self.hasher.hash_one(sip_call_id))
    }

    fn add_stranger(&mut self, call: Option<CallId>) -> EntryId {
        while self.strangers.len() >= MAX_STRANGERS {
            let oldest = self.strangers.pop_front();
            if let Some(id) = oldest.filter(|id| self.entries.get(*id).is_some_and(|entry| !entry.begun)) {
                self.forget(id);
            }
        }
        let id = self.entries.insert(Entry { call, ..Entry::default() });
        self.strangers.push_back(id);
        if let Some(call) = call {
            self.by_call.insert(call, id);
        }
        id
    }

    /// What was kept of an INVITE without a call is the beginning of a call now.
    fn absorb(&mut self, stranger: EntryId, id: EntryId) {
        if self.entries.get(stranger).is_none_or(|entry| entry.call.is_some()) {
            return;
        }
        let Some(Entry { mut items, bytes, left_out, .. }) = self.entries.remove(stranger) else { return };
        let Some(entry) = self.entries.get_mut(id) else { return };
        items.append(&mut entry.items);
        entry.items = items;
        entry.bytes += bytes;
        entry.left_out = entry.left_out.saturating_add(left_out);
    }

    fn point(&mut self, key: Key, id: EntryId) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        if !entry.keys.contains(&key) {
            entry.keys.push(key);
        }
        self.by_key.insert(key, id);
    }

    fn add(&mut self, id: EntryId, item: Item) {
        let size = size(&item);
        let Some(entry) = self.entries.get(id) else { return };
        let is_short = entry.items.len() < MAX_STRANGER_ITEMS && entry.bytes + size <= MAX_STRANGER_BYTES;
        let is_welcome = size <= MAX_BYTES && (entry.begun || is_short);
        while is_welcome && self.total + size > MAX_TOTAL && self.forget_ended() {}
        let has_room = self.total + size <= MAX_TOTAL;
        let Some(entry) = self.entries.get_mut(id) else { return };
        if !is_welcome || !has_room {
            entry.left_out = entry.left_out.saturating_add(1);
            return;
        }
        entry.items.insert(place(&entry.items, &item), item);
        entry.bytes += size;
        self.total += size;
        while entry.items.len() > MAX_ITEMS || entry.bytes > MAX_BYTES {
            let middle = FIRST.min(entry.items.len() / 2);
            let removed = entry.items.remove(middle).as_ref().map_or(0, self::size);
            entry.bytes -= removed;
            entry.left_out = entry.left_out.saturating_add(1);
            self.total -= removed;
        }
    }

    /// Forgets the call that ended first; false when none has ended.
    fn forget_ended(&mut self) -> bool {
        let oldest = self.ended.pop_front();
        oldest.map(|id| self.forget(id)).is_some()
    }

    fn forget(&mut self, id: EntryId) {
        let Some(entry) = self.entries.remove(id) else { return };
        self.total -= entry.bytes;
        if let Some(call) = entry.call {
            self.by_call.remove(&call);
        }
        for key in entry.keys {
            if self.by_key.get(&key) == Some(&id) {
                self.by_key.remove(&key);
            }
        }
    }
}

/// What is sent in a turn, at one moment, follows from what is decided in it, in whatever order they are told.
fn place(items: &VecDeque<Item>, item: &Item) -> usize {
    let Item::Decision { at: now, .. } = item else { return items.len() };
    let follows = |item: &&Item| match item {
        Item::Message(tapped) => tapped.way == Way::Sent && tapped.at == *now,
        Item::Decision { .. } => false,
    };
    items.len() - items.iter().rev().take_while(follows).count()
}

/// Of decisions too, roughly.
fn size(item: &Item) -> usize {
    match item {
        Item::Message(tapped) => tapped.bytes.len() + 100,
        Item::Decision { .. } => 100,
    }
}

#[cfg(test)]
mod tests;
