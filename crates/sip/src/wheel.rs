//! Timers without a clock: a hierarchical timing wheel that is told the time.
//!
//! One wheel serves a whole engine; what a timer means is in its key. A tick is 1 ms. A deadline lies on the lowest
//! level whose slots tell it from the present, so it moves down a level, at most six times, before it is due.

use std::time::{Duration, Instant};

/// Bits of a tick number that one level looks at: 64 slots.
const BITS: u32 = 6;
const SLOTS: u32 = 1 << BITS;
/// Seven levels reach 2⁴² ms, which is 139 years from the wheel's origin, so nothing lies beyond the last one.
const LEVELS: u32 = 7;
const LAST_TICK: u64 = (1 << (BITS * LEVELS)) - 1;
/// Loose timers are due at multiples of it: four slots of the second level.
const LOOSE_TICKS: u64 = 4 * SLOTS as u64;
/// The first nodes are the ends of the slots' lists; timers follow.
const HEADS: u32 = LEVELS * SLOTS;

/// Names one timer of one wheel. It may be kept after the timer has fired: cancelling it then does nothing.
///
/// The generation of a place has 32 bits, so only an id that outlives four thousand million reuses could mislead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerId {
    index: u32,
    generation: u32,
}

/// A member of a ring: the end of a slot's list, a timer, or free and linked to the next free one.
#[derive(Clone, Debug)]
struct Node<K> {
    previous: u32,
    next: u32,
    generation: u32,
    tick: u64,
    key: Option<K>,
}

/// Timers by deadline, each with a key that says what it is for.
///
/// It takes as many as memory holds and never shrinks: a place is used again before a new one is allocated.
///
/// Because a timer's slot depends only on its deadline and the present tick, timers of one tick are always in the same
/// list, in the order in which they were inserted.
#[derive(Clone, Debug)]
pub struct Wheel<K> {
    origin: Instant,
    /// Everything before this tick has been handed out.
    present: u64,
    nodes: Vec<Node<K>>,
    /// One bit per slot that holds a timer, one word per level.
    occupied: [u64; LEVELS as usize],
    /// First of the free nodes; `HEADS - 1`, never a timer, when there is none.
    free: u32,
    len: usize,
}

const NO_NODE: u32 = HEADS - 1;

impl<K> Wheel<K> {
    /// An empty wheel whose ticks are counted from `origin`.
    #[must_use]
    pub fn new(origin: Instant) -> Self {
        let head = |index| Node { previous: index, next: index, generation: 0, tick: 0, key: None };
        let nodes = (0..HEADS).map(head).collect();
        Self { origin, present: 0, nodes, occupied: [0; LEVELS as usize], free: NO_NODE, len: 0 }
    }

    /// How many timers are running.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no timer is running.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Starts a timer in constant time.
    ///
    /// A deadline between two ticks is due at the later one. One that has passed is due at once, after those already
    /// due. One beyond 139 years from the origin is due then.
    pub fn insert(&mut self, at: Instant, key: K) -> TimerId {
        self.insert_tick(tick_after(at.saturating_duration_since(self.origin)), key)
    }

    /// Like [`Wheel::insert`], but due up to 256 ms later, together with all others of that time: for what may wait, and
    /// is not worth waking up for alone.
    pub fn insert_loose(&mut self, at: Instant, key: K) -> TimerId {
        let tick = tick_after(at.saturating_duration_since(self.origin)).min(LAST_TICK);
        self.insert_tick(tick.next_multiple_of(LOOSE_TICKS), key)
    }

    fn insert_tick(&mut self, tick: u64, key: K) -> TimerId {
        let tick = tick.clamp(self.present, LAST_TICK);
        let id = self.occupy(tick, key);
        self.enlist(id.index, tick);
        self.len += 1;
        id
    }

    /// Stops a timer in constant time and gives its key back; `None` when it has fired or was cancelled before.
    pub fn cancel(&mut self, id: TimerId) -> Option<K> {
        let node = self.nodes.get(id.index as usize)?;
        if node.generation != id.generation || node.key.is_none() {
            return None;
        }
        self.remove(id.index)
    }

