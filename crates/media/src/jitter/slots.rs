//! Packets that wait for their turn: a ring of slots, each with room for one, found by their numbers.

/// How many packets can wait: 320 ms in packets of 10 ms.
pub(super) const SLOTS: u64 = COUNT as u64;
const COUNT: usize = 32;
/// The longest payload that a slot holds; that of no codec is longer within a datagram.
pub(super) const LONGEST_PAYLOAD: usize = 1500;

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sound,
    Noise,
    Nothing,
}

/// A packet that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) extended: u64,
    /// When its first sample was taken, by the sender's clock as the timeline has it.
    pub(super) media_us: i64,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    head: Head,
    len: usize,
}

#[derive(Debug)]
pub(super) struct Slots {
    ring: [Option<Slot>; COUNT],
    payloads: Box<[u8]>,
    /// How many wait.
    used: usize,
}

fn place(extended: u64) -> usize {
    usize::try_from(extended % SLOTS).unwrap_or_default()
}

impl Slots {
    pub(super) fn new() -> Self {
        let payloads = vec![0; COUNT * LONGEST_PAYLOAD].into_boxed_slice();
        Self { ring: [None; COUNT], payloads, used: 0 }
    }

    /// Keeps a packet. The numbers that wait are within [`SLOTS`] of each other; the payload is not too long.
    pub(super) fn keep(&mut self, head: Head, payload: &[u8]) {
        let begin = place(head.extended) * LONGEST_PAYLOAD;
        let Some(room) = self.payloads.get_mut(begin..begin + payload.len()) else { return };
        room.copy_from_slice(payload);
        if let Some(slot) = self.ring.get_mut(place(head.extended)) {
            self.used += usize::from(slot.is_none());
            *slot = Some(Slot { head, len: payload.len() });
        }
    }

    /// The first one from this number on.
    pub(super) fn first(&self, from: u64) -> Option<Head> {
        if self.used == 0 {
            return None;
        }
        (from..from.saturating_add(SLOTS)).find_map(|extended| self.get(extended)).map(|slot| slot.head)
    }

    pub(super) fn payload(&self, extended: u64) -> &[u8] {
        let len = self.get(extended).map_or(0, |slot| slot.len);
        let begin = place(extended) * LONGEST_PAYLOAD;
        self.payloads.get(begin..begin + len).unwrap_or_default()
    }

    pub(super) fn remove(&mut self, extended: u64) {
        if self.get(extended).is_some()
            && let Some(slot) = self.ring.get_mut(place(extended))
        {
            *slot = None;
            self.used -= 1;
        }
    }

    pub(super) fn clear(&mut self) {
        (self.ring, self.used) = ([None; COUNT], 0);
    }

    fn get(&self, extended: u64) -> Option<&Slot> {
        self.ring.get(place(extended))?.as_ref().filter(|slot| slot.head.extended == extended)
    }
}
