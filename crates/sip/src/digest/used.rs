//! Which nonce counts have been used, in bounded memory, so that no request can be replayed.
//!
//! Only nonces that proved a password enter, so nobody without one can fill the table. There are two generations:
//! a full or old current one becomes the previous one, and the previous one is forgotten as a whole. Forgetting must
//! not make a used nonce look unused, so every nonce issued up to the newest one forgotten is refused from then on,
//! unless it is still in the table. Whoever held such a nonce unused, or idle for long, is asked once more.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

use super::nonce::NonceId;

/// The highest count used and which of the 64 up to it, so that requests which overtook each other all pass once.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    highest: u32,
    /// Bit n stands for `highest - n`.
    used: u64,
}

impl Window {
    /// Marks a count; `false` when it was marked before or lies below the window.
    fn take(&mut self, count: u32) -> bool {
        if let Some(ahead) = count.checked_sub(self.highest) {
            let fresh = ahead > 0 || self.used & 1 == 0;
            self.used = self.used.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = count;
            return fresh;
        }
        let bit = 1u64.checked_shl(self.highest - count).unwrap_or(0);
        let fresh = bit != 0 && self.used & bit == 0;
        self.used |= bit;
        fresh
    }
}

/// The keys are proved by the mint, so nobody can choose them to collide and the hash needs no secret.
#[derive(Clone, Debug)]
struct Generation {
    windows: HashMap<NonceId, Window, BuildHasherDefault<DefaultHasher>>,
    /// Every nonce that ever was in it had been issued before this.
    issued_before_ms: u64,
}

impl Generation {
    /// Allocates at once: growing later would hold up the engine for milliseconds.
    fn with_capacity(capacity: usize) -> Self {
        Self { windows: HashMap::with_capacity_and_hasher(capacity, BuildHasherDefault::new()), issued_before_ms: 0 }
    }

    fn insert(&mut self, id: NonceId, window: Window) {
        self.issued_before_ms = self.issued_before_ms.max(id.issued_ms.saturating_add(1));
        self.windows.insert(id, window);
    }

    fn clear(&mut self) {
        self.windows.clear();
        self.issued_before_ms = 0;
    }
}

/// The table. Times are in **ms** since the authenticator's epoch.
#[derive(Clone, Debug)]
pub(super) struct UsedNonces {
    current: Generation,
    previous: Generation,
    generation_capacity: usize,
    generation_ms: u64,
    turned_at_ms: u64,
    /// A nonce issued before this may have been forgotten.
    floor_ms: u64,
}

impl UsedNonces {
    /// At most `capacity` nonces, 2 at least; those unused for two times `generation_ms` are forgotten.
    pub(super) fn new(capacity: usize, generation_ms: u64) -> Self {
        let generation_capacity = (capacity / 2).max(1);
        Self {
            current: Generation::with_capacity(generation_capacity),
            previous: Generation::with_capacity(generation_capacity),
            generation_capacity,
            generation_ms,
            turned_at_ms: 0,
            floor_ms: 0,
        }
    }

    /// Whether a nonce can still be used, the count aside.
    pub(super) fn admits(&self, id: &NonceId) -> bool {
        id.issued_ms >= self.floor_ms || self.current.windows.contains_key(id) || self.previous.windows.contains_key(id)
    }

    /// Uses a count of a nonce; `false` when it was used before, is too far behind, or may have been forgotten.
    pub(super) fn take(&mut self, id: NonceId, count: u32, now_ms: u64) -> bool {
        if let Some(window) = self.current.windows.get_mut(&id) {
            return window.take(count);
        }
        if !self.admits(&id) {
            return false;
        }
        let mut window = self.previous.windows.remove(&id).unwrap_or_default();
        let fresh = window.take(count);
        self.make_room(now_ms);
        self.current.insert(id, window);
        fresh
    }

    /// Turns the generations when the current one is full or old.
    fn make_room(&mut self, now_ms: u64) {
        let old = now_ms.saturating_sub(self.turned_at_ms) >= self.generation_ms;
        if self.current.windows.len() < self.generation_capacity && !old {
            return;
        }
        self.floor_ms = self.floor_ms.max(self.previous.issued_before_ms);
        self.turned_at_ms = now_ms;
        self.previous.clear();
        std::mem::swap(&mut self.current, &mut self.previous);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.current.windows.len() + self.previous.windows.len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::super::Algorithm;
    use super::*;

    fn id(issued_ms: u64) -> NonceId {
        NonceId { issued_ms, algorithm: Algorithm::Md5, random: 0 }
    }

    #[test]
    fn each_count_passes_once_in_any_order_within_the_window() {
        let mut window = Window::default();
        let counts = [3, 1, 2, 2, 3, 66, 3, 2, 4, 1000, 936, 937, 937, u32::MAX, 1000, u32::MAX, u32::MAX - 63];
        let passed: Vec<_> = counts.into_iter().filter(|&count| window.take(count)).collect();
        assert_eq!(passed, [3, 1, 2, 66, 4, 1000, 937, u32::MAX, u32::MAX - 63]);
    }

    #[test]
    fn an_overflowing_table_stays_bounded_and_forgets_no_used_nonce_into_being_unused() {
        let mut used = UsedNonces::new(10, 1_000_000);
        for issued_ms in 0..1000 {
            assert!(used.take(id(issued_ms), 1, issued_ms), "{issued_ms}");
            assert!(used.len() <= 10);
        }
        for issued_ms in 0..1000 {
            assert!(!used.take(id(issued_ms), 1, 1000), "{issued_ms}");
        }
    }

    #[test]
    fn a_nonce_in_steady_use_survives_the_turning_of_generations() {
        let mut used = UsedNonces::new(10, 1_000_000);
        for count in 1..500 {
            assert!(used.take(id(0), count, 0));
            assert!(used.admits(&id(0)));
            for other in 0..3 {
                assert!(used.take(id(u64::from(count) * 3 + other), 1, 0));
            }
        }
    }

    #[test]
    fn nonces_of_former_times_are_forgotten_although_the_table_is_not_full() {
        let mut used = UsedNonces::new(1000, 100);
        for now_ms in 0..1000 {
            used.take(id(now_ms), 1, now_ms);
        }
        assert!(used.len() <= 200, "{}", used.len());
    }

    proptest! {
        #[test]
        fn nothing_passes_twice(
            uses in prop::collection::vec((0..40u64, 0..4u32, 0..4u64), 1..400),
            capacity in 0..12usize,
        ) {
            let mut used = UsedNonces::new(capacity, 300);
            let mut passed = HashSet::new();
            let mut now_ms = 40;
            for (age_ms, count, pause_ms) in uses {
                now_ms += pause_ms;
                let id = id(now_ms - age_ms);
                if used.take(id, count, now_ms) {
                    prop_assert!(passed.insert((id, count)));
                }
                prop_assert!(used.len() <= capacity.max(2));
            }
        }
    }
}