    /// The next key that is due at `now`; call it until it answers `None`.
    ///
    /// Keys come in order of their ticks, those of one tick in the order of their insertion. A `now` earlier than the
    /// one before counts as that one.
    pub fn pop_expired(&mut self, now: Instant) -> Option<K> {
        let now = tick_before(now.saturating_duration_since(self.origin)).clamp(self.present, LAST_TICK);
        while let Some((tick, level, head)) = self.earliest().filter(|&(tick, _, _)| tick <= now) {
            self.present = tick;
            if level == 0 {
                return self.remove(self.next(head));
            }
            self.cascade(head);
        }
        self.present = now;
        None
    }

    /// When to call [`Wheel::pop_expired`] next; `None` while no timer is running.
    ///
    /// Never later than the earliest deadline's tick. It may be earlier, and then nothing is due yet: a deadline less
    /// than 4 s away takes at most two calls, one less than 4 minutes away three, 4 hours four, 12 days five.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        let (tick, _, _) = self.earliest()?;
        self.origin.checked_add(Duration::from_millis(tick))
    }

    /// The first occupied slot: the tick at which it begins, its level, and the end of its list.
    ///
    /// A lower level always comes first: its timers share more leading bits with the present.
    fn earliest(&self) -> Option<(u64, u32, u32)> {
        let (level, slots) = (0..).zip(&self.occupied).find(|(_, slots)| **slots != 0)?;
        let slot = slots.trailing_zeros();
        let above = BITS * (level + 1);
        let tick = (self.present >> above << above) | (u64::from(slot) << (BITS * level));
        Some((tick, level, level * SLOTS + slot))
    }

    /// Spreads the list over lower levels; the present has just reached its slot.
    fn cascade(&mut self, head: u32) {
        loop {
            let index = self.next(head);
            if index == head {
                return;
            }
            self.delist(index);
            self.enlist(index, self.node(index).map_or(0, |node| node.tick));
        }
    }

    /// Takes a free node or a new one.
    fn occupy(&mut self, tick: u64, key: K) -> TimerId {
        let index = self.free;
        if index != NO_NODE
            && let Some(node) = self.nodes.get_mut(index as usize)
        {
            self.free = node.next;
            (node.tick, node.key) = (tick, Some(key));
            return TimerId { index, generation: node.generation };
        }
        let index = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX); // memory ends long before
        self.nodes.push(Node { previous: index, next: index, generation: 0, tick, key: Some(key) });
        TimerId { index, generation: 0 }
    }

    /// Unlinks a timer, frees its node and takes its key.
    fn remove(&mut self, index: u32) -> Option<K> {
        self.delist(index);
        let node = self.nodes.get_mut(index as usize)?;
        let key = node.key.take()?;
        node.generation = node.generation.wrapping_add(1);
        node.next = self.free;
        self.free = index;
        self.len -= 1;
        Some(key)
    }

    /// Appends a node to the list of the slot where `tick` belongs at present.
    fn enlist(&mut self, index: u32, tick: u64) {
        let (level, slot) = place(tick, self.present);
        let head = level * SLOTS + slot;
        let last = self.node(head).map_or(head, |node| node.previous);
        self.join(last, index);
        self.join(index, head);
        if let Some(slots) = self.occupied.get_mut(level as usize) {
            *slots |= 1 << slot;
        }
    }

    /// Takes a node out of its list. When both neighbours are one node, it is the list's end, now alone.
    fn delist(&mut self, index: u32) {
        let Some(&Node { previous, next, .. }) = self.node(index) else { return };
        self.join(previous, next);
        if previous == next
            && let Some(slots) = self.occupied.get_mut((next / SLOTS) as usize)
        {
            *slots &= !(1 << (next % SLOTS));
        }
    }

    fn join(&mut self, previous: u32, next: u32) {
        if let Some(node) = self.nodes.get_mut(previous as usize) {
            node.next = next;
        }
        if let Some(node) = self.nodes.get_mut(next as usize) {
            node.previous = previous;
        }
    }

    fn node(&self, index: u32) -> Option<&Node<K>> {
        self.nodes.get(index as usize)
    }

    fn next(&self, index: u32) -> u32 {
        self.node(index).map_or(index, |node| node.next)
    }
}

/// Level and slot: the highest group of bits in which `tick` differs from `present`, and its value there.
fn place(tick: u64, present: u64) -> (u32, u32) {
    let level = (tick ^ present).checked_ilog2().unwrap_or(0) / BITS;
    let slot = (tick >> (BITS * level)) % u64::from(SLOTS);
    (level, u32::try_from(slot).unwrap_or_default())
}

fn tick_before(since_origin: Duration) -> u64 {
    u64::try_from(since_origin.as_millis()).unwrap_or(u64::MAX)
}

fn tick_after(since_origin: Duration) -> u64 {
    u64::try_from(since_origin.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const DAY_MS: u64 = 86_400_000;

    #[expect(clippy::disallowed_methods, reason = "a test may start from the present")]
    fn origin() -> Instant {
        Instant::now()
    }

    fn drain<K>(wheel: &mut Wheel<K>, now: Instant) -> Vec<K> {
        std::iter::from_fn(|| wheel.pop_expired(now)).collect()
    }

    #[test]
    fn a_deadline_on_a_tick_is_due_at_its_own_millisecond_and_not_before() {
        let origin = origin();
        for ms in [1, 63, 64, 65, 500, 4095, 4096, 4097, 32_000, 262_144, 16_777_216, 90 * DAY_MS] {
            let at = origin + Duration::from_millis(ms);
            let just_before = origin + Duration::from_nanos(ms * 1_000_000 - 1);
            let mut wheel = Wheel::new(origin);
            wheel.insert(at, ());
            assert_eq!(wheel.pop_expired(just_before), None, "{ms}");
            assert_eq!(wheel.pop_expired(at), Some(()), "{ms}");
            assert!(wheel.is_empty() && wheel.next_wake().is_none());
        }
    }

    #[test]
    fn a_deadline_between_ticks_is_due_at_the_later_one() {
        let origin = origin();
        let mut wheel = Wheel::new(origin);
        wheel.insert(origin + Duration::from_micros(1500), ());
        assert_eq!(wheel.next_wake(), Some(origin + 2 * MS));
        assert_eq!(wheel.pop_expired(origin + Duration::from_micros(1999)), None);
        assert_eq!(wheel.pop_expired(origin + 2 * MS), Some(()));
    }

    #[test]
    fn loose_timers_of_one_time_share_one_wake_and_are_at_most_256_ms_late() {
        let origin = origin();
        let mut wheel = Wheel::new(origin);
        let deadlines: Vec<u64> = (0..50).map(|n| 32_001 + 5 * n).collect();
        for &ms in &deadlines {
            wheel.insert_loose(origin + Duration::from_millis(ms), ms);
        }
        let mut woken = Vec::new();
        while let Some(now) = wheel.next_wake() {
            woken.push(drain(&mut wheel, now));
            for &ms in woken.iter().last().into_iter().flatten() {
                let late = now.duration_since(origin + Duration::from_millis(ms));
                assert!(late < 256 * MS, "{late:?}");
            }
        }
        woken.retain(|keys| !keys.is_empty());
        assert_eq!(woken.concat(), deadlines);
        assert_eq!(woken.len(), 1);
    }

    #[test]
    fn equal_deadlines_come_in_order_of_insertion_whatever_level_they_waited_on() {
        let origin = origin();
        let mut wheel = Wheel::new(origin);
        let at = origin + 5000 * MS;
        wheel.insert(at, "first");
        for (step, key) in [(4096, "second"), (4990, "third"), (5000, "fourth")] {
            assert_eq!(wheel.pop_expired(origin + (step - 1) * MS), None);
            wheel.insert(at, key);
        }
        wheel.insert(origin, "late");
        assert_eq!(drain(&mut wheel, at), ["late", "first", "second", "third", "fourth"]);
    }

    #[test]
    fn a_stale_id_cancels_nothing() {
        let origin = origin();
        let mut wheel = Wheel::new(origin);
        let fired = wheel.insert(origin, 1);
        assert_eq!(wheel.pop_expired(origin), Some(1));
        let reused = wheel.insert(origin + MS, 2);
        assert_eq!(reused.index, fired.index);
        assert_eq!(wheel.cancel(fired), None);
        assert_eq!(wheel.cancel(TimerId { index: 3, generation: 0 }), None);
        assert_eq!(wheel.cancel(TimerId { index: u32::MAX, generation: 0 }), None);
        assert_eq!(wheel.cancel(reused), Some(2));
        assert_eq!(wheel.cancel(reused), None);
        assert_eq!((wheel.len(), wheel.next_wake()), (0, None));
    }

    #[test]
    fn places_are_used_again_before_new_ones_are_allocated() {
        let origin = origin();
        let mut wheel = Wheel::new(origin);
        for round in 0..100 {
            let now = origin + round * 40_000 * MS;
            let ids = [0, 1, 2, 3].map(|n| wheel.insert(now + n * 9000 * MS, n));
            assert_eq!(wheel.cancel(ids[2]), Some(2));
            assert_eq!(drain(&mut wheel, now + 30_000 * MS), [0, 1, 3]);
        }
        assert_eq!(wheel.nodes.len(), HEADS as usize + 4);
    }

    #[test]
    fn a_deadline_beyond_the_last_level_is_kept() {
        let origin = origin();
        let mut wheel = Wheel::new(origin);
        let id = wheel.insert(origin + Duration::from_hours(24 * 365 * 200), ());
        assert_eq!(drain(&mut wheel, origin + Duration::from_hours(24 * 365 * 100)), []);
        assert_eq!(wheel.cancel(id), Some(()));
    }

    #[test]
    fn sleeping_until_the_next_wake_reaches_a_deadline_in_a_few_wakes() {
        let origin = origin();
        let limits = [(60, 1), (4_000, 2), (200_000, 3), (16_000_000, 4), (12 * DAY_MS, 5), (700 * DAY_MS, 6)];
        for (ms, limit) in limits {
            let at = origin + Duration::from_millis(ms);
            let mut wheel = Wheel::new(origin);
            wheel.insert(at, ());
            let mut wakes = 1;
            let mut now = wheel.next_wake().expect("one timer");
            while wheel.pop_expired(now).is_none() {
                now = wheel.next_wake().expect("one timer");
                wakes += 1;
            }
            assert!(now == at && wakes <= limit, "{ms} ms: {wakes} wakes, {:?} off", at - now);
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert { after_us: u64 },
        Cancel { nth: usize },
        Advance { us: u64 },
    }

    fn span_us() -> impl Strategy<Value = u64> {
        prop_oneof![0..3000u64, 0..70_000u64, 0..9_000_000u64, 0..20_000_000_000u64, 0..3 * 1000 * DAY_MS]
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => span_us().prop_map(|after_us| Step::Insert { after_us }),
            1 => (0..64usize).prop_map(|nth| Step::Cancel { nth }),
            2 => span_us().prop_map(|us| Step::Advance { us }),
        ]
    }

    /// What a wheel must do, slowly: keys by tick and order of insertion.
    #[derive(Default)]
    struct Model {
        due: BTreeSet<(u64, u32)>,
        ids: HashMap<u32, (TimerId, u64)>,
        passed: u64,
    }

    impl Model {
        fn expire(&mut self, now_us: u64) -> Vec<u32> {
            self.passed = now_us / 1000;
            let later = self.due.split_off(&(self.passed + 1, 0));
            std::mem::replace(&mut self.due, later).into_iter().map(|(_, key)| key).collect()
        }
    }

    proptest! {
        #[test]
        fn nothing_is_early_lost_twice_or_out_of_order(steps in prop::collection::vec(step(), 1..200)) {
            let origin = origin();
            let (mut wheel, mut model, mut now_us) = (Wheel::new(origin), Model::default(), 0u64);
            for (key, step) in (0u32..).zip(steps) {
                match step {
                    Step::Insert { after_us } => {
                        let at_us = (now_us + after_us).saturating_sub(1500); // some have passed already
                        let id = wheel.insert(origin + Duration::from_micros(at_us), key);
                        let tick = at_us.div_ceil(1000).max(model.passed);
                        model.due.insert((tick, key));
                        model.ids.insert(key, (id, tick));
                    }
                    Step::Cancel { nth } => {
                        let key = u32::try_from(nth).expect("small");
                        if let Some((id, tick)) = model.ids.get(&key) {
                            let expected = model.due.remove(&(*tick, key)).then_some(key);
                            prop_assert_eq!(wheel.cancel(*id), expected);
                        }
                    }
                    Step::Advance { us } => {
                        now_us += us;
                        let expired = drain(&mut wheel, origin + Duration::from_micros(now_us));
                        prop_assert_eq!(expired, model.expire(now_us));
                    }
                }
                let earliest = model.due.first().map(|(tick, _)| origin + Duration::from_millis(*tick));
                prop_assert!(wheel.next_wake().is_some() == earliest.is_some() && wheel.next_wake() <= earliest);
                prop_assert_eq!(wheel.len(), model.due.len());
            }
            let end = drain(&mut wheel, origin + Duration::from_hours(24 * 3650));
            prop_assert_eq!(end, model.due.into_iter().map(|(_, key)| key).collect::<Vec<_>>());
        }
    }
}
